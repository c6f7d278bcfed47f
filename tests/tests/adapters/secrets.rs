//! What errors and transports print.

use std::error::Error;
use std::fmt::Debug;
use std::iter::successors;
use std::time::Duration;

use grantflow_tests::hostile::{Hostile, HostileServer};

use crate::carrier::{Carrier, Settings, ask, client, refresh};

#[test]
fn no_failure_shows_a_secret() {
    for kind in [
        Hostile::Redirect307,
        Hostile::EndlessBody,
        Hostile::Drip,
        Hostile::GzipBomb,
        Hostile::ShortBody,
        Hostile::SelfSigned,
        Hostile::OtherHost,
        Hostile::ClosedPort,
        Hostile::HangUp,
        Hostile::NoAnswer,
        Hostile::SilentTls,
    ] {
        let server = HostileServer::start(kind).unwrap();
        let timeout = Some(Duration::from_millis(100));
        let settings = Settings { roots: server.ca_pem(), timeout, ..Settings::default() };
        for (name, carrier) in Carrier::all(settings) {
            let (first, second) = (
                carrier.perform(ask(&client(&server))).unwrap_err(),
                carrier.perform(refresh(&client(&server))).map(drop).unwrap_err(),
            );
            quiet(&first, name);
            quiet(&second, name);
            quiet(&first.into_error(), name);
            quiet(&second.into_error(), name);
        }
    }
}

fn quiet(error: &(impl Error + 'static), name: &str) {
    for link in successors(Some(error as &(dyn Error + 'static)), |&link| link.source()) {
        for text in [format!("{link}"), format!("{link:?}"), format!("{link:#?}")] {
            assert!(!text.contains("SECRETMARK"), "{name}: {text}");
            // As HTTP Basic would carry it, and a piece of the answers.
            assert!(!text.contains("YW4tYXBwOl"), "{name}: {text}");
            assert!(!text.contains("half-a-to"), "{name}: {text}");
        }
    }
}

#[test]
fn a_transport_prints_its_limits() {
    let [ureq, hyper]: [&dyn Debug; 2] =
        [&Settings::default().ureq(), &Settings::default().hyper()];
    for transport in [ureq, hyper] {
        assert_eq!(
            format!("{transport:?}"),
            "Transport { limits: Limits { connect_timeout: 10s, timeout: 30s, \
             response_limit: 1048576 }, .. }"
        );
    }
}
