//! `FlowAccount`: codes, rotation, environments.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use grantflow_tests::sandbox::credentials::{BUSINESSES, FLOW_ACCOUNT, REDIRECT_URI};
use sha2::{Digest, Sha256};

use crate::caller::{Caller, Reply, code};

const COFFEE: &str = BUSINESSES[0].support_code;
const FRUIT: &str = BUSINESSES[1].support_code;
const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

fn assert_refused(reply: &Reply, error: &str) {
    assert_eq!(reply.status, 400);
    assert_eq!(reply.body, format!("{{\"error\":\"{error}\"}}"));
}

/// A user has logged in and connected this business.
fn connected(support_code: &str) -> (Caller, String) {
    let caller = Caller::start();
    let callback = caller.connect(&[], support_code).expect("the user comes back");
    (caller, code(&callback))
}

#[test]
fn a_code_brings_the_tokens_of_the_chosen_business() {
    let (caller, code) = connected(FRUIT);
    let answer = caller.exchange(&code);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text("token_type"), "bearer");
    assert_eq!(answer.text("supportCode"), FRUIT);
    assert_eq!(answer.json()["expires_in"], 3600);
    assert!(!answer.text("refresh_token").is_empty());

    let info = caller.get_with("/test/company/info", &answer.text("access_token"));
    assert_eq!(info.status, 200);
    assert_eq!(info.text("supportCode"), FRUIT);
    assert_eq!(info.text("name"), BUSINESSES[1].name);
    assert_eq!(info.text("thaiName"), BUSINESSES[1].thai_name);
}

#[test]
fn an_access_token_dies_after_an_hour() {
    let (caller, code) = connected(COFFEE);
    let token = caller.exchange(&code).text("access_token");
    caller.sandbox.advance(Duration::from_secs(59 * MINUTE));
    assert_eq!(caller.get_with("/test/company/info", &token).status, 200);
    caller.sandbox.advance(Duration::from_secs(MINUTE));
    let late = caller.get_with("/test/company/info", &token);
    assert_eq!((late.status, late.text("error").as_str()), (401, "invalid_token"));
    assert_eq!(caller.get("/test/company/info").status, 401);
}

#[test]
fn two_businesses_of_one_user_have_tokens_of_their_own() {
    let (caller, first) = connected(COFFEE);
    let second = code(&caller.connect(&[], FRUIT).unwrap());
    for (code, business) in [(first, COFFEE), (second, FRUIT)] {
        let answer = caller.exchange(&code);
        let refreshed = caller.refresh(&answer.text("refresh_token"));
        assert_eq!(answer.text("supportCode"), business);
        assert_eq!(refreshed.text("supportCode"), business);
    }
}

#[test]
fn a_code_works_once() {
    let (caller, code) = connected(COFFEE);
    assert_eq!(caller.exchange(&code).status, 200);
    assert_refused(&caller.exchange(&code), "invalid_grant");
}

#[test]
fn a_code_that_comes_twice_ends_what_the_first_use_started() {
    let (caller, first) = connected(COFFEE);
    let second = code(&caller.connect(&[], COFFEE).unwrap());
    let stolen = caller.exchange(&first);
    let refreshed = caller.refresh(&stolen.text("refresh_token"));
    let other = caller.exchange(&second);

    assert_refused(&caller.exchange(&first), "invalid_grant");
    for dead in [&stolen, &refreshed] {
        let token = dead.text("access_token");
        assert_eq!(caller.get_with("/test/company/info", &token).status, 401);
    }
    let answer = caller.refresh(&refreshed.text("refresh_token"));
    assert_refused(&answer, "invalid_grant");
    assert_eq!(caller.refresh(&other.text("refresh_token")).status, 200);
}

#[test]
fn a_code_dies_after_150_minutes() {
    let (caller, early) = connected(COFFEE);
    let late = code(&caller.connect(&[], COFFEE).unwrap());
    caller.sandbox.advance(Duration::from_secs(149 * MINUTE));
    assert_eq!(caller.exchange(&early).status, 200);
    caller.sandbox.advance(Duration::from_secs(MINUTE));
    assert_refused(&caller.exchange(&late), "invalid_grant");
}

#[test]
fn the_redirect_uri_of_the_exchange_must_be_identical() {
    let (caller, code) = connected(COFFEE);
    // Registered as well, but not the one that received the callback (F6).
    let exchange = |redirect_uri| {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri),
        ];
        caller.token("test", &form)
    };
    assert_refused(&exchange("https://localhost:3000"), "invalid_grant");
    assert_refused(&exchange(""), "invalid_request");
    assert_eq!(exchange(REDIRECT_URI).status, 200);
}

