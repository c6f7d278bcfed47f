//! Where something goes wrong.

use grantflow::{BodyFormat, ClientAuth, Exchange, Scope, TransportError, TransportErrorKind};

use super::{Cast, Held, leaves_nothing, leaves_nothing_in_the_heap, receive, text};

#[test]
fn an_answer_that_cannot_be_used_leaves_nothing() {
    let answers = [
        (200, [r#"{"access_token":""#, r#"","token_type":"mac"}"#]),
        (200, [r#"{"token_type":"Bearer","expires_in":-1,"access_token":""#, r#""}"#]),
        (200, [r#"{"access_token":["#, r#""],"token_type":"Bearer"}"#]),
        (200, [r#"{"access_token":""#, r#"","access_token":"b"}"#]),
        (400, [r#"{"error":"invalid_grant","id_token":""#, r#""}"#]),
    ];
    for (number, (status, parts)) in (30..).zip(answers) {
        leaves_nothing(number, |cast, held| refused(cast, held, status, &parts));
    }
}

#[test]
fn an_answer_that_is_not_json_leaves_nothing_in_the_heap() {
    let answers = [
        (200, [r#"{"access_token":""#, r#"""#]),
        (200, [r#"{"access_token":""#, r#"","refresh_token":}"#]),
        (400, [r#"{"error":"invalid_grant","id_token":""#, "}"]),
        (500, ["", ""]),
    ];
    for (number, (status, parts)) in (36..).zip(answers) {
        leaves_nothing_in_the_heap(number, |cast, held| refused(cast, held, status, &parts));
    }
}

fn refused(cast: &Cast, held: Held<'_>, status: u16, parts: &[&str]) {
    let client = cast.client(ClientAuth::Post, BodyFormat::Form);
    let requesting = client.client_credentials(Scope::default()).unwrap();
    let body = text(parts, &[cast.access]);
    held(&[cast.access]);
    let failed = receive(requesting, status, &body).unwrap_err();
    drop(format!("{failed} {failed:?}"));
}

#[test]
fn a_secret_that_the_server_repeats_leaves_nothing() {
    let parts = [r#"{"error":"invalid_client","error_description":"the secret "#, r#" is bad"}"#];
    leaves_nothing(40, |cast, held| {
        let client = cast.client(ClientAuth::Basic, BodyFormat::Form);
        let requesting = client.client_credentials(Scope::default()).unwrap();
        let body = text(&parts, &[cast.secret]);
        held(&[cast.secret]);
        let failed = receive(requesting, 401, &body).unwrap_err();
        assert!(failed.to_string().contains("[redacted]"));
    });
}

#[test]
fn a_callback_that_is_refused_leaves_nothing() {
    let callbacks = [
        ["https://app.example/cb?code=", "&state=another"],
        ["https://app.example/cb?code=", "%zz&state="],
        ["https://app.example/cb?error=access_denied&code=", "&state="],
        ["https://app.example/cb?code=", "%0A&state="],
    ];
    for (number, parts) in (41..).zip(callbacks) {
        leaves_nothing(number, |cast, held| {
            let client = cast.client(ClientAuth::Post, BodyFormat::Form);
            let login = cast.login(&client);
            let url = text(&parts, &[cast.code, cast.state]);
            held(&[cast.code]);
            let _ = login.callback(str::from_utf8(url.as_ref()).unwrap(), super::NOW).unwrap_err();
        });
    }
}

#[test]
fn an_exchange_without_an_answer_leaves_nothing() {
    leaves_nothing(50, |cast, held| {
        let client = cast.client(ClientAuth::Post, BodyFormat::Form);
        let mut refreshing = cast.session(&client).refresh().unwrap();
        drop(refreshing.request());
        held(&[cast.refresh]);
        for _ in 0..2 {
            let error = TransportError::new(TransportErrorKind::Timeout, "no answer");
            let failed = grantflow::Failed::unanswered(refreshing, error);
            drop(format!("{failed} {failed:?}"));
            let Ok(again) = failed.retry() else { return };
            refreshing = again;
        }
    });
}
