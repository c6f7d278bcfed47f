//! Which connections are kept, and for which exchanges.

use std::io::{self, Read, Write};
use std::net::{self, Ipv4Addr};
use std::thread;
use std::time::{Duration, Instant};

use grantflow::{Exchange, TransportErrorKind};
use grantflow_tests::hostile::{Hostile, HostileServer};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::carrier::{Carrier, Settings, ask, client, client_at, refresh};
use crate::hostile::transport;

#[test]
fn one_connection_serves_many_exchanges_that_may_be_repeated() {
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
        let server = HostileServer::start(Hostile::KeepAlive).unwrap();
        for _ in 0..5 {
            let _ = carrier.perform(ask(&client(&server))).unwrap();
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
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
        let server = HostileServer::start(Hostile::KeepAlive).unwrap();
        let _ = carrier.perform(ask(&client(&server))).unwrap();
        for _ in 0..2 {
            let _ = carrier.perform(refresh(&client(&server))).unwrap();
        }
        let _ = carrier.perform(ask(&client(&server))).unwrap();
        assert_eq!((server.connections(), server.requests()), (3, 4), "{name}");
    }
}

#[test]
fn a_kept_connection_that_the_server_has_closed_costs_nothing() {
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
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
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
        let server = HostileServer::start(Hostile::OneAnswerEach).unwrap();
        let _ = carrier.perform(ask(&client(&server))).unwrap();
        let _ = carrier.perform(refresh(&client(&server))).unwrap();
        assert_eq!((server.connections(), server.requests()), (2, 2), "{name}");
        // What may be repeated does see it, and is sent once more.
        let _ = carrier.perform(ask(&client(&server))).unwrap();
        assert_eq!((server.connections(), server.requests()), (3, 4), "{name}");
    }
}

#[test]
fn what_may_be_repeated_is_sent_twice_and_no_more() {
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
        let server = HostileServer::start(Hostile::HangUp).unwrap();
        let failed = carrier.perform(ask(&client(&server))).unwrap_err();
        assert_eq!(transport(failed.error()), TransportErrorKind::Interrupted, "{name}");
        assert_eq!((server.connections(), server.requests()), (2, 2), "{name}");
    }
}

#[test]
fn sending_once_more_takes_no_more_time() {
    let limit = Duration::from_millis(300);
    for (name, carrier) in
        Carrier::all(Settings { timeout: Some(limit), ..Settings::default() }).unwrap()
    {
        let server = HostileServer::start(Hostile::LateHangUp).unwrap();
        let started = Instant::now();
        let failed = carrier.perform(ask(&client(&server))).unwrap_err();
        assert_eq!(transport(failed.error()), TransportErrorKind::Timeout, "{name}");
        assert_eq!(server.requests(), 2, "{name}");
        let elapsed = started.elapsed();
        assert!(elapsed < 2 * limit, "{name}: {elapsed:?}");
    }
}

#[test]
fn a_refresh_leaves_once_and_not_again() {
    for kind in [Hostile::HangUp, Hostile::ShortBody, Hostile::Redirect307] {
        for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
            let server = HostileServer::start(kind).unwrap();
            let failed = carrier.perform(refresh(&client(&server))).map(drop).unwrap_err();
            assert_eq!((server.requests(), server.connections()), (1, 1), "{name}: {failed:?}");
        }
    }
}

#[test]
fn clones_share_their_connections_and_threads_share_clones() {
    let server = HostileServer::start(Hostile::KeepAlive).unwrap();
    let transport = Settings::default().ureq().unwrap();
    for _ in 0..3 {
        let (transport, client) = (transport.clone(), client(&server));
        thread::spawn(move || transport.perform(ask(&client)).map(drop).unwrap()).join().unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn an_answer_that_comes_while_a_large_request_leaves_is_its_answer() {
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}/token", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            stream.read_exact(&mut [0; 900]).unwrap();
            let rest = "y".repeat(60_000);
            let body = format!(r#"{{"error":"invalid_client","x":"{rest}"}}"#);
            let length = body.len();
            write!(stream, "HTTP/1.1 401 No\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
            // Whether the rest of the request comes is the client's affair.
            drop(io::copy(&mut stream, &mut io::sink()));
        });
        let large = ask(&client_at(&endpoint)).parameter("x", &"a".repeat(6_000_000)).unwrap();
        let failed = carrier.perform(large).unwrap_err();
        assert!(failed.to_string().contains("invalid_client"), "{name}: {failed:?}");
        drop((failed, carrier));
        server.join().unwrap();
    }
}

#[test]
fn a_dropped_future_takes_its_connection_along() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let transport = Settings::default().hyper().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}/token", listener.local_addr().unwrap());
        let arriving = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_u8().await.unwrap();
            stream
        };
        let mut stream = tokio::select! {
            done = transport.perform(refresh(&client_at(&endpoint))) => {
                panic!("nobody answered: {:?}", done.map(drop))
            }
            stream = arriving => stream,
        };
        let mut rest = Vec::new();
        let closed = timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "the connection still stands");
        // The transport is as good as before.
        let friend = HostileServer::start(Hostile::KeepAlive).unwrap();
        let _ = transport.perform(ask(&client(&friend))).await.unwrap();
    });
}

#[test]
fn a_connection_that_another_runtime_kept_is_not_waited_for() {
    let patience = Duration::from_millis(300);
    let server = HostileServer::start(Hostile::KeepAlive).unwrap();
    let transport =
        Settings { connect_timeout: Some(patience), ..Settings::default() }.hyper().unwrap();
    let [first, second] =
        [(); 2].map(|()| Builder::new_current_thread().enable_all().build().unwrap());
    for _ in 0..2 {
        let _ = first.block_on(transport.perform(ask(&client(&server)))).unwrap();
    }
    assert_eq!(server.connections(), 1);
    // The connection is kept, and belongs to a runtime that stands still.
    let started = Instant::now();
    let _ = second.block_on(transport.perform(ask(&client(&server)))).unwrap();
    let elapsed = started.elapsed();
    assert!(elapsed < patience, "{elapsed:?}");
    assert_eq!((server.connections(), server.requests()), (2, 3));
    // Each has its own from now on.
    for runtime in [&first, &second] {
        let _ = runtime.block_on(transport.perform(ask(&client(&server)))).unwrap();
    }
    assert_eq!((server.connections(), server.requests()), (2, 5));
}

#[test]
fn a_transport_outlives_the_runtimes_that_it_is_used_in() {
    let server = HostileServer::start(Hostile::KeepAlive).unwrap();
    let transport = Settings::default().hyper().unwrap();
    for _ in 0..3 {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let _ = runtime.block_on(transport.perform(ask(&client(&server)))).unwrap();
    }
}

#[test]
fn performing_can_move_between_threads() {
    fn can_move<T: Send>(value: T) -> T {
        value
    }
    // A fleet's own code is generic: no exchange has to be shared for its future to move.
    fn any<E: Exchange + Send>(transport: &grantflow_hyper::Transport, exchange: E) {
        drop(can_move(transport.perform(exchange)));
    }
    fn can_be_shared<T: Clone + Send + Sync>(_: &T) {}
    let server = HostileServer::start(Hostile::ClosedPort).unwrap();
    let transport = Settings::default().hyper().unwrap();
    any(&transport, refresh(&client(&server)));
    can_be_shared(&transport);
    can_be_shared(&Settings::default().ureq().unwrap());
}
