//! The two drivers of the guide: run; and what they share, to the byte.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use grantflow::wire::Body;
use grantflow::{
    Client, Endpoint, Error, Exchange, Flow, Provider, Scope, Secret, TransportErrorKind,
    flow::Requesting,
};
use grantflow_tests::by_hand::{allowed, bytes_of, conclude, interrupted, now};
use grantflow_tests::sandbox::credentials::MEED;

#[test]
fn a_driver_over_std_alone_gets_a_token_and_says_what_the_server_says() {
    assert_gets_a_token("driver_std");
}

#[test]
fn a_driver_in_another_runtime_gets_a_token_and_says_what_the_server_says() {
    assert_gets_a_token("driver_smol");
}

#[test]
fn a_request_by_hand_is_these_bytes() {
    let asking = asking(TOKEN.parse().unwrap());
    let uri = TOKEN.parse().unwrap();
    let bytes = bytes_of(&asking.wire_request(), &uri).unwrap();
    assert_eq!(
        std::str::from_utf8(bytes.as_ref()).unwrap(),
        "POST /token?tenant=th HTTP/1.0\r\n\
         host: login.partner.example:8443\r\n\
         content-type: application/x-www-form-urlencoded\r\n\
         accept: application/json\r\n\
         authorization: Basic bXktYXBwOnMzY3IzdA==\r\n\
         content-length: 29\r\n\r\n\
         grant_type=client_credentials",
    );
}

#[test]
fn an_answer_by_hand_is_whole_or_there_is_none() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n\
                  {\"access_token\":\"at-1\",\"token_type\":\"Bearer\"}";
    let come = |text: &str| {
        let asking = asking(TOKEN.parse().unwrap());
        conclude(asking, Ok(Body::new(text.into())), now())
    };
    assert_eq!(come(answer).unwrap().tokens().access_token().expose(), "at-1");
    for cut in ["", "HTTP/1.1 200 OK\r\nContent-Ty", "at-1"] {
        let failed = come(cut).unwrap_err();
        let Error::Transport(error) = failed.error() else { panic!("{failed}") };
        assert_eq!(error.kind(), TransportErrorKind::Interrupted, "{cut}");
    }
    let late = interrupted(std::io::ErrorKind::WouldBlock.into());
    assert_eq!(late.kind(), TransportErrorKind::Timeout);
}

#[test]
fn what_a_document_named_is_asked_at_public_addresses_only() {
    let addresses = || ["10.0.0.1:443", "1.1.1.1:443"].map(|it| it.parse().unwrap()).into_iter();
    let count = |endpoint, addresses: &mut dyn Iterator<Item = SocketAddr>| {
        allowed(&asking(endpoint).wire_request(), addresses).map(|allowed| allowed.len())
    };
    let named = || Endpoint::discovered(TOKEN).unwrap();
    assert_eq!(count(TOKEN.parse().unwrap(), &mut addresses()).unwrap(), 2);
    assert_eq!(count(named(), &mut addresses()).unwrap(), 1);
    let error = count(named(), &mut addresses().take(1)).unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::NotPublic);
}

fn assert_gets_a_token(example: &str) {
    let output = Command::new(program(example))
        .output()
        .unwrap_or_else(|error| panic!("{example} is not there ({error}): cargo build --examples"));
    let [stdout, stderr] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(output.status.success(), "{stdout}{stderr}");
    for said in ["a Bearer token of ", "the server refused with invalid_client (HTTP status 401)"] {
        assert!(stdout.contains(said), "{stdout}");
    }
    assert!(!stdout.contains(MEED.client_secret) && !stderr.contains(MEED.client_secret));
}

/// Cargo puts the examples into a folder beside that of the tests.
fn program(example: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    profile.join("examples").join(example).with_extension(env::consts::EXE_EXTENSION)
}

fn asking(token_endpoint: Endpoint) -> Flow<Requesting> {
    let secret = Secret::new("s3cr3t").unwrap();
    let client = Client::new("my-app", secret, Provider::new(token_endpoint)).unwrap();
    client.client_credentials(Scope::default()).unwrap()
}

const TOKEN: &str = "https://login.partner.example:8443/token?tenant=th";
