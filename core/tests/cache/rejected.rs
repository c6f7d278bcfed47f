//! Tokens that an API does not take.

use grantflow::{AccessToken, Lookup, TokenCache};

use crate::scenario::{
    at, at_millis, by_both, empty, holding, ready, renew, send, session, stored, token, unavailable,
};

fn access_token(text: &str) -> AccessToken {
    AccessToken::new(text).unwrap()
}

fn fetch(cache: &mut TokenCache, text: &str, second: u64) {
    let ticket = send(cache.get(at(second)));
    cache.complete(token(ticket, text, 3600, at(second)), at(second));
}

/// Three in a row, all at 0 s.
fn reject_three(cache: &mut TokenCache) {
    for text in ["free-1", "free-2", "free-3"] {
        fetch(cache, text, 0);
        cache.reject(&access_token(text), at(0));
    }
}

#[test]
fn the_first_three_rejections_in_a_row_are_free_and_the_fourth_is_not() {
    let mut cache = empty();
    reject_three(&mut cache);
    fetch(&mut cache, "at-4", 0);
    assert!(!cache.reject(&access_token("at-4"), at_millis(999)));
    assert_eq!(ready(cache.get(at_millis(999))), "at-4");
    assert!(cache.reject(&access_token("at-4"), at(1)));
    let _ = send(cache.get(at(1)));
}

#[test]
fn a_rejected_token_is_not_handed_out_again() {
    let mut cache = holding(3600);
    cache.reject(&access_token("at-1"), at(1));
    let ticket = send(cache.get(at(1)));
    assert!(matches!(cache.get(at(1)), Lookup::Wait(_)));
    cache.complete(token(ticket, "at-2", 3600, at(1)), at(1));
    assert_eq!(ready(cache.get(at(1))), "at-2");
}

#[test]
fn a_thousand_late_401s_for_an_old_token_leave_the_new_one_alone() {
    let mut cache = holding(3600);
    cache.reject(&access_token("at-1"), at(1));
    fetch(&mut cache, "at-2", 1);
    for second in 1..1000 {
        assert!(!cache.reject(&access_token("at-1"), at(second)));
        assert_eq!(ready(cache.get(at(second))), "at-2");
    }
}

#[test]
fn in_the_margin_a_rejected_token_is_not_handed_out_either() {
    let mut cache = holding(100);
    let ticket = renew(cache.get(at(96)));
    cache.reject(&access_token("at-1"), at(97));
    assert!(matches!(cache.get(at(97)), Lookup::Wait(_)));
    cache.complete(unavailable(ticket, None, at(96)), at(98));
    assert!(matches!(cache.get(at(98)), Lookup::Refused(_)));
}

#[test]
fn a_ticket_from_before_the_rejection_brings_a_new_token() {
    let mut cache = holding(100);
    let ticket = renew(cache.get(at(96)));
    cache.reject(&access_token("at-1"), at(97));
    cache.complete(token(ticket, "at-2", 100, at(96)), at(98));
    assert_eq!(ready(cache.get(at(98))), "at-2");
}

#[test]
fn rejections_in_a_row_are_slowed_down_to_one_a_minute() {
    let mut cache = empty();
    let mut now = 0;
    reject_three(&mut cache);
    for (n, least) in [1, 2, 4, 8, 16, 32, 60, 60, 60].into_iter().enumerate() {
        let text = format!("at-{}", n + 1);
        fetch(&mut cache, &text, now);
        let young = at_millis((now + least) * 1000 - 1);
        cache.reject(&access_token(&text), young);
        assert_eq!(ready(cache.get(young)), text, "after {least} s");
        now += least;
        cache.reject(&access_token(&text), at(now));
    }
    let _ = send(cache.get(at(now)));
}

#[test]
fn an_api_that_refuses_every_token_for_an_hour_costs_few_requests() {
    let mut cache = empty();
    let mut requests = 0;
    for second in 0..3600 {
        let text = match cache.get(at(second)) {
            Lookup::Send(ticket) => {
                requests += 1;
                let text = format!("at-{second}");
                cache.complete(token(ticket, &text, 3600, at(second)), at(second));
                text
            }
            other => ready(other),
        };
        cache.reject(&access_token(&text), at(second));
    }
    println!("an API that refuses every token for an hour: {requests} requests");
    assert!((50..=70).contains(&requests), "{requests}");
}

#[test]
fn rejections_are_forgiven_after_a_token_that_lived_to_its_margin() {
    for last in [96, 100] {
        let mut cache = empty();
        reject_three(&mut cache);
        let ticket = send(cache.get(at(0)));
        cache.complete(token(ticket, "at-2", 100, at(0)), at(0));
        let ticket = match cache.get(at(last)) {
            Lookup::Renew(_, ticket) | Lookup::Send(ticket) => ticket,
            other => panic!("{other:?}"),
        };
        cache.complete(token(ticket, "at-3", 3600, at(last)), at(last));
        cache.reject(&access_token("at-3"), at(last));
        let _ = send(cache.get(at(last)));
    }
}

#[test]
fn a_token_that_was_rejected_is_not_one_that_lived_to_its_end() {
    let mut cache = session(3600);
    cache.reject(&access_token("at-0"), at(0));
    for text in ["at-1", "at-2"] {
        fetch(&mut cache, text, 0);
        cache.reject(&access_token(text), at(0));
    }
    fetch(&mut cache, "at-3", 0);
    cache.reject(&access_token("at-3"), at(0));
    // Too young to be replaced again.
    assert_eq!(ready(cache.get(at(0))), "at-3");
}

#[test]
fn where_the_clock_ran_backwards_a_rejected_token_is_dropped_whatever_its_age() {
    let mut cache = empty();
    let ticket = send(cache.get(by_both(100, 0)));
    cache.complete(token(ticket, "at-1", 3600, by_both(100, 0)), by_both(100, 0));
    cache.reject(&access_token("at-1"), by_both(50, 1));
    let _ = send(cache.get(by_both(101, 2)));
}

#[test]
fn a_session_keeps_the_record_of_a_rejected_token() {
    let mut cache = session(3600);
    cache.reject(&access_token("at-0"), at(1));
    assert_eq!(stored(&cache).as_deref(), Some("rt-0"));
    let _ = send(cache.get(at(1)));
}

#[test]
fn the_same_token_once_more_from_the_server_is_used_like_any_other() {
    let mut cache = empty();
    for _ in 0..3 {
        fetch(&mut cache, "at-1", 1);
        cache.reject(&access_token("at-1"), at(1));
    }
    fetch(&mut cache, "at-1", 1);
    assert_eq!(ready(cache.get(at(1))), "at-1");
    cache.reject(&access_token("at-1"), at(1));
    assert_eq!(ready(cache.get(at(1))), "at-1");
    cache.reject(&access_token("at-1"), at(2));
    let _ = send(cache.get(at(2)));
}

#[test]
fn many_401s_for_one_token_of_a_session_are_one_rejection() {
    let mut cache = session(3600);
    for _ in 0..10 {
        cache.reject(&access_token("at-0"), at(0));
    }
    for text in ["at-1", "at-2"] {
        fetch(&mut cache, text, 0);
        cache.reject(&access_token(text), at(0));
    }
    let _ = send(cache.get(at(0)));
}
