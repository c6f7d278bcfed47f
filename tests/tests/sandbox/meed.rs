//! Meed: client credentials in a form.

use std::time::Duration;

use grantflow_tests::sandbox::credentials::MEED;

use crate::caller::{Caller, Reply};

const TOKEN: &str = "/api/partner/v1/oauth/token";
const SALES: &str = "/api/partner/v1/sales";

fn good() -> [(&'static str, &'static str); 3] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", MEED.client_id),
        ("client_secret", MEED.client_secret),
    ]
}

fn assert_invalid_token(reply: &Reply) {
    assert_eq!(reply.status, 401);
    assert_eq!(reply.text("error"), "invalid_token");
    assert!(!reply.text("message").is_empty());
    let challenge = reply.header("www-authenticate");
    assert_eq!(challenge, r#"Bearer error="invalid_token""#);
}

#[test]
fn a_token_opens_the_sales_for_an_hour() {
    let caller = Caller::start();
    let answer = caller.post_form(TOKEN, &good());
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text("token_type"), "Bearer");
    assert_eq!(answer.json()["expires_in"], 3600);
    assert_eq!(answer.json().as_object().map(serde_json::Map::len), Some(3));
    assert_eq!(answer.header("cache-control"), "no-store");
    let token = answer.text("access_token");
    assert!(token.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."));
    assert_eq!(token.split('.').count(), 3);

    let sales = caller.get_with(SALES, &token);
    assert_eq!(sales.status, 200);
    assert_eq!(sales.json().as_array().map(Vec::len), Some(3));

    caller.sandbox.advance(Duration::from_secs(3540));
    assert_eq!(caller.get_with(SALES, &token).status, 200);
    caller.sandbox.advance(Duration::from_secs(60));
    assert_invalid_token(&caller.get_with(SALES, &token));
}

#[test]
fn a_new_token_leaves_the_old_one_alive() {
    let caller = Caller::start();
    let old = caller.post_form(TOKEN, &good()).text("access_token");
    let new = caller.post_form(TOKEN, &good()).text("access_token");
    assert_ne!(old, new);
    assert_eq!(caller.get_with(SALES, &old).status, 200);
    assert_eq!(caller.get_with(SALES, &new).status, 200);
}

#[test]
fn the_sales_want_a_token_that_is_known() {
    let caller = Caller::start();
    assert_invalid_token(&caller.get(SALES));
    assert_invalid_token(&caller.get_with(SALES, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.AA"));
}

#[test]
fn the_documented_error_bodies_are_word_for_word() {
    const M11: &str = "{\"error\":\"invalid_request\",\"message\":\"grant_type, client_id, and \
        client_secret are required and grant_type must be \\\"client_credentials\\\"\"}";
    const M12: &str =
        "{\"error\":\"invalid_client\",\"message\":\"Invalid client_id or client_secret\"}";
    let caller = Caller::start();

    for missing in 0..3 {
        let mut form = good();
        form[missing].1 = "";
        let answer = caller.post_form(TOKEN, &form);
        assert_eq!((answer.status, answer.body.as_str()), (400, M11));
    }
    let mut form = good();
    form[0].1 = "authorization_code";
    let answer = caller.post_form(TOKEN, &form);
    assert_eq!((answer.status, answer.body.as_str()), (400, M11));

    for wrong in 1..3 {
        let mut form = good();
        form[wrong].1 = "wrong";
        let answer = caller.post_form(TOKEN, &form);
        assert_eq!((answer.status, answer.body.as_str()), (401, M12));
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[test]
fn a_body_that_is_no_form_is_an_invalid_request() {
    let caller = Caller::start();
    let json = serde_json::json!({
        "grant_type": "client_credentials",
        "client_id": MEED.client_id,
        "client_secret": MEED.client_secret,
    });
    let answer = caller.post_json(TOKEN, &json);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.text("error"), "invalid_request");
}

#[test]
fn a_parameter_that_comes_twice_is_an_invalid_request() {
    let caller = Caller::start();
    let mut form = good().to_vec();
    form.push(("client_id", MEED.client_id));
    assert_eq!(caller.post_form(TOKEN, &form).status, 400);
}

#[test]
fn a_suspended_application_learns_so_and_its_tokens_are_dead() {
    const M13: &str =
        "{\"error\":\"invalid_client\",\"message\":\"API application is suspended or revoked\"}";
    let caller = Caller::start();
    let token = caller.post_form(TOKEN, &good()).text("access_token");

    caller.sandbox.suspend_meed();
    let answer = caller.post_form(TOKEN, &good());
    assert_eq!((answer.status, answer.body.as_str()), (401, M13));
    assert_invalid_token(&caller.get_with(SALES, &token));

    // Who does not know the secret is not told about the application.
    let mut form = good();
    form[2].1 = "wrong";
    let answer = caller.post_form(TOKEN, &form);
    assert_eq!(answer.text("message"), "Invalid client_id or client_secret");
}
