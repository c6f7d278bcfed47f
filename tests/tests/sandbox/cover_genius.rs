//! Cover Genius: client credentials in a JSON body.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use grantflow_tests::sandbox::credentials::COVER_GENIUS;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::caller::{Caller, Reply};

const TOKEN: &str = "/api/oauth/token";
const BOOKINGS: &str = "/api/bookings";

fn good() -> Value {
    json!({
        "grant_type": "client_credentials",
        "client_id": COVER_GENIUS.client_id,
        "client_secret": COVER_GENIUS.client_secret,
    })
}

/// C9: the text stands in both places.
fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status);
    assert_eq!(reply.text("error"), code);
    assert!(!reply.text("error_description").is_empty());
    assert_eq!(reply.text("error_description"), reply.text("message"));
}

#[test]
fn a_token_opens_the_bookings_for_an_hour() {
    let caller = Caller::start();
    let answer = caller.post_json(TOKEN, &good());
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text("token_type"), "Bearer");
    assert_eq!(answer.json()["expires_in"], 3600);
    let token = answer.text("access_token");

    caller.sandbox.advance(Duration::from_secs(3540));
    let bookings = caller.get_with(BOOKINGS, &token);
    assert_eq!(bookings.status, 200);
    assert_eq!(bookings.json().as_array().map(Vec::len), Some(2));

    caller.sandbox.advance(Duration::from_secs(60));
    let late = caller.get_with(BOOKINGS, &token);
    assert_refused(&late, 401, "invalid_token");
    let challenge = late.header("www-authenticate");
    assert_eq!(challenge, r#"Bearer error="invalid_token""#);
    assert_refused(&caller.get(BOOKINGS), 401, "invalid_token");
}

#[test]
fn the_token_has_the_size_and_the_odd_claims_of_the_real_ones() {
    let caller = Caller::start();
    for _ in 0..20 {
        let token = caller.post_json(TOKEN, &good()).text("access_token");
        assert_eq!(token.len(), 1228);

        let parts: Vec<Value> = token
            .split('.')
            .take(2)
            .map(|part| Base64UrlUnpadded::decode_vec(part).unwrap())
            .map(|part| serde_json::from_slice(&part).unwrap())
            .collect();
        assert_eq!(parts[0], json!({"typ": "JWT", "alg": "RS256"}));

        let claims = &parts[1];
        for time in ["iat", "nbf", "exp"] {
            let seconds = claims[time].as_f64().unwrap();
            assert!(seconds.fract() > 0.0, "{time} is {seconds}");
        }
        let lifetime = claims["exp"].as_f64().unwrap() - claims["iat"].as_f64().unwrap();
        assert!((lifetime - 3600.0).abs() < 0.001);
        assert_eq!(claims["sub"], "");
        let scopes = json!(["bookings:create", "bookings:delete"]);
        assert_eq!(claims["scopes"], scopes);
        for id in ["user_id", "partner_id", "aud", "jti"] {
            assert!(claims[id].is_string(), "{id}");
        }
        assert!(claims["is_test"].is_boolean());
    }
}

#[test]
fn each_of_the_two_json_headers_is_needed() {
    let caller = Caller::start();
    let url = caller.sandbox.url(TOKEN);
    let json = "application/json";
    for (content_type, accept) in [("text/plain", json), (json, "text/html"), (json, "*/*")] {
        let request = caller.agent.post(&url);
        let request = request.header(CONTENT_TYPE, content_type);
        let request = request.header(ACCEPT, accept);
        let answer = Reply::of(request.send(good().to_string()));
        assert_refused(&answer, 400, "invalid_request");
    }
}

#[test]
fn a_form_is_an_invalid_request() {
    let caller = Caller::start();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", COVER_GENIUS.client_id),
        ("client_secret", COVER_GENIUS.client_secret),
    ];
    let answer = caller.post_form(TOKEN, &form);
    assert_refused(&answer, 400, "invalid_request");
}

#[test]
fn each_fault_has_its_code() {
    let caller = Caller::start();
    let with = |field: &str, value: Value| {
        let mut body = good();
        body[field] = value;
        caller.post_json(TOKEN, &body)
    };
    assert_refused(&with("client_id", json!(17)), 400, "invalid_request");
    assert_refused(&with("client_secret", Value::Null), 400, "invalid_request");
    let password = with("grant_type", json!("password"));
    assert_refused(&password, 400, "unsupported_grant_type");
    assert_refused(&with("client_id", json!("x")), 401, "invalid_client");
    assert_refused(&with("client_secret", json!("x")), 401, "invalid_client");
    let list = caller.post_json(TOKEN, &json!([1, 2]));
    assert_refused(&list, 400, "invalid_request");
}
