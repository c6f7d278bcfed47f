//! What the adapters make of servers that misbehave, beyond the table in `grantflow_tests::hostile`.

use std::io;
use std::time::{Duration, Instant};

use grantflow::flow::Refreshing;
use grantflow::{Advice, Client, Error, Failed, Flow, Secret, TransportErrorKind};
use grantflow_tests::hostile::{Hostile, HostileServer};
use grantflow_tests::sandbox::{Sandbox, credentials::MEED};

use crate::carrier::{Carrier, Settings, ask, client, refresh};

#[test]
fn the_limit_is_a_number_of_bytes_and_may_be_smaller() {
    let length = {
        let server = HostileServer::start(Hostile::KeepAlive).unwrap();
        let _ = Settings::default().ureq().unwrap().perform(ask(&client(&server))).unwrap();
        server.hang_up();
        server.wait_for_closed(1);
        usize::try_from(server.body_bytes_sent()).unwrap()
    };
    for (response_limit, fits) in [(length, true), (length - 1, false)] {
        let settings = Settings { response_limit: Some(response_limit), ..Settings::default() };
        for (name, carrier) in Carrier::all(settings).unwrap() {
            let server = HostileServer::start(Hostile::KeepAlive).unwrap();
            let asked = carrier.perform(ask(&client(&server)));
            assert_eq!(asked.is_ok(), fits, "{name}: {asked:?}");
        }
    }
}

#[test]
fn a_handshake_that_does_not_come_ends_before_the_exchange_has_to() {
    let patient = Settings { connect_timeout: Some(SOON), ..Settings::default() };
    for (name, carrier) in Carrier::all(patient).unwrap() {
        let server = HostileServer::start(Hostile::SilentTls).unwrap();
        let started = Instant::now();
        let failed = carrier.perform(refresh(&client(&server))).map(drop).unwrap_err();
        assert_eq!(transport(failed.error()), TransportErrorKind::Connect, "{name}: {failed:?}");
        assert!(started.elapsed() < SOON + AT_ONCE, "{name}");
    }
}

#[test]
fn the_built_in_roots_trust_no_stranger() {
    let server = HostileServer::start(Hostile::SelfSigned).unwrap();
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
        let failed = carrier.perform(refresh(&client(&server))).map(drop).unwrap_err();
        assert_eq!(transport(failed.error()), TransportErrorKind::Tls, "{name}: {failed:?}");
        assert_eq!(failed.advice(), Advice::FixConfiguration, "{name}");
    }
    assert!(!server.request_body_received() && server.requests() == 0);
}

#[test]
fn where_nobody_listens_the_exchange_comes_back_and_works_later() {
    let closed = HostileServer::start(Hostile::ClosedPort).unwrap();
    let port = closed.port();
    let endpoint = format!("https://localhost:{port}/api/partner/v1/oauth/token");
    let provider = grantflow::partner::meed::provider(&format!("localhost:{port}")).unwrap();
    assert_eq!(provider.token_endpoint().as_str(), endpoint);
    let secret = Secret::new(MEED.client_secret).unwrap();
    let client = Client::new(MEED.client_id, secret, provider).unwrap();

    let [ureq, still, busy] = Carrier::all(Settings::default()).unwrap().map(|(name, carrier)| {
        let failed = carrier.perform(ask(&client)).unwrap_err();
        assert_eq!(transport(failed.error()), TransportErrorKind::Connect, "{name}");
        assert!(failed.to_string().contains("nothing was sent"), "{name}: {failed}");
        failed.retry().unwrap()
    });
    drop(closed);

    let sandbox = Sandbox::start_on(port).unwrap();
    let settings = Settings { roots: Some(sandbox.ca_pem()), ..Settings::default() };
    for ((name, carrier), exchange) in
        Carrier::all(settings).unwrap().into_iter().zip([ureq, still, busy])
    {
        let granted = carrier.perform(exchange).unwrap();
        assert!(granted.tokens().expires_at().is_some(), "{name}");
    }
}

#[test]
fn a_refresh_that_was_not_sent_can_be_left_undone() {
    let closed = HostileServer::start(Hostile::ClosedPort).unwrap();
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
        let failed: Failed<Flow<Refreshing>> =
            carrier.perform(refresh(&client(&closed))).map(drop).unwrap_err();
        let token = failed.retry().unwrap().cancel().unwrap_err();
        assert_eq!(token.expose(), crate::carrier::REFRESH_TOKEN, "{name}");
    }
}

#[test]
fn roots_that_hold_no_certificate_are_an_error() {
    let bad_der = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in [&b""[..], b"no PEM at all", bad_der, b"-----BEGIN CERTIFICATE-----\nAA"] {
        let ureq = grantflow_ureq::Transport::builder().root_certificates(pem).unwrap_err();
        let hyper = grantflow_hyper::Transport::builder().root_certificates(pem).unwrap_err();
        assert_eq!(ureq.kind(), io::ErrorKind::InvalidData);
        assert_eq!(ureq.to_string(), hyper.to_string());
    }
}

pub(crate) fn transport(error: &Error) -> TransportErrorKind {
    match error {
        Error::Transport(error) => error.kind(),
        other => panic!("not of the transport: {other:?}"),
    }
}

const SOON: Duration = Duration::from_millis(300);

/// What an exchange may take beside its timeout, on a machine with other work.
const AT_ONCE: Duration = Duration::from_secs(4);