#[test]
fn who_sends_a_challenge_has_to_bring_its_verifier() {
    let caller = Caller::start();
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(verifier));
    let changes = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    let with = code(&caller.connect(&changes, COFFEE).unwrap());
    let without = code(&caller.connect(&[], COFFEE).unwrap());
    let exchange = |code: &str, verifier: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", verifier),
        ];
        caller.token("test", &form)
    };
    assert_refused(&exchange(&with, ""), "invalid_grant");
    assert_refused(&exchange(&with, &challenge), "invalid_grant");
    assert_eq!(exchange(&with, verifier).status, 200);
    assert_refused(&exchange(&without, verifier), "invalid_grant");
}

#[test]
fn an_old_refresh_token_is_dead_after_rotation() {
    let (caller, code) = connected(COFFEE);
    let old = caller.exchange(&code).text("refresh_token");
    let answer = caller.refresh(&old);
    assert_eq!(answer.status, 200);
    let new = answer.text("refresh_token");
    assert_ne!(old, new);

    assert_refused(&caller.refresh(&old), "invalid_grant");
    // The partner's page says no more than that: the new one lives on.
    assert_eq!(caller.refresh(&new).status, 200);
}

#[test]
fn a_refresh_token_lives_one_day_from_the_last_request_for_an_access_token() {
    let (caller, code) = connected(COFFEE);
    let mut latest = caller.exchange(&code).text("refresh_token");
    for _ in 0..3 {
        caller.sandbox.advance(Duration::from_secs(DAY - MINUTE));
        latest = caller.refresh(&latest).text("refresh_token");
    }
    caller.sandbox.advance(Duration::from_secs(DAY));
    assert_refused(&caller.refresh(&latest), "invalid_grant");
    assert_refused(&caller.refresh("unknown"), "invalid_grant");
}

#[test]
fn without_offline_access_the_access_token_comes_alone() {
    let caller = Caller::start();
    let callback = caller.connect(&[("scope", "flowaccount-api")], COFFEE);
    let answer = caller.exchange(&code(&callback.unwrap()));
    assert_eq!(answer.status, 200);
    assert!(answer.json().get("refresh_token").is_none());
}

#[test]
fn nothing_of_one_environment_works_in_the_other() {
    let (caller, code) = connected(COFFEE);
    let answer = caller.exchange(&code);
    let (token, refresh) = (answer.text("access_token"), answer.text("refresh_token"));

    assert_eq!(caller.get_with("/v1/company/info", &token).status, 401);
    let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh)];
    assert_refused(&caller.token("v1", &form), "invalid_grant");
    // And the attempt did no harm.
    assert_eq!(caller.refresh(&refresh).status, 200);
}

#[test]
fn an_application_gets_a_token_without_a_user() {
    let caller = Caller::start();
    let form = [("grant_type", "client_credentials"), ("scope", "flowaccount-api")];
    let answer = caller.token("v1", &form);
    assert_eq!(answer.status, 200);
    assert!(answer.json().get("refresh_token").is_none());
    let token = answer.text("access_token");
    assert_eq!(caller.get_with("/v1/company/info", &token).status, 200);

    let offline = [form[0], ("scope", "flowaccount-api offline_access")];
    assert_refused(&caller.token("v1", &offline), "invalid_scope");
    assert_refused(&caller.token("v1", &form[..1]), "invalid_scope");
}

#[test]
fn each_fault_of_a_token_request_has_its_code() {
    let caller = Caller::start();
    let unknown = [("grant_type", "password")];
    assert_refused(&caller.token("test", &unknown), "unsupported_grant_type");
    assert_refused(&caller.token("test", &[]), "invalid_request");
    let no_token = [("grant_type", "refresh_token")];
    assert_refused(&caller.token("test", &no_token), "invalid_request");
    let wrong = [("client_id", FLOW_ACCOUNT.client_id), ("client_secret", "wrong")];
    assert_refused(&caller.post_form("/test/token", &wrong), "invalid_client");
    let twice = [
        ("grant_type", "client_credentials"),
        ("scope", "flowaccount-api"),
        ("resource", "a"),
        ("resource", "b"),
    ];
    assert_refused(&caller.token("test", &twice), "invalid_request");
    let json = serde_json::json!({"grant_type": "refresh_token"});
    assert_refused(&caller.post_json("/test/token", &json), "invalid_request");
}
