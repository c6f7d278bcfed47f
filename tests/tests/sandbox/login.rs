//! `FlowAccount`: the user's way through login and choice of business, and back.

use grantflow_tests::browser::BrowserError;
use grantflow_tests::sandbox::Endpoint;
use grantflow_tests::sandbox::credentials::{
    BUSINESSES, PASSWORD, REDIRECT_URI, REDIRECT_URIS, USERNAME,
};

use crate::caller::{Caller, parameter};

const COFFEE: &str = BUSINESSES[0].support_code;

/// What ties the form of this page to its login.
fn ticket(page: &str) -> &str {
    let rest = page.split_once("name=\"ticket\" value=\"");
    let value = rest.and_then(|(_, rest)| rest.split_once('"'));
    value.expect("the form has a ticket").0
}

#[test]
fn the_user_comes_back_with_code_scope_and_state() {
    let caller = Caller::start();
    let callback = caller.connect(&[], COFFEE).unwrap();

    assert!(callback.starts_with("https://localhost:3000/callback?code="));
    let scope = parameter(&callback, "scope");
    assert_eq!(scope.as_deref(), Some("flowaccount-api offline_access"));
    let state = parameter(&callback, "state");
    assert_eq!(state.as_deref(), Some("af0ifjs ldkj"));
    assert_eq!(caller.sandbox.requests(Endpoint::FlowAccountAuthorize), 1);
}

#[test]
fn whatever_the_state_is_made_of_it_comes_back_as_it_was() {
    let caller = Caller::start();
    let sent = "a&b=c \"'<script>+%2B#?/\\\u{e44}\u{e17}\u{e22}";
    let callback = caller.connect(&[("state", sent)], COFFEE).unwrap();
    assert_eq!(parameter(&callback, "state").as_deref(), Some(sent));
}

#[test]
fn no_state_comes_back_where_none_was_sent() {
    let caller = Caller::start();
    let callback = caller.connect(&[("state", "")], COFFEE).unwrap();
    assert!(parameter(&callback, "code").is_some());
    assert_eq!(parameter(&callback, "state"), None);
}

#[test]
fn every_registered_redirect_uri_is_good() {
    let caller = Caller::start();
    for uri in REDIRECT_URIS {
        let callback = caller.connect(&[("redirect_uri", uri)], COFFEE).unwrap();
        assert!(callback.starts_with(&format!("{uri}?code=")));
    }
}

#[test]
fn a_refusal_comes_back_as_access_denied() {
    let caller = Caller::start();
    let url = caller.login_url(&[]);
    let callback = caller.browser.refuse(&url, USERNAME, PASSWORD).unwrap();
    assert_eq!(callback, "https://localhost:3000/callback?error=access_denied&state=af0ifjs+ldkj");
}

#[test]
fn an_unknown_client_or_redirect_uri_ends_on_a_page() {
    let caller = Caller::start();
    for change in [
        ("client_id", "somebody-else"),
        ("client_id", ""),
        ("redirect_uri", ""),
        // The slip of the partner's own example (F3).
        ("redirect_uri", "https:\\\\localhost:3000"),
        ("redirect_uri", "https://localhost:3000/"),
        ("redirect_uri", "https://LOCALHOST:3000"),
        ("redirect_uri", "https://localhost:3000/callback?x=1"),
        ("redirect_uri", "https://localhost:3000/callback/../callback"),
        ("redirect_uri", "https://localhost:3000.example.com"),
    ] {
        let error = caller.connect(&[change], COFFEE).unwrap_err();
        let is_page = matches!(error, BrowserError::Fault { status: 400, .. });
        assert!(is_page, "{change:?}: {error}");
    }
}

#[test]
fn a_second_redirect_uri_ends_on_a_page_even_where_it_is_the_same() {
    let caller = Caller::start();
    let url = caller.login_url(&[("redirect_uri", REDIRECT_URI), ("redirect_uri", REDIRECT_URI)]);
    let error = caller.browser.refuse(&url, USERNAME, PASSWORD).unwrap_err();
    assert!(matches!(error, BrowserError::Fault { status: 400, .. }));
}

#[test]
fn every_other_fault_goes_back_to_the_application() {
    let caller = Caller::start();
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    for (changes, error) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "offline_access")], "invalid_scope"),
        (&[("scope", "flowaccount-api everything")], "invalid_scope"),
        (&[("code_challenge", challenge)], "invalid_request"),
        (&[("code_challenge", challenge), ("code_challenge_method", "plain")], "invalid_request"),
        (&[("nonce", "1"), ("nonce", "2")], "invalid_request"),
    ] {
        let callback = caller.connect(changes, COFFEE).unwrap();
        let expected = format!("{REDIRECT_URI}?error={error}&state=af0ifjs+ldkj");
        assert_eq!(callback, expected, "{changes:?}");
    }
}

#[test]
fn a_wrong_password_keeps_the_user_at_the_login() {
    let caller = Caller::start();
    let url = caller.login_url(&[]);
    let error = caller.browser.log_in(&url, USERNAME, "wrong", COFFEE);
    let Err(BrowserError::Fault { status: 401, text }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(text, "The user name or the password is wrong.");
}

#[test]
fn nobody_connects_a_business_that_is_not_theirs() {
    let caller = Caller::start();
    let error = caller.connect(&[], "FA999999").unwrap_err();
    assert!(matches!(error, BrowserError::NoSuchChoice { .. }));
}

#[test]
fn the_choice_of_business_cannot_be_reached_around_the_login() {
    let caller = Caller::start();
    let url = caller.login_url(&[]);
    let page = caller.get(url.trim_start_matches(&caller.sandbox.url("")));
    let form = [("ticket", ticket(&page.body)), ("supportCode", COFFEE), ("decision", "connect")];
    assert_eq!(caller.post_form("/connect/business", &form).status, 400);
}

#[test]
fn a_login_form_can_be_sent_once() {
    let caller = Caller::start();
    let url = caller.login_url(&[]);
    let page = caller.get(url.trim_start_matches(&caller.sandbox.url("")));
    let form = [("ticket", ticket(&page.body)), ("username", USERNAME), ("password", PASSWORD)];
    assert_eq!(caller.post_form("/connect/login", &form).status, 200);
    assert_eq!(caller.post_form("/connect/login", &form).status, 400);
}

#[test]
fn the_pages_are_not_cached_and_not_framed_and_run_nothing() {
    let caller = Caller::start();
    let url = caller.login_url(&[]);
    let page = caller.get(url.trim_start_matches(&caller.sandbox.url("")));
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
}
