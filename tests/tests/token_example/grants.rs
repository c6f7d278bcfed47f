//! What comes out of the example, and what the server is asked for it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::run::{self, BASIC, NEW_REFRESH_TOKEN, REFRESH_TOKEN, SECRET, TOKEN, run};
use crate::server::Server;

const GRANTED: &str =
    r#"{"access_token":"access-token-1","token_type":"bearer","expires_in":3600}"#;

#[test]
fn the_token_alone_is_printed_so_that_a_script_can_use_it() {
    let server = Server::with(200, GRANTED);
    let run = run::at(&server, &[]);
    assert_eq!((run.printed(), run.stderr.as_str()), ("access-token-1\n", ""));
    let request = server.request();
    assert_eq!(request.line, "POST /token");
    assert_eq!(request.fields["authorization"], format!("Basic {BASIC}"));
    assert_eq!(request.body, "grant_type=client_credentials");
}

#[test]
fn with_json_all_that_came_is_printed() {
    let server = Server::with(
        200,
        r#"{"access_token":"access-token-1","token_type":"Bearer","expires_in":3600,
            "scope":"read","supportCode":"FA-1","refresh_token":"the-next-refresh-token"}"#,
    );
    let before = seconds();
    let run = run::at(&server, &["--json", "--scope", "read"]);
    assert_eq!(run.printed().lines().count(), 1);
    let mut printed: Value = serde_json::from_str(run.printed()).unwrap();
    let end = printed["expires_at"].take().as_u64().unwrap();
    assert!((before + 3_600..=seconds() + 3_600).contains(&end), "{end}");
    let expected = serde_json::json!({
        "access_token": TOKEN, "token_type": "Bearer", "expires_at": null, "scope": "read",
        "supportCode": "FA-1", "refresh_token": NEW_REFRESH_TOKEN,
    });
    assert_eq!((printed, run.stderr.as_str()), (expected, ""));
}

#[test]
fn what_nobody_said_is_not_in_the_json() {
    let server = Server::with(200, r#"{"access_token":"access-token-1","token_type":"Bearer"}"#);
    let run = run::at(&server, &["--json"]);
    assert_eq!(run.printed(), "{\"access_token\":\"access-token-1\",\"token_type\":\"Bearer\"}\n");
}

#[test]
fn the_secret_is_sent_as_it_is_asked_for() {
    let sent = |auth: &str| {
        let server = Server::with(200, GRANTED);
        run::at(&server, &["--auth", auth]).printed();
        let request = server.request();
        (request.fields.get("authorization").cloned(), request.body)
    };
    let plain = "grant_type=client_credentials".to_owned();
    assert_eq!(sent("basic"), (Some(format!("Basic {BASIC}")), plain.clone()));
    assert_eq!(sent("basic-raw"), (Some(format!("Basic {BASIC}")), plain.clone()));
    assert_eq!(sent("post"), (None, format!("{plain}&client_id=app&client_secret={SECRET}")));
}

#[test]
fn an_odd_identifier_is_escaped_in_basic_and_not_in_basic_raw() {
    let sent = |auth: &str| {
        let server = Server::with(200, GRANTED);
        let endpoint = server.url("/token");
        let options = [
            ["--token-endpoint", &endpoint, "--client-id", "a b"],
            ["--client-secret-env", "APP_SECRET", "--auth", auth],
        ];
        let run = run(&[options.as_flattened(), &["--insecure-loopback-http"]].concat());
        assert_eq!(run.printed(), "access-token-1\n");
        server.request().fields["authorization"].clone()
    };
    assert_eq!(sent("basic"), "Basic YSUyMGI6czNjcjN0LW9mLXRoZS1jbGllbnQ=");
    assert_eq!(sent("basic-raw"), "Basic YSBiOnMzY3IzdC1vZi10aGUtY2xpZW50");
}

#[test]
fn the_body_can_be_json_and_have_more_parameters() {
    let server = Server::with(200, GRANTED);
    let options = ["--body", "json", "--auth", "post", "--extra", "audience=https://api.example"];
    run::at(&server, &[&options[..], &["--extra", "a=b=c", "--scope", "x y"]].concat()).printed();
    let request = server.request();
    assert_eq!(request.fields["content-type"], "application/json");
    let expected = serde_json::json!({
        "grant_type": "client_credentials", "scope": "x y", "client_id": "app",
        "client_secret": SECRET, "audience": "https://api.example", "a": "b=c",
    });
    assert_eq!(serde_json::from_str::<Value>(&request.body).unwrap(), expected);
}

#[test]
fn a_refresh_brings_the_next_refresh_token_too() {
    let server = Server::with(
        200,
        r#"{"access_token":"access-token-1","token_type":"Bearer",
            "refresh_token":"the-next-refresh-token"}"#,
    );
    let options = ["--grant", "refresh_token", "--refresh-token-env", "ANNAS_TOKEN", "--json"];
    let run = run::at(&server, &[&options[..], &["--extra", "a=b"]].concat());
    let printed: Value = serde_json::from_str(run.printed()).unwrap();
    assert_eq!(printed["refresh_token"], NEW_REFRESH_TOKEN);
    let body = server.request().body;
    assert_eq!(body, format!("grant_type=refresh_token&refresh_token={REFRESH_TOKEN}&a=b"));
}

