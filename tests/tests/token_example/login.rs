//! A login by the browser, which comes back to the example or is pasted.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::run::{CODE, Running};
use crate::server::Server;

const GRANTED: &str = r#"{"access_token":"access-token-1","token_type":"Bearer"}"#;

/// The example with a login under way, and the parameters of the URL that it has shown.
fn log_in(server: &Server, redirect_uri: &str) -> (Running, HashMap<String, String>) {
    let (token, page) = (server.url("/token"), server.url("/authorize"));
    let mut running = Running::start(&[
        "--grant",
        "authorization_code",
        "--token-endpoint",
        &token,
        "--authorization-endpoint",
        &page,
        "--insecure-loopback-http",
        "--client-id",
        "app",
        "--redirect-uri",
        redirect_uri,
        "--extra",
        "prompt=consent",
    ]);
    let line = running.line();
    let url = line.strip_prefix("Log in at ").unwrap_or_else(|| panic!("{line}"));
    let (address, query) = url.split_once('?').unwrap();
    assert_eq!(address, page);
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    (running, query)
}

/// The status of the answer to a request at the place of a URL, and the whole answer.
fn browse(start: &str, redirect_uri: &str) -> (String, String) {
    let authority = redirect_uri.split('/').nth(2).unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(format!("{start} HTTP/1.1\r\nHost: {authority}\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer.split(' ').nth(1).unwrap().to_owned(), answer)
}

#[test]
fn the_browser_comes_back_to_the_example_itself() {
    let server = Server::with(200, GRANTED);
    let (running, query) = log_in(&server, "http://127.0.0.1:0/cb");
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["prompt"], "consent");
    let redirect_uri = &query["redirect_uri"];
    let callback = format!("GET /cb?code={CODE}&state={}", query["state"]);
    let (status, page) = browse(&callback, redirect_uri);
    assert_eq!(status, "200");
    assert!(page.contains("You can close this page.") && page.contains("no-store"), "{page}");
    let run = running.end();
    assert_eq!(run.printed(), "access-token-1\n");
    let body = server.request().body;
    let body: HashMap<String, String> =
        form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    assert_eq!((&*body["code"], &body["redirect_uri"]), (CODE, redirect_uri));
    assert!(!body["code_verifier"].is_empty());
}

#[test]
fn whatever_else_comes_to_the_port_ends_nothing() {
    let server = Server::with(200, GRANTED);
    let (running, query) = log_in(&server, "http://127.0.0.1:0/cb");
    let (redirect_uri, state) = (&query["redirect_uri"], &query["state"]);
    let right = format!("/cb?code={CODE}&state={state}");
    for (start, expected) in [
        ("GET /favicon.ico", "404"),
        ("GET /cb/more?code=x", "404"),
        ("GET /cb", "400"),
        ("GET /cb?code=stolen&state=another", "400"),
        ("GET /cb?error=access_denied&state=another", "400"),
        (&format!("POST {right}"), "404"),
        ("", "404"),
    ] {
        let (status, page) = browse(start, redirect_uri);
        assert_eq!(status, expected, "{start}");
        assert!(!page.contains("You can close"), "{page}");
    }
    let connect = || TcpStream::connect(redirect_uri.split('/').nth(2).unwrap()).unwrap();
    // What is too long is not read to its end.
    let _ = connect().write_all(&b"GET /cb?".repeat(20_000));
    // A browser opens connections in advance, and may never use one.
    drop(connect());
    assert_eq!(browse(&format!("GET {right}"), redirect_uri).0, "200");
    let run = running.end();
    assert_eq!(run.printed(), "access-token-1\n");
    // Where to log in, and that it waits.
    assert_eq!(run.stderr.lines().count(), 2, "{}", run.stderr);
}

#[test]
fn a_login_that_the_user_refuses_is_over() {
    let server = Server::with(200, GRANTED);
    let (running, query) = log_in(&server, "http://127.0.0.1:0/");
    let callback = format!("GET /?error=access_denied&state={}", query["state"]);
    let (status, page) = browse(&callback, &query["redirect_uri"]);
    assert_eq!(status, "400");
    assert!(page.contains("refused"), "{page}");
    let run = running.end();
    assert!(!run.succeeded && run.stdout.is_empty());
    assert!(run.stderr.ends_with("refused with access_denied; the user must log in again\n"));
    assert!(server.heard().is_empty());
}

#[test]
fn a_browser_that_ends_elsewhere_is_pasted() {
    let server = Server::with(200, GRANTED);
    let (mut running, query) = log_in(&server, "https://app.example/cb");
    running.type_in("https://app.example/cb?code=stolen&state=another");
    running.type_in(&format!("https://app.example/cb?code={CODE}&state={}", query["state"]));
    let run = running.end();
    assert_eq!(run.printed(), "access-token-1\n");
    let said: Vec<&str> = run.stderr.lines().skip(1).collect();
    assert!(said[0].starts_with("Then paste the URL"), "{said:?}");
    assert!(said[1].ends_with("the login goes on waiting"), "{said:?}");
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(server.request().body.contains(CODE));
}

#[test]
fn a_paste_that_never_comes_is_not_waited_for() {
    let server = Server::with(200, GRANTED);
    let (running, _) = log_in(&server, "com.example.app:/cb");
    let run = running.end();
    assert!(!run.succeeded);
    assert!(run.stderr.ends_with("standard input ended before the callback came; start again\n"));
}
