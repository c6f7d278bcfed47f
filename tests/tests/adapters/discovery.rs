//! Requests for documents, which have no body.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use grantflow::{Client, Error, Issuer, ProtocolErrorKind, Secret, TransportErrorKind};
use grantflow_tests::hostile::{Hostile, HostileServer};
use grantflow_tests::sandbox::Sandbox;

use crate::carrier::{Carrier, Settings, ask};
use crate::hostile::transport;

#[test]
fn a_server_is_found_by_its_name_and_asked_for_a_token() {
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let document = format!(
            r#"{{"issuer": "{issuer}", "token_endpoint": "{issuer}/tokens",
                "token_endpoint_auth_methods_supported": ["client_secret_post"]}}"#
        );
        let token = r#"{"access_token": "found", "token_type": "Bearer"}"#.to_owned();
        let server = thread::spawn(move || answer(&listener, [document, token]));

        let issuer = Issuer::insecure_loopback(&issuer).unwrap();
        let metadata = carrier.perform(issuer.discover()).unwrap();
        let secret = Secret::new("s3cr3t-s3cr3t").unwrap();
        let client = Client::new("app", secret, metadata.provider().unwrap()).unwrap();
        let granted = carrier.perform(ask(&client)).unwrap();
        assert_eq!(granted.tokens().access_token().expose(), "found", "{name}");

        let [discovery, token] = server.join().unwrap();
        let (head, body) = discovery.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("GET /.well-known/oauth-authorization-server HTTP/1.1\r\n"),
            "{head}"
        );
        // Nothing that says who asks, and nothing that belongs to a body.
        for field in ["authorization", "content-", "transfer-encoding", "cookie"] {
            assert!(!head.to_lowercase().contains(&format!("\r\n{field}")), "{name}: {head}");
        }
        assert!(head.to_lowercase().contains("\r\naccept: application/json"), "{name}: {head}");
        assert_eq!(body, "", "{name}");
        assert!(token.starts_with("POST /tokens HTTP/1.1\r\n"), "{name}: {token}");
        assert!(token.ends_with("client_id=app&client_secret=s3cr3t-s3cr3t"), "{name}: {token}");
    }
}

#[test]
fn a_document_that_does_not_come_is_named_as_any_other_answer() {
    let settings = Settings { timeout: Some(Duration::from_secs(2)), ..Settings::default() };
    for (kind, expected) in [
        (Hostile::ClosedPort, TransportErrorKind::Connect),
        (Hostile::SilentTls, TransportErrorKind::Connect),
        (Hostile::SelfSigned, TransportErrorKind::Tls),
        (Hostile::HangUp, TransportErrorKind::Interrupted),
        (Hostile::ShortBody, TransportErrorKind::Interrupted),
        (Hostile::Drip, TransportErrorKind::Timeout),
    ] {
        let server = HostileServer::start(kind).unwrap();
        let roots = server.ca_pem();
        let connect_timeout = Some(Duration::from_millis(300));
        let settings = Settings { roots, connect_timeout, ..settings };
        for (name, carrier) in Carrier::all(settings).unwrap() {
            let failed = carrier.perform(issuer_of(&server).discover()).unwrap_err();
            assert_eq!(transport(failed.error()), expected, "{name}: {kind:?}: {failed:?}");
            assert!(failed.retry().is_ok(), "{name}: {kind:?}");
        }
    }
}

#[test]
fn a_document_is_not_looked_for_elsewhere_and_not_read_for_ever() {
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
        let server = HostileServer::start(Hostile::Redirect307).unwrap();
        let failed = carrier.perform(issuer_of(&server).discover()).unwrap_err();
        let Error::Protocol(error) = failed.error() else { panic!("{name}: {failed:?}") };
        assert_eq!(*error.kind(), ProtocolErrorKind::Redirect, "{name}");
        assert_eq!(server.second_server_requests(), 0, "{name}");

        let server = HostileServer::start(Hostile::EndlessBody).unwrap();
        let failed = carrier.perform(issuer_of(&server).discover()).unwrap_err();
        let Error::Protocol(error) = failed.error() else { panic!("{name}: {failed:?}") };
        assert!(matches!(error.kind(), ProtocolErrorKind::TooLarge { .. }), "{name}");
    }
}

#[test]
fn a_document_comes_over_tls_and_over_a_connection_that_is_kept() {
    let sandbox = Sandbox::start().unwrap();
    let roots = Some(sandbox.ca_pem());
    let issuer: Issuer = format!("https://{}", sandbox.host()).parse().unwrap();
    for (name, carrier) in Carrier::all(Settings { roots, ..Settings::default() }).unwrap() {
        // The partners have no such document, and say so.
        for discovery in [issuer.discover(), issuer.discover().openid()] {
            let failed = carrier.perform(discovery).unwrap_err();
            assert_eq!(failed.error().status(), Some(404), "{name}: {failed:?}");
        }
    }
    let server = HostileServer::start(Hostile::KeepAlive).unwrap();
    let carrier = Carrier::Ureq(Settings::default().ureq().unwrap());
    for _ in 0..3 {
        let failed = carrier.perform(issuer_of(&server).discover()).unwrap_err();
        assert_eq!(failed.error().field(), Some("issuer"));
    }
    assert_eq!((server.requests(), server.connections()), (3, 1));
}

fn issuer_of(server: &HostileServer) -> Issuer {
    let issuer = server.token_endpoint().replace("/token", "");
    issuer.parse().or_else(|_| Issuer::insecure_loopback(&issuer)).unwrap()
}

/// Answers one request after the other, each on its connection, and gives them as they were.
fn answer<const N: usize>(listener: &TcpListener, bodies: [String; N]) -> [String; N] {
    let mut stream = listener.accept().unwrap().0;
    bodies.map(|body| {
        let mut request = read(&mut stream);
        if request.is_empty() {
            stream = listener.accept().unwrap().0;
            request = read(&mut stream);
        }
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             \r\n{body}"
        )
        .unwrap();
        request
    })
}

/// The next request; empty where the connection is over.
fn read(stream: &mut impl Read) -> String {
    let (mut text, mut byte) = (String::new(), [0]);
    let is_whole = |text: &str| {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let head = head.to_lowercase();
        let length =
            head.split("content-length: ").nth(1).map_or("0", |rest| rest.lines().next().unwrap());
        Some(body.len() >= length.parse().unwrap())
    };
    while is_whole(&text) != Some(true) {
        if stream.read(&mut byte).unwrap() == 0 {
            return String::new();
        }
        text.push(char::from(byte[0]));
    }
    text
}
