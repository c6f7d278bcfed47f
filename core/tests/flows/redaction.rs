//! Nothing that holds a secret shows it.

use std::fmt::{Debug, Write};

use grantflow::{
    AccessToken, Dialect, Entropy, Exchange, PkceVerifier, RefreshToken, Scope, TransportError,
    TransportErrorKind,
};

use crate::scenario::{
    NOW, SECRET, STATE, authorized, callback_url, client, exchanging, json, login, requesting,
};

fn assert_hides(name: &str, printed: &str) {
    for secret in [SECRET, STATE, "at-000001", "rt-000001", "code-0001", "extra-0001", "YXBwOnMzY3"]
    {
        assert!(!printed.contains(secret), "{name} shows {secret}: {printed}");
    }
}

/// It hides what it holds, and says what it is.
fn debug(name: &str, value: &dyn Debug) {
    assert_hides(name, &format!("{value:?} {value:#?}"));
    let printed = format!("{value:?}");
    assert!(!printed.is_empty(), "{name} prints nothing");
    for gap in [": ,", ": }", "()", "(, ", "[, ", ", )"] {
        assert!(!printed.contains(gap), "{name}: a part prints nothing: {printed}");
    }
}

fn error(name: &str, error: &(dyn std::error::Error + 'static)) {
    let mut printed = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        write!(printed, "{error} {error:?} {error:#?}").unwrap();
        next = error.source();
    }
    assert_hides(name, &printed);
}

#[test]
fn no_state_of_a_flow_and_no_request_shows_a_secret() {
    let client = client(Dialect::default());
    let requesting = requesting(Dialect::default()).parameter("tenant_key", "extra-0001").unwrap();
    debug("client", &client);
    debug("requesting", &requesting);
    debug("wire request", &requesting.wire_request());
    debug("http request", &requesting.request());
    let login = login(&client);
    debug("awaiting", &login);
    debug("pending", login.pending());
    debug("url", &login.authorization_url().unwrap());
    let url = callback_url("code=code-0001&session=extra-0001");
    let exchanging = login.callback(&url, NOW).unwrap();
    debug("exchanging", &exchanging);
    debug("code", exchanging.code());
    debug("http request", &exchanging.request());
    let flow = authorized(&client);
    debug("authorized", &flow);
    debug("tokens", flow.tokens());
    debug("record", &flow.record());
    let refreshing = flow.refresh().unwrap();
    debug("refreshing", &refreshing);
    debug("wire request", &refreshing.wire_request());
    let body = r#"{"access_token":"at-000001","token_type":"Bearer","refresh_token":"rt-000001",
        "id_token":"extra-0001"}"#;
    let response = json(200, body);
    debug("response", &response);
    let refreshed = refreshing.receive(response, NOW).unwrap();
    debug("refreshed", &refreshed);
    debug("record", &refreshed.record());
}

#[test]
fn no_secret_type_shows_what_it_holds() {
    debug("access token", &AccessToken::new("at-000001").unwrap());
    debug("authorization", &AccessToken::new("at-000001").unwrap().authorization());
    debug("refresh token", &RefreshToken::new("rt-000001").unwrap());
    debug("verifier", &PkceVerifier::new(STATE).unwrap());
    assert_eq!(format!("{:?}", Entropy::from_bytes([7; 64])), "Entropy([redacted])");
}

#[test]
fn no_failure_shows_what_was_sent_or_received() {
    let client = client(Dialect::default());
    for (status, body) in [
        (200, r#"{"access_token":"at-000001 ","token_type":"Bearer"}"#),
        (200, r#"{"access_token":"at-000001","token_type":"at-000001"}"#),
        (200, r#"{"access_token":"at-000001","at-000001":1,"at-000001":2}"#),
        (200, "at-000001"),
        (200, r#"{"access_token":"t","token_type":"Bearer","expires_in":"at-000001"}"#),
        (400, r#"{"access_token":"at-000001","token_type":"Bearer"}"#),
        (400, r#"{"error":"invalid_grant","error_description":"code-0001 with s3cr3t-s3cr3t"}"#),
        (400, r#"{"error":"s3cr3t-s3cr3t"}"#),
        (400, r#"{"error":"e","message":"bad header Basic YXBwOnMzY3IzdC1zM2NyM3Q="}"#),
        (500, "at-000001"),
    ] {
        let failed = exchanging(&client).receive(json(status, body), NOW).unwrap_err();
        error(body, &failed);
        error(body, failed.error());
    }
    let source = TransportError::new(TransportErrorKind::Connect, "connection refused");
    let failed = grantflow::Failed::unanswered(exchanging(&client), source);
    error("transport", &failed);
}

#[test]
fn a_type_that_does_not_fit_the_extra_fields_is_told_without_their_content() {
    #[derive(Debug, serde::Deserialize)]
    struct Wrong {
        #[expect(dead_code, reason = "only its type counts")]
        id_token: u64,
    }
    let body = r#"{"access_token":"t","token_type":"Bearer","id_token":"extra-0001"}"#;
    let flow = client(Dialect::default()).client_credentials(Scope::default()).unwrap();
    let tokens = flow.receive(json(200, body), NOW).unwrap().into_tokens();
    let refused = tokens.extra::<Wrong>().unwrap_err();
    error("extra", &refused);
    assert!(refused.to_string().contains("Wrong"), "{refused}");
}
