//! What the adapters make of servers that misbehave.

use std::io;
use std::time::{Duration, Instant};

use grantflow::flow::Refreshing;
use grantflow::wire::MAX_RESPONSE_BYTES;
use grantflow::{Advice, Client, Error, Failed, Flow, Secret, TransportErrorKind};
use grantflow_tests::hostile::{Hostile, HostileServer};
use grantflow_tests::sandbox::{Sandbox, credentials::MEED};

use crate::carrier::{Carrier, Settings, ask, client, refresh};

#[test]
fn a_redirect_is_an_answer_and_leads_nowhere() {
    at(Hostile::Redirect307, Settings::default(), |name, server, error| {
        assert!(text(error).contains("it is a redirect"), "{name}: {error:?}");
        assert_eq!((server.requests(), server.second_server_requests()), (1, 0), "{name}");
    });
}

#[test]
fn an_endless_body_is_read_up_to_the_limit() {
    let expected = format!("larger than {MAX_RESPONSE_BYTES} bytes");
    for kind in [Hostile::EndlessBody, Hostile::EndlessLength] {
        for (name, carrier) in Carrier::all(Settings::default()) {
            let server = HostileServer::start(kind).unwrap();
            let failed = carrier.perform(ask(&client(&server))).unwrap_err();
            assert!(text(failed.error()).contains(&expected), "{name}: {failed:?}");
            // A runtime that stands still closes no connections; one that is gone does.
            drop(carrier);
            server.wait_for_closed(1);
            // Beyond the limit there is only what the two sockets hold.
            let sent = server.body_bytes_sent();
            assert!(sent < 16 * 1024 * 1024, "{name}: {sent} bytes, {kind:?}");
        }
    }
}

#[test]
fn the_limit_is_a_number_of_bytes_and_may_be_smaller() {
    let length = {
        let server = HostileServer::start(Hostile::KeepAlive).unwrap();
        let _ = Settings::default().ureq().perform(ask(&client(&server))).unwrap();
        server.hang_up();
        server.wait_for_closed(1);
        usize::try_from(server.body_bytes_sent()).unwrap()
    };
    for (response_limit, fits) in [(length, true), (length - 1, false)] {
        let settings = Settings { response_limit: Some(response_limit), ..Settings::default() };
        for (name, carrier) in Carrier::all(settings) {
            let server = HostileServer::start(Hostile::KeepAlive).unwrap();
            let asked = carrier.perform(ask(&client(&server)));
            assert_eq!(asked.is_ok(), fits, "{name}: {asked:?}");
        }
    }
}

#[test]
fn a_drip_is_cut_when_the_time_of_the_exchange_is_over() {
    for kind in [Hostile::Drip, Hostile::NoAnswer] {
        let started = Instant::now();
        at(kind, Settings { timeout: Some(SOON), ..Settings::default() }, |name, server, error| {
            assert_eq!(transport(error), TransportErrorKind::Timeout, "{name}: {error:?}");
            assert!(server.request_body_received(), "{name}");
        });
        // Six exchanges.
        let elapsed = started.elapsed();
        assert!(elapsed >= 6 * SOON && elapsed < 6 * SOON + AT_ONCE, "{kind:?}: {elapsed:?}");
    }
}

#[test]
fn a_handshake_that_does_not_come_is_no_connection() {
    let patient = Settings { connect_timeout: Some(SOON), ..Settings::default() };
    let hurried = Settings { timeout: Some(SOON), ..Settings::default() };
    for settings in [patient, hurried] {
        let started = Instant::now();
        at(Hostile::SilentTls, settings, |name, server, error| {
            assert_eq!(transport(error), TransportErrorKind::Connect, "{name}: {error:?}");
            assert_eq!(server.requests(), 0, "{name}");
        });
        assert!(started.elapsed() < 6 * SOON + AT_ONCE);
    }
}

