//! A login on another device.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::run::{self, DEVICE_CODE, Run};
use crate::server::Server;

const CODES: &str = r#"{"device_code":"device-code-1","user_code":"WDJB-MJHT","interval":1,
    "verification_uri":"https://as.example.com/go","expires_in":600,
    "verification_uri_complete":"https://as.example.com/go?user_code=WDJB-MJHT"}"#;

/// A server whose user is done when the token is asked for the second time, or never where `end` is
/// an error.
fn server(end: &'static str) -> Server {
    let is_pending = AtomicBool::new(true);
    Server::start(move |heard, _| match heard.line.as_str() {
        "POST /device" => (200, CODES.into()),
        _ if end.contains("access_token") && is_pending.swap(false, Ordering::Relaxed) => {
            (400, r#"{"error":"authorization_pending"}"#.into())
        }
        _ => (if end.contains("error") { 400 } else { 200 }, end.into()),
    })
}

fn log_in(server: &Server, options: &[&str]) -> Run {
    let device = server.url("/device");
    run::at(server, &[&["--grant", "device", "--device-endpoint", &device], options].concat())
}

const SHOWN: &str = "Go to https://as.example.com/go and type WDJB-MJHT\n\
                     (or go to https://as.example.com/go?user_code=WDJB-MJHT and compare the code)\n";

#[test]
fn the_user_is_told_where_to_go_and_waited_for() {
    let server = server(r#"{"access_token":"access-token-1","token_type":"Bearer"}"#);
    let run = log_in(&server, &["--scope", "read", "--extra", "a=b"]);
    assert_eq!((run.printed(), run.stderr.as_str()), ("access-token-1\n", SHOWN));
    let heard = server.heard();
    assert_eq!(heard[0].body, "scope=read&a=b");
    assert_eq!(heard.len(), 3);
    assert!(heard[1..].iter().all(|poll| poll.body.contains(DEVICE_CODE)), "{heard:?}");
}

#[test]
fn a_user_who_says_no_ends_it() {
    let server = server(r#"{"error":"access_denied"}"#);
    let run = log_in(&server, &[]);
    assert!(!run.succeeded);
    let expected = "the server refused with access_denied (HTTP status 400); the user must log in \
                    again\n";
    assert_eq!((run.stdout.as_str(), run.stderr), ("", format!("{SHOWN}{expected}")));
}

#[test]
fn a_server_that_gives_no_codes_ends_it() {
    let server = Server::with(400, r#"{"error":"unauthorized_client"}"#);
    let run = log_in(&server, &[]);
    assert!(run.sentence().contains("refused with unauthorized_client"), "{}", run.sentence());
}
