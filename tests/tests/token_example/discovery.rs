//! Where the server itself says what its endpoints are.

use serde_json::json;

use crate::run::{BASIC, Run, SECRET, run};
use crate::server::Server;

const RFC_8414: &str = "GET /.well-known/oauth-authorization-server";
const OPENID: &str = "GET /.well-known/openid-configuration";

/// A server with its metadata at this place.
fn server_with_metadata(place: &'static str) -> Server {
    Server::start(move |heard, origin| match heard.line.as_str() {
        line if line == place => {
            let metadata = json!({
                "issuer": origin,
                "token_endpoint": format!("{origin}/oauth/token"),
                "authorization_endpoint": format!("{origin}/authorize"),
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            });
            (200, metadata.to_string())
        }
        "POST /oauth/token" | "POST /other" => {
            (200, r#"{"access_token":"access-token-1","token_type":"Bearer"}"#.into())
        }
        _ => (404, "Not Found".into()),
    })
}

fn at_issuer(server: &Server, options: &[&str]) -> Run {
    let issuer = server.url("");
    let own = ["--issuer", &issuer, "--insecure-loopback-http", "--client-id", "app"];
    run(&[&own[..], &["--client-secret-env", "APP_SECRET"], options].concat())
}

fn lines(server: &Server) -> Vec<String> {
    server.heard().into_iter().map(|heard| heard.line).collect()
}

#[test]
fn the_issuer_says_where_tokens_are_asked_for_and_how() {
    let server = server_with_metadata(RFC_8414);
    let run = at_issuer(&server, &[]);
    assert_eq!((run.printed(), run.stderr.as_str()), ("access-token-1\n", ""));
    assert_eq!(lines(&server), [RFC_8414, "POST /oauth/token"]);
    let body = server.heard()[1].body.clone();
    let expected = format!("grant_type=client_credentials&client_id=app&client_secret={SECRET}");
    assert_eq!(body, expected);
}

#[test]
fn an_issuer_that_knows_only_openid_connect_is_found_too() {
    let server = server_with_metadata(OPENID);
    at_issuer(&server, &[]).printed();
    assert_eq!(lines(&server), [RFC_8414, OPENID, "POST /oauth/token"]);
}

#[test]
fn what_is_given_wins_over_what_was_found() {
    let server = server_with_metadata(RFC_8414);
    let other = server.url("/other");
    at_issuer(&server, &["--token-endpoint", &other, "--auth", "basic"]).printed();
    assert_eq!(lines(&server), [RFC_8414, "POST /other"]);
    assert_eq!(server.heard()[1].fields["authorization"], format!("Basic {BASIC}"));
}

#[test]
fn an_issuer_without_metadata_is_not_asked_for_a_token() {
    let server = server_with_metadata("nowhere");
    let run = at_issuer(&server, &[]);
    assert_eq!(
        run.sentence(),
        "the issuer has no metadata, neither at the place of RFC 8414 nor at that of OpenID \
         Connect; check --issuer, or give the endpoints themselves"
    );
    assert_eq!(lines(&server), [RFC_8414, OPENID]);
}

#[test]
fn an_issuer_that_is_overloaded_is_not_looked_for_elsewhere() {
    let server = Server::with(503, "");
    let run = at_issuer(&server, &[]);
    assert!(run.sentence().contains("HTTP status 503); try again in 1 s"), "{}", run.sentence());
    assert_eq!(lines(&server), [RFC_8414]);
}

#[test]
fn metadata_of_another_issuer_are_not_believed() {
    let server = Server::start(|_, origin| {
        let metadata = json!({"issuer": "http://127.0.0.1:1", "token_endpoint": origin});
        (200, metadata.to_string())
    });
    let run = at_issuer(&server, &[]);
    assert!(run.sentence().contains("issuer"), "{}", run.sentence());
    assert_eq!(lines(&server), [RFC_8414]);
}

#[test]
fn a_device_endpoint_that_is_nowhere_is_missed() {
    let server = server_with_metadata(RFC_8414);
    let run = at_issuer(&server, &["--grant", "device"]);
    assert!(run.sentence().contains("device_authorization_endpoint"), "{}", run.sentence());
}