#[test]
fn a_gzip_bomb_stays_packed() {
    at(Hostile::GzipBomb, Settings::default(), |name, _, error| {
        assert!(text(error).contains("Content-Encoding"), "{name}: {error:?}");
    });
}

#[test]
fn a_short_body_is_an_interruption() {
    at(Hostile::ShortBody, Settings::default(), |name, server, error| {
        assert_eq!(transport(error), TransportErrorKind::Interrupted, "{name}: {error:?}");
        assert_eq!(server.requests(), 1, "{name}");
    });
}

#[test]
fn an_untrusted_server_sees_nothing_of_the_request() {
    for (name, carrier) in Carrier::all(Settings::default()) {
        let server = HostileServer::start(Hostile::SelfSigned).unwrap();
        let failed = carrier.perform(refresh(&client(&server))).unwrap_err();
        untrusted(name, &server, failed.error());

        let settings = Settings { roots: server.ca_pem(), ..Settings::default() };
        for (name, carrier) in Carrier::all(settings) {
            let failed = carrier.perform(ask(&client(&server))).unwrap_err();
            untrusted(name, &server, failed.error());
        }
    }
}

fn untrusted(name: &str, server: &HostileServer, error: &Error) {
    assert_eq!(transport(error), TransportErrorKind::Tls, "{name}: {error:?}");
    assert_eq!(error.advice(), Advice::FixConfiguration, "{name}");
    assert!(!server.request_body_received() && server.requests() == 0, "{name}");
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let server = HostileServer::start(Hostile::OtherHost).unwrap();
    let settings = Settings { roots: server.ca_pem(), ..Settings::default() };
    for (name, carrier) in Carrier::all(settings) {
        let failed = carrier.perform(ask(&client(&server))).unwrap_err();
        untrusted(name, &server, failed.error());
    }
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

    let [ureq, still, busy] = Carrier::all(Settings::default()).map(|(name, carrier)| {
        let failed = carrier.perform(ask(&client)).unwrap_err();
        assert_eq!(transport(failed.error()), TransportErrorKind::Connect, "{name}");
        assert!(failed.to_string().contains("nothing was sent"), "{name}: {failed}");
        failed.retry().unwrap()
    });
    drop(closed);

    let sandbox = Sandbox::start_on(port).unwrap();
    let settings = Settings { roots: Some(sandbox.ca_pem()), ..Settings::default() };
    for ((name, carrier), exchange) in Carrier::all(settings).into_iter().zip([ureq, still, busy]) {
        let granted = carrier.perform(exchange).unwrap();
        assert!(granted.tokens().expires_at().is_some(), "{name}");
    }
}

#[test]
fn a_refresh_that_was_not_sent_can_be_left_undone() {
    let closed = HostileServer::start(Hostile::ClosedPort).unwrap();
    for (name, carrier) in Carrier::all(Settings::default()) {
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

/// Both kinds of exchange, over each adapter, each at a server of its own.
fn at(kind: Hostile, settings: Settings<'_>, check: impl Fn(&str, &HostileServer, &Error)) {
    for (name, carrier) in Carrier::all(settings) {
        let server = HostileServer::start(kind).unwrap();
        let failed = carrier.perform(ask(&client(&server))).unwrap_err();
        check(name, &server, failed.error());
        let server = HostileServer::start(kind).unwrap();
        let failed = carrier.perform(refresh(&client(&server))).map(drop).unwrap_err();
        check(name, &server, failed.error());
    }
}

pub(crate) fn transport(error: &Error) -> TransportErrorKind {
    match error {
        Error::Transport(error) => error.kind(),
        other => panic!("not of the transport: {other:?}"),
    }
}

fn text(error: &Error) -> String {
    error.to_string()
}

const SOON: Duration = Duration::from_millis(300);

/// What six exchanges may take beside their timeouts, on a machine with other work.
const AT_ONCE: Duration = Duration::from_secs(4);
