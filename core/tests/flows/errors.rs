//! What a refusal becomes, what to do about it, and what comes back.

use std::error::Error as _;
use std::time::Duration;

use grantflow::flow::Requesting;
use grantflow::wire::Response;
use grantflow::{
    Advice, ClientAuth, Dialect, Error, Exchange, Failed, Flow, Refusal, Scope, TransportError,
    TransportErrorKind, Unavailable,
};

use crate::scenario::{NOW, client, exchanging, json, partners, requesting};

fn refused(status: u16, body: &str) -> Refusal {
    match requesting(Dialect::default()).receive(json(status, body), NOW).unwrap_err().into_error()
    {
        Error::Refused(refusal) => *refusal,
        other => panic!("{other:?}"),
    }
}

fn unavailable(response: Response<'_>) -> Unavailable {
    match requesting(Dialect::default()).receive(response, NOW).unwrap_err().into_error() {
        Error::Unavailable(unavailable) => *unavailable,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refused_client_is_not_tried_in_another_way() {
    for client_auth in [ClientAuth::Basic, ClientAuth::BasicRaw, ClientAuth::Post] {
        let mut dialect = Dialect::default();
        dialect.client_auth = client_auth;
        let client = client(dialect);
        let ask = || client.client_credentials(Scope::default()).unwrap();
        let sent = |flow: &Flow<Requesting>| -> Vec<(String, Vec<u8>)> {
            let request = flow.wire_request();
            let headers = request.headers().map(|(name, value)| (name.into(), value.into()));
            headers.chain([(request.url().into(), request.body().into())]).collect()
        };
        let (flow, before) = (ask(), sent(&ask()));
        // Not even where the server names a way of its own (RFC 6749 section 5.2).
        let refusal = json(401, r#"{"error":"invalid_client"}"#);
        let refusal = refusal.with_header("www-authenticate", b"Basic realm=\"as\"");
        let failed = flow.receive(refusal, NOW).unwrap_err();
        assert_eq!(failed.advice(), Advice::FixConfiguration);
        assert!(failed.retry().is_err());
        assert_eq!(sent(&ask()), before, "{client_auth:?}");
    }
}

#[test]
fn the_partners_own_words_reach_the_integrator() {
    let [meed, ..] = partners();
    // Facts M12 and M13: one code, two causes, told apart by the text alone.
    for text in ["Invalid client_id or client_secret", "API application is suspended or revoked"] {
        let body = format!(r#"{{"error":"invalid_client","message":"{text}"}}"#);
        let flow = meed.client_credentials(Scope::default()).unwrap();
        let failed = flow.receive(json(401, &body), NOW).unwrap_err();
        assert_eq!(failed.advice(), Advice::FixConfiguration);
        assert_eq!(
            failed.to_string(),
            format!(
                "the server refused with invalid_client (HTTP status 401): \"{text}\"; check the \
                 client's settings here and its registration there"
            )
        );
        assert!(failed.retry().is_err());
    }
}

#[test]
fn the_text_is_found_wherever_it_stands() {
    for (body, text) in [
        (r#"{"error":"e","error_description":"a","message":"b"}"#, Some("a")),
        (r#"{"error":"e","message":"b"}"#, Some("b")),
        (r#"{"error":"e","error_description":"","message":"b"}"#, Some("b")),
        (r#"{"error":"e","error_description":{},"detail":"c"}"#, Some("c")),
        (r#"{"error":"e"}"#, None),
    ] {
        assert_eq!(refused(400, body).error_description(), text, "{body}");
    }
    let message_only = unavailable(json(401, r#"{"message":"no such client"}"#));
    assert_eq!(message_only.error_description(), Some("no such client"));
    assert_eq!(message_only.advice(), Advice::FixConfiguration);
}

#[test]
fn an_error_under_status_200_is_an_error_even_beside_a_token() {
    let refusal =
        refused(200, r#"{"error":"invalid_grant","access_token":"t","token_type":"Bearer"}"#);
    assert_eq!((refusal.code(), refusal.status()), ("invalid_grant", Some(200)));
}

#[test]
fn a_5xx_or_429_is_never_a_verdict() {
    for status in [408, 425, 429, 500, 502, 503, 599] {
        let answer = json(status, r#"{"error":"invalid_grant","error_description":"busy"}"#);
        let failed = exchanging(&client(Dialect::default())).receive(answer, NOW).unwrap_err();
        assert!(matches!(failed.advice(), Advice::RetryAfter(_)), "{status}");
        let flow = failed.retry().unwrap_or_else(|error| panic!("{status}: {error}"));
        assert_eq!(flow.code().expose(), "code-0001");
    }
}

#[test]
fn a_refused_code_needs_a_new_login_and_a_broken_answer_spends_it() {
    let refused = |status, body| {
        let flow = exchanging(&client(Dialect::default()));
        flow.receive(json(status, body), NOW).unwrap_err()
    };
    let expired = refused(400, r#"{"error":"invalid_grant"}"#);
    assert_eq!(expired.advice(), Advice::Reauthorize);
    assert!(expired.retry().is_err());
    assert_eq!(refused(401, r#"{"error":"invalid_client"}"#).advice(), Advice::FixConfiguration);
    assert!(refused(200, "<html>").retry().is_err());
}

#[test]
fn the_pause_that_the_server_asks_for_is_kept() {
    let busy = Response::new(503, b"<html>").with_header("Retry-After", b"120");
    let busy = busy.with_header("Keep-Alive", b"300");
    let unavailable = unavailable(busy);
    assert_eq!(unavailable.retry_after(), Some(Duration::from_secs(120)));
    assert_eq!(unavailable.advice(), Advice::RetryAfter(Duration::from_secs(120)));
    assert_eq!(
        unavailable.to_string(),
        "the server gave no verdict (HTTP status 503); try again in 120 s"
    );
}

#[test]
fn a_busy_server_is_not_asked_again_at_once_and_its_long_page_is_not_read() {
    let busy = Response::new(503, b"").with_header("Retry-After", b"0");
    let pause = unavailable(busy).advice();
    assert_eq!(pause, Advice::RetryAfter(Duration::from_secs(1)));
    let long = Response::too_large(503, 9).with_header("Retry-After", b"120");
    assert_eq!(unavailable(long).retry_after(), Some(Duration::from_secs(120)));
    let whole = format!(r#"{{"message":"{}"}}"#, "x".repeat(1024 * 1024));
    assert_eq!(unavailable(json(503, &whole)).error_description(), None);
}

#[test]
fn what_is_not_an_oauth_error_keeps_its_status() {
    for body in [
        "",
        "[]",
        "<html>",
        "{}",
        r#"{"error":""}"#,
        r#"{"error":null}"#,
        r#"{"error":7}"#,
        r#"{"error":["invalid_client"]}"#,
        r#"{"error":{"code":"x"}}"#,
        r#"{"error":"a\"b\n"}"#,
    ] {
        let unavailable = unavailable(json(400, body));
        assert_eq!((unavailable.status(), unavailable.code()), (400, None), "{body}");
    }
}

#[test]
fn a_doubled_error_is_not_believed() {
    let body = r#"{"error":"invalid_grant","error":"invalid_client"}"#;
    let failed = requesting(Dialect::default()).receive(json(400, body), NOW).unwrap_err();
    match failed.error() {
        Error::Protocol(error) => assert_eq!(error.field(), Some("error")),
        other => panic!("{other:?}"),
    }
    assert_eq!(unavailable(json(503, body)).code(), None, "nor where nothing is decided");
}

#[test]
fn links_are_shown_only_if_they_are_web_pages() {
    for (uri, shown) in [
        ("https://as.example.com/e", true),
        ("HTTP://as.example.com/e", true),
        ("javascript:alert(1)", false),
        ("https://as.example.com/\\u000a", false),
    ] {
        let refusal = refused(400, &format!(r#"{{"error":"e","error_uri":"{uri}"}}"#));
        assert_eq!(refusal.error_uri().is_some(), shown, "{uri}");
    }
}

#[test]
fn a_text_from_outside_cannot_act_on_whoever_reads_it() {
    let body = r#"{"error":"e","error_description":"bad\r\n2026-11-21 INFO ok\u001b[2J\u202etxt"}"#;
    let failed = requesting(Dialect::default()).receive(json(400, body), NOW).unwrap_err();
    for printed in [format!("{failed}"), format!("{failed:?}"), format!("{failed:#?}")] {
        for bad in ["\r", "\n2026", "\u{1b}", "\u{202e}"] {
            assert!(!printed.contains(bad), "{printed}");
        }
    }
    let long = format!(r#"{{"error":"e","error_description":"{}"}}"#, "x".repeat(500_000));
    assert!(refused(400, &long).to_string().len() < 1_000);
}

#[test]
fn an_error_becomes_the_one_of_the_callers_program() {
    fn program() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let _granted = requesting(Dialect::default()).receive(json(500, ""), NOW)?;
        Ok(())
    }
    fn library() -> Result<(), Error> {
        let answered = requesting(Dialect::default()).receive(json(500, ""), NOW);
        let _granted = answered.map_err(Failed::into_error)?;
        Ok(())
    }
    assert_eq!(program().unwrap_err().to_string(), library().unwrap_err().to_string());
}

#[test]
fn what_the_http_client_says_is_the_cause_of_a_failure() {
    let refused = TransportError::new(TransportErrorKind::Connect, "connection refused");
    let failed = Failed::unanswered(requesting(Dialect::default()), refused);
    assert_eq!(failed.source().unwrap().to_string(), "connection refused");
    assert!(!failed.to_string().contains("refused"), "it is not said twice: {failed}");
}
