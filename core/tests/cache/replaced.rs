//! Credentials and sessions that are replaced while a program runs.

use grantflow::{Dialect, Exchange, Lookup, Scope, TokenCache};

use crate::scenario::{
    SUSPENDED, answer, at, client_of, empty, holding, ready, refused, renew, requesting, resumed,
    rotated, seconds, send, session, stored, token, unavailable,
};

#[test]
fn the_old_credentials_token_is_dropped_at_once() {
    let mut cache = holding(3600);
    let other = client_of("app", "other-s3cr3t", Dialect::default());
    cache.replace(other.client_credentials(Scope::default()).unwrap());
    let ticket = send(cache.get(at(1)));
    let header = ticket.request().headers()["authorization"].clone();
    assert_eq!(header, "Basic YXBwOm90aGVyLXMzY3IzdA==");
}

#[test]
fn who_asks_is_the_new_client() {
    let mut cache = empty();
    let other = client_of("other", "s3cr3t", Dialect::default());
    cache.replace(other.client_credentials(Scope::default()).unwrap());
    assert_eq!(cache.client().client_id(), "other");
}

#[test]
fn what_is_in_flight_for_the_old_credentials_is_dropped_too() {
    let mut cache = empty();
    let old = send(cache.get(at(0)));
    cache.replace(requesting());
    let new = send(cache.get(at(1)));
    cache.complete(token(old, "at-1", 3600, at(0)), at(1));
    assert!(matches!(cache.get(at(1)), Lookup::Wait(_)));
    cache.complete(token(new, "at-2", 3600, at(1)), at(1));
    assert_eq!(ready(cache.get(at(1))), "at-2");
}

#[test]
fn a_no_to_the_old_credentials_says_nothing_about_the_new_ones() {
    let mut cache = empty();
    let old = send(cache.get(at(0)));
    cache.replace(requesting());
    cache.complete(answer(old, 401, SUSPENDED, at(0)), at(1));
    let _ = send(cache.get(at(1)));
}

#[test]
fn the_old_credentials_pauses_are_forgotten() {
    let mut cache = empty();
    for now in [0, 100, 10_000] {
        let ticket = send(cache.get(at(now)));
        cache.complete(answer(ticket, 401, SUSPENDED, at(now)), at(now));
    }
    let _ = refused(cache.get(at(10_001)));
    cache.replace(requesting());
    let ticket = send(cache.get(at(10_001)));
    cache.complete(answer(ticket, 401, SUSPENDED, at(10_001)), at(10_001));
    let retry_at = refused(cache.get(at(10_001))).retry_at().unwrap();
    assert!(retry_at.elapsed_since(at(10_001)).unwrap() <= seconds(45));
}

#[test]
fn the_old_credentials_rejections_and_losses_are_forgotten() {
    let mut cache = holding(3600);
    let rejected = |cache: &mut TokenCache| {
        let Lookup::Ready(tokens) = cache.get(at(0)) else { panic!("there is a token") };
        cache.reject(tokens.access_token(), at(0));
    };
    rejected(&mut cache);
    for text in ["at-2", "at-3"] {
        let ticket = send(cache.get(at(0)));
        cache.complete(token(ticket, text, 3600, at(0)), at(0));
        rejected(&mut cache);
    }
    let lost = send(cache.get(at(0)));
    cache.abandon(lost.id(), true, at(0));
    cache.replace(requesting());
    let lost = send(cache.get(at(0)));
    cache.abandon(lost.id(), true, at(0));
    let ticket = send(cache.get(at(0)));
    cache.complete(token(ticket, "at-2", 3600, at(0)), at(0));
    rejected(&mut cache);
    let _ = send(cache.get(at(0)));
}

#[test]
fn who_waited_for_the_old_credentials_goes_on_with_the_new_ones() {
    let mut cache = empty();
    let old = send(cache.get(at(0)));
    let waiting = old.waiting();
    cache.replace(requesting());
    let new = send(cache.get_after(&waiting, at(1)));
    cache.complete(unavailable(new, None, at(1)), at(1));
    let _ = refused(cache.get_after(&waiting, at(1)));
}

#[test]
fn a_new_login_starts_the_session_again() {
    let mut cache = session(100);
    let ticket = send(cache.get(at(100)));
    cache.complete(answer(ticket, 400, r#"{"error":"invalid_grant"}"#, at(100)), at(100));
    let _ = refused(cache.get(at(100_000)));
    cache.replace(resumed(3600));
    assert_eq!(ready(cache.get(at(101))), "at-0");
    assert_eq!(stored(&cache).as_deref(), Some("rt-0"));
}

#[test]
fn what_the_old_session_still_brings_does_not_touch_the_new_one() {
    let mut cache = session(100);
    let old = renew(cache.get(at(96)));
    cache.replace(resumed(3600));
    cache.complete(rotated(old, "at-old", "rt-old", at(96)), at(97));
    assert_eq!(ready(cache.get(at(97))), "at-0");
    assert_eq!(stored(&cache).as_deref(), Some("rt-0"));
}

#[test]
fn what_is_set_stays_set() {
    let mut cache = empty().with_lease(seconds(20)).with_margin(seconds(600));
    cache.replace(requesting());
    let ticket = send(cache.get(at(0)));
    assert_eq!(ticket.waiting().time_left(at(0)), seconds(20));
    cache.complete(token(ticket, "at-1", 3600, at(0)), at(0));
    assert_eq!(ready(cache.get(at(2999))), "at-1");
    let _ = renew(cache.get(at(3301)));
}

#[test]
fn the_margin_that_is_set_counts_for_a_new_sessions_first_token() {
    let mut cache = session(3600).with_margin(seconds(600));
    cache.replace(resumed(3600));
    let _ = renew(cache.get(at(3301)));
}

#[test]
fn the_settings_of_a_cache_that_is_given_are_not_taken_over() {
    let mut cache = empty().with_lease(seconds(20)).with_margin(seconds(600));
    cache.replace(empty().with_lease(seconds(40)).with_margin(seconds(10)));
    let ticket = send(cache.get(at(0)));
    assert_eq!(ticket.waiting().time_left(at(0)), seconds(20));
    cache.complete(token(ticket, "at-1", 3600, at(0)), at(0));
    let _ = renew(cache.get(at(3301)));
}

#[test]
fn the_seed_stays_when_a_session_is_replaced() {
    let renewal = |seed| {
        let mut cache = session(1).with_seed(seed);
        cache.replace(session(3600));
        (3570..=3585).find(|second| matches!(cache.get(at(*second)), Lookup::Renew(..))).unwrap()
    };
    let first = renewal(0);
    assert!((1..50).any(|seed| renewal(seed) != first));
}

#[test]
fn the_tickets_of_a_cache_that_is_given_are_not_this_ones() {
    let (mut cache, mut other) = (empty(), empty());
    let foreign = send(other.get(at(0)));
    cache.replace(other);
    let own = send(cache.get(at(0)));
    cache.complete(token(foreign, "at-other", 3600, at(0)), at(1));
    assert!(matches!(cache.get(at(1)), Lookup::Wait(_)));
    cache.complete(token(own, "at-1", 3600, at(0)), at(1));
    assert_eq!(ready(cache.get(at(1))), "at-1");
}
