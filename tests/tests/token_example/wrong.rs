//! Each way it can fail ends with status 1 and one sentence that says what to do.

use std::net::{Ipv4Addr, TcpListener};

use crate::run::{self, run};
use crate::server::Server;

const CLIENT: &[&str] = &["--client-id", "app", "--client-secret-env", "APP_SECRET"];
const SERVER: &[&str] = &["--token-endpoint", "https://as.example.com/token"];

#[test]
fn what_is_missing_is_named() {
    let public = &["--client-id", "app"];
    let login = &["--grant", "authorization_code"];
    let cases: &[(&[&[&str]], &str)] = &[
        (&[], "--client-id is missing"),
        (&[CLIENT], "--token-endpoint is missing, or --issuer to find it"),
        (&[SERVER, public], "--client-secret-env is missing"),
        (&[SERVER, public, &["--grant"]], "--grant needs a value"),
        (&[SERVER, public, &["--auth", "post"]], "--auth needs a secret to send"),
        (&[SERVER, public, login], "--redirect-uri is missing"),
        (
            &[SERVER, public, login, &["--redirect-uri", "https://app.example/cb"]],
            "--authorization-endpoint is missing",
        ),
        (&[SERVER, public, &["--grant", "device"]], "--device-endpoint is missing"),
        (&[SERVER, public, &["--grant", "refresh_token"]], "--refresh-token-env is missing"),
        (
            &[SERVER, &["--client-id", "app", "--client-secret-env", "NOT_THERE"]],
            "the environment variable that --client-secret-env names is not set",
        ),
    ];
    refused(cases);
}

#[test]
fn what_is_too_much_or_unknown_is_named_and_no_value_is_repeated() {
    let cases: &[(&[&[&str]], &str)] = &[
        (&[&["--verbose"]], "there is no option --verbose"),
        (&[&["--client-secret", run::SECRET]], "by --client-secret-env"),
        (&[&["--refresh-token=refresh-token-of-anna"]], "by --refresh-token-env"),
        (&[&["-v"]], "there is an argument that is neither"),
        (&[&[run::SECRET]], "there is an argument that is neither"),
        (&[&["--access-token-1"]], "there is an argument that is neither"),
        (&[&["--json=access-token-1"]], "--json takes no value"),
        (&[CLIENT, &["--client-id", "other"]], "--client-id is given twice"),
        (&[SERVER, CLIENT, &["--auth", run::SECRET]], "--auth is one of basic, basic-raw, post"),
        (&[SERVER, CLIENT, &["--body", "xml"]], "--body is one of form or json"),
        (&[SERVER, CLIENT, &["--grant", "password"]], "--grant is one of client_credentials,"),
        (&[SERVER, CLIENT, &["--extra", run::SECRET]], "--extra takes NAME=VALUE"),
        (&[SERVER, CLIENT, &["--scope", "a\"b"]], "--scope: scope has a token with a character"),
        (
            &[SERVER, &["--client-id", "app", "--client-secret-env", run::SECRET]],
            "the environment variable that --client-secret-env names is not set",
        ),
    ];
    refused(cases);
}

#[test]
fn a_url_without_tls_needs_the_switch_and_this_machine() {
    let own = |url| [CLIENT, &["--token-endpoint", url]].concat();
    let switch: &[&str] = &["--insecure-loopback-http"];
    let cases: &[(&[&[&str]], &str)] = &[
        (&[&own("http://127.0.0.1:1/token")], "by --insecure-loopback-http); see --help"),
        (&[&own("http://10.0.0.1/token"), switch], "is neither 127.0.0.1 nor [::1]"),
        (&[&own("http://localhost/token"), switch], "is neither 127.0.0.1 nor [::1]"),
        (&[&own("as.example.com/token")], "--token-endpoint: endpoint "),
        (&[CLIENT, &["--issuer", "http://127.0.0.1:1"]], "--issuer is not https"),
        (&[CLIENT, &["--issuer", "https://as.example.com/?a=b"]], "--issuer: issuer has a query"),
    ];
    refused(cases);
}

fn refused(cases: &[(&[&[&str]], &str)]) {
    for (options, expected) in cases {
        let run = run(&options.concat());
        let sentence = run.sentence();
        assert!(sentence.contains(expected), "{options:?}: {sentence}");
        assert!(sentence.ends_with("; see --help"), "{sentence}");
    }
}

#[test]
fn a_parameter_that_the_flow_sets_itself_is_refused() {
    let server = Server::with(200, "{}");
    let run = run::at(&server, &["--extra", "grant_type=password"]);
    assert!(run.sentence().starts_with("grant_type "), "{}", run.sentence());
    assert!(server.heard().is_empty());
}

#[test]
fn a_refused_secret_is_told_in_the_servers_words() {
    let server = Server::with(
        401,
        r#"{"error":"invalid_client","message":"no s3cr3t-of-the-client is known here"}"#,
    );
    assert_eq!(
        run::at(&server, &[]).sentence(),
        "the server refused with invalid_client (HTTP status 401): \"no [redacted] is known here\"; \
         check the client's settings here and its registration there"
    );
}

#[test]
fn an_answer_that_is_none_is_told() {
    let server = Server::with(200, r#"{"token":"access-token-1"}"#);
    assert_eq!(
        run::at(&server, &[]).sentence(),
        "the server's answer (HTTP status 200) cannot be used: its member access_token is missing"
    );
}

#[test]
fn a_server_that_is_down_is_told() {
    let server = Server::with(200, "{}");
    let url = server.url("/token");
    drop(server);
    let run = run(&[CLIENT, &["--token-endpoint", &url, "--insecure-loopback-http"]].concat());
    let sentence = run.sentence();
    assert!(sentence.starts_with("no connection to the server could be made"), "{sentence}");
}

#[test]
fn a_port_that_somebody_else_has_is_told_before_the_user_is_sent_away() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let redirect_uri = format!("http://127.0.0.1:{}/cb", other.local_addr().unwrap().port());
    let server = Server::with(200, "{}");
    let page = server.url("/authorize");
    let login = ["--grant", "authorization_code", "--authorization-endpoint", &page];
    let run = run::at(&server, &[&login[..], &["--redirect-uri", &redirect_uri]].concat());
    assert!(run.sentence().contains("is its port in use?"), "{}", run.sentence());
}

#[test]
fn a_redirect_uri_of_another_machine_without_tls_is_refused() {
    let server = Server::with(200, "{}");
    let page = server.url("/authorize");
    let login = ["--grant", "authorization_code", "--authorization-endpoint", &page];
    let run = run::at(&server, &[&login[..], &["--redirect-uri", "http://0.0.0.0:1/cb"]].concat());
    assert!(
        run.sentence().starts_with("redirect_uri is plain http to another"),
        "{}",
        run.sentence()
    );
}
