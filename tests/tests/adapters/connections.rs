//! Which connections are kept, and for which exchanges.

use std::time::{Duration, Instant};

use grantflow::TransportErrorKind;
use grantflow_tests::hostile::{Hostile, HostileServer};
use tokio::runtime::Builder;

use crate::carrier::{Carrier, Settings, ask, client, refresh};
use crate::hostile::transport;

#[test]
fn one_connection_serves_many_exchanges_that_may_be_repeated() {
    for (name, carrier) in Carrier::all(Settings::default()) {
        let server = HostileServer::start(Hostile::KeepAlive).unwrap();
        for _ in 0..5 {
            carrier.perform(ask(&client(&server))).unwrap();
        }
        // hyper gives a connection back a moment after the answer, when the next exchange may
        // have begun with another one.
        let connections = if matches!(carrier, Carrier::Ureq(_)) { 1..=1 } else { 1..=4 };
        assert!(connections.contains(&server.connections()), "{name}");
        assert_eq!(server.requests(), 5, "{name}");
    }
}

#[test]
fn a_refresh_has_a_connection_of_its_own() {
    for (name, carrier) in Carrier::all(Settings::default()) {
        let server = HostileServer::start(Hostile::KeepAlive).unwrap();
        carrier.perform(ask(&client(&server))).unwrap();
        for _ in 0..2 {
            let _ = carrier.perform(refresh(&client(&server))).unwrap();
        }
        carrier.perform(ask(&client(&server))).unwrap();
        assert_eq!((server.connections(), server.requests()), (3, 4), "{name}");
    }
}

#[test]
fn a_kept_connection_that_the_server_has_closed_costs_nothing() {
    for (name, carrier) in Carrier::all(Settings::default()) {
        let server = HostileServer::start(Hostile::KeepAlive).unwrap();
        for round in 0..20 {
            let asked = carrier.perform(ask(&client(&server)));
            assert!(asked.is_ok(), "{name}, round {round}: {asked:?}");
            server.hang_up();
            server.wait_for_closed(server.connections());
        }
        assert_eq!(server.requests(), 20, "{name}");
    }
}

#[test]
fn a_kept_connection_that_breaks_in_use_never_sees_a_refresh() {
    for (name, carrier) in Carrier::all(Settings::default()) {
        let server = HostileServer::start(Hostile::OneAnswerEach).unwrap();
        carrier.perform(ask(&client(&server))).unwrap();
        let _ = carrier.perform(refresh(&client(&server))).unwrap();
        assert_eq!((server.connections(), server.requests()), (2, 2), "{name}");
        // What may be repeated does see it, and is sent once more.
        carrier.perform(ask(&client(&server))).unwrap();
        assert_eq!((server.connections(), server.requests()), (3, 4), "{name}");
    }
}

#[test]
fn what_may_be_repeated_is_sent_twice_and_no_more() {
    for (name, carrier) in Carrier::all(Settings::default()) {
        let server = HostileServer::start(Hostile::HangUp).unwrap();
        let failed = carrier.perform(ask(&client(&server))).unwrap_err();
        assert_eq!(transport(failed.error()), TransportErrorKind::Interrupted, "{name}");
        assert_eq!((server.connections(), server.requests()), (2, 2), "{name}");
    }
}

#[test]
fn sending_once_more_takes_no_more_time() {
    let timeout = Duration::from_millis(300);
    for (name, carrier) in Carrier::all(Settings { timeout: Some(timeout), ..Settings::default() })
    {
        let server = HostileServer::start(Hostile::LateHangUp).unwrap();
        let started = Instant::now();
        let failed = carrier.perform(ask(&client(&server))).unwrap_err();
        assert_eq!(transport(failed.error()), TransportErrorKind::Timeout, "{name}");
        assert_eq!(server.requests(), 2, "{name}");
        let elapsed = started.elapsed();
        assert!(elapsed < 2 * timeout, "{name}: {elapsed:?}");
    }
}

#[test]
fn a_refresh_leaves_once_and_not_again() {
    for kind in [Hostile::HangUp, Hostile::ShortBody, Hostile::Redirect307] {
        for (name, carrier) in Carrier::all(Settings::default()) {
            let server = HostileServer::start(kind).unwrap();
            let failed = carrier.perform(refresh(&client(&server))).map(drop).unwrap_err();
            assert_eq!((server.requests(), server.connections()), (1, 1), "{name}: {failed:?}");
        }
    }
}

#[test]
fn clones_share_their_connections_and_threads_share_clones() {
    let server = HostileServer::start(Hostile::KeepAlive).unwrap();
    let transport = Settings::default().ureq();
    for _ in 0..3 {
        let (transport, client) = (transport.clone(), client(&server));
        std::thread::spawn(move || transport.perform(ask(&client)).map(drop).unwrap())
            .join()
            .unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_dropped_future_takes_its_connection_along() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let server = HostileServer::start(Hostile::NoAnswer).unwrap();
    let transport = Settings::default().hyper();
    runtime.block_on(async {
        let performing = transport.perform(refresh(&client(&server)));
        let arrived = tokio::task::spawn_blocking({
            let server = std::sync::Arc::new(server);
            let waiting = std::sync::Arc::clone(&server);
            move || {
                waiting.wait_for_requests(1);
                server
            }
        });
        let server = tokio::select! {
            done = performing => panic!("nobody answered: {:?}", done.map(drop)),
            server = arrived => server.unwrap(),
        };
        assert_eq!(server.requests(), 1);
        // The transport is as good as before.
        let friend = HostileServer::start(Hostile::KeepAlive).unwrap();
        transport.perform(ask(&client(&friend))).await.unwrap();
        assert_eq!(server.requests(), 1);
    });
}

#[test]
fn a_transport_outlives_the_runtimes_that_it_is_used_in() {
    let server = HostileServer::start(Hostile::KeepAlive).unwrap();
    let transport = Settings::default().hyper();
    for _ in 0..3 {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(transport.perform(ask(&client(&server)))).unwrap();
    }
}

#[test]
fn performing_can_move_between_threads() {
    fn can_move<T: Send>(value: T) -> T {
        value
    }
    fn can_be_shared<T: Clone + Send + Sync>(_: &T) {}
    let server = HostileServer::start(Hostile::ClosedPort).unwrap();
    let transport = Settings::default().hyper();
    drop(can_move(transport.perform(refresh(&client(&server)))));
    can_be_shared(&transport);
    can_be_shared(&Settings::default().ureq());
}