#[test]
fn a_refresh_token_that_is_not_printed_is_told_of() {
    let answer = r#"{"access_token":"access-token-1","token_type":"Bearer",
                     "refresh_token":"the-next-refresh-token"}"#;
    let options = ["--grant", "refresh_token", "--refresh-token-env", "ANNAS_TOKEN"];
    let told = "Note: there is a new refresh token, which only --json prints, and the one that you \
                have may have ended with it\n";
    for (answer, told) in [(answer, told), (GRANTED, "")] {
        let run = run::at(&Server::with(200, answer), &options);
        assert_eq!((run.printed(), run.stderr.as_str()), ("access-token-1\n", told));
    }
}

#[test]
fn a_public_client_refreshes_by_its_name() {
    let server = Server::with(200, GRANTED);
    // A secret that is there all the same is not sent.
    let options = ["--grant", "refresh_token", "--refresh-token-env", "ANNAS_TOKEN", "--json"];
    let run = run::at(&server, &[&options[..], &["--auth", "none"]].concat());
    // The old one stays, where no new one came.
    let printed: Value = serde_json::from_str(run.printed()).unwrap();
    assert_eq!(printed["refresh_token"], REFRESH_TOKEN);
    let request = server.request();
    assert_eq!(request.fields.get("authorization"), None);
    assert!(request.body.ends_with("&client_id=app"), "{}", request.body);
}

#[test]
fn what_was_forgiven_and_another_scope_are_told_beside_the_token() {
    let server = Server::with(
        200,
        "\u{feff}{\"access_token\":\"access-token-1\",\"token_type\":\"Bearer\",\
         \"expires_in\":\"60\",\"scope\":\"read\"}",
    );
    let run = run::at(&server, &["--scope", "read write"]);
    assert_eq!(run.printed(), "access-token-1\n");
    let notes = "Note: another scope was granted than asked for: read\n\
                 Note: the answer begins with a byte order mark; it was forgiven\n\
                 Note: expires_in is a text and not a number; it was forgiven\n";
    assert_eq!(run.stderr, notes);
    // A scope that nobody asked for is the server's choice.
    let run = run::at(&server, &[]);
    assert!(!run.stderr.contains("scope"), "{}", run.stderr);
}

#[test]
fn help_is_what_was_asked_for_and_names_every_option() {
    let run = run(&["--help"]);
    assert_eq!(run.stderr, "");
    let help = run.printed();
    for option in [
        "--auth",
        "--authorization-endpoint",
        "--body",
        "--client-id",
        "--client-secret-env",
        "--device-endpoint",
        "--extra",
        "--grant",
        "--help",
        "--insecure-loopback-http",
        "--issuer",
        "--json",
        "--redirect-uri",
        "--refresh-token-env",
        "--scope",
        "--token-endpoint",
    ] {
        assert!(help.contains(&format!("\n  {option} ")), "{option}");
    }
    assert!(help.lines().all(|line| line.len() <= 100));
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
