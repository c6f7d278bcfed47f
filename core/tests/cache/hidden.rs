//! Nothing of a cache shows a secret.

use std::fmt::{Debug, Write};

use grantflow::{
    Exchange, Failed, SharedTokenCache, TokenCache, TokenKey, TransportError, TransportErrorKind,
};

use crate::scenario::{
    answer, at, client, empty, reading, refused, renew, requesting, rotated, send, session,
    unanswered,
};

const SECRETS: &[&str] = &["s3cr3t", "YXBwOnMzY3IzdC1z", "at-mark", "rt-mark", "rt-0", "at-0"];

/// It hides its secrets, and says what it is.
fn hides(value: &dyn Debug) {
    let printed = format!("{value:?} {value:#?}");
    for secret in SECRETS {
        assert!(!printed.contains(secret), "{secret} shows in {printed}");
    }
    assert_ne!(printed, " ", "it prints nothing");
    for gap in [": ,", ": }", "()", "(, ", "[, ", ", )"] {
        assert!(!printed.contains(gap), "a part prints nothing: {printed}");
    }
}

fn error_hides(error: &(dyn std::error::Error + 'static)) {
    let mut printed = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        write!(printed, "{error} {error:?} {error:#?}").unwrap();
        next = error.source();
    }
    for secret in SECRETS {
        assert!(!printed.contains(secret), "{secret} shows in {printed}");
    }
}

#[test]
fn no_state_of_a_cache_shows_a_secret() {
    let secret_parameter = requesting().parameter("tenant_key", "at-mark").unwrap();
    hides(&TokenKey::of_request("at-mark", &secret_parameter));
    hides(&TokenKey::of_session("at-mark", &client()));
    for mut cache in [TokenCache::from(secret_parameter), session(1), empty()] {
        hides(&cache);
        let lookup = cache.get(at(100));
        hides(&lookup);
        hides(&cache);
        let ticket = send(lookup);
        hides(&ticket);
        hides(&ticket.waiting());
        hides(&ticket.wire_request());
        hides(&cache.get(at(101)));
        let outcome = rotated(ticket, "at-mark", "rt-mark", at(101));
        hides(&outcome);
        cache.complete(outcome, at(101));
        hides(&cache);
        hides(&cache.get(at(102)));
        hides(&cache.record());
        hides(&cache.get(at(3690)));
        let shared = SharedTokenCache::new(cache);
        hides(&shared);
        hides(&shared.fresh(|| reading(102, 102)));
    }
}

#[test]
fn no_refusal_shows_a_secret() {
    for body in [
        r#"{"error":"invalid_grant","error_description":"no rt-mark-01 for s3cr3t-s3cr3t"}"#,
        r#"{"error":"invalid_client","error_description":"Basic YXBwOnMzY3IzdC1zM2NyM3Q="}"#,
    ] {
        let mut cache = session(1);
        let ticket = send(cache.get(at(100)));
        cache.complete(rotated(ticket, "at-mark", "rt-mark-01", at(100)), at(100));
        let ticket = send(cache.get(at(5000)));
        let outcome = answer(ticket, 400, body, at(5000));
        hides(&outcome);
        cache.complete(outcome, at(5000));
        let error = refused(cache.get(at(5000)));
        assert!(error.to_string().contains("[redacted]"), "{error}");
        error_hides(&error);
        hides(&cache);
        hides(&cache.get(at(5000)));
    }
}

#[test]
fn no_failure_on_the_way_shows_a_secret() {
    let mut cache = session(100);
    let ticket = renew(cache.get(at(96)));
    let outcome = unanswered(ticket, TransportErrorKind::Timeout);
    hides(&outcome);
    cache.complete(outcome, at(96));
    let ticket = send(cache.get(at(200)));
    let error = TransportError::new(TransportErrorKind::Timeout, "no answer");
    cache.complete(Err(Failed::unanswered(ticket, error)), at(200));
    error_hides(&refused(cache.get(at(200))));
    hides(&cache);
}
