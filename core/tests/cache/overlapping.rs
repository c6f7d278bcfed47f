//! Sessions with two tickets out at a time: no refresh token is lost, and none is risked thrice.

use grantflow::TransportErrorKind::{Connect, Timeout};
use grantflow::flow::Requesting;
use grantflow::{Advice, Flow, Scope, SharedTokenCache, Ticket, TokenCache};

use crate::scenario::{
    answer, at, client, refresh_token_of, refused, rotated, send, session, stored, token,
    unanswered, unavailable,
};

const DEAD: &str = r#"{"error":"invalid_grant"}"#;

fn unreadable(refresh: &str) -> String {
    format!(
        r#"{{"access_token":"at-1","token_type":"Bearer","expires_in":-1,
            "refresh_token":"{refresh}"}}"#
    )
}

/// Both send `rt-0`: at 100 s, and at 160 s, when the first one's lease is over.
fn two_refreshes(cache: &mut TokenCache) -> (Ticket, Ticket) {
    (send(cache.get(at(100))), send(cache.get(at(160))))
}

#[test]
fn a_loss_is_counted_once_whether_by_its_lease_or_by_its_error() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(unanswered(late, Timeout), at(161));
    cache.complete(unanswered(taken_over, Connect), at(162));
    // It was lost once, so there is a second try.
    let ticket = send(cache.get(at(1000)));
    assert_eq!(refresh_token_of(&ticket), "rt-0");
    cache.complete(unanswered(ticket, Timeout), at(1000));
    assert_eq!(refused(cache.get(at(10_000))).advice(), Advice::Reauthorize);
}

#[test]
fn a_loss_is_counted_once_where_an_abandoned_ticket_comes_back_after_all() {
    let mut cache = session(100);
    let ticket = send(cache.get(at(100)));
    cache.abandon(ticket.id(), true, at(101));
    cache.complete(unanswered(ticket, Timeout), at(102));
    assert_eq!(refresh_token_of(&send(cache.get(at(1000)))), "rt-0");
}

#[test]
fn a_timeout_when_the_lease_is_over_and_nobody_came_counts_once() {
    let mut cache = session(100);
    let ticket = send(cache.get(at(100)));
    cache.complete(unanswered(ticket, Timeout), at(900));
    assert_eq!(refresh_token_of(&send(cache.get(at(1000)))), "rt-0");
}

#[test]
fn a_refresh_token_that_was_kept_does_not_replace_the_one_of_an_unreadable_answer() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(answer(late, 200, &unreadable("rt-1"), at(100)), at(161));
    cache.complete(token(taken_over, "at-2", 3600, at(160)), at(162));
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
}

#[test]
fn a_refusal_of_the_older_refresh_token_does_not_end_the_session_of_the_newer_one() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(rotated(late, "at-1", "rt-1", at(100)), at(161));
    cache.complete(answer(taken_over, 400, DEAD, at(160)), at(162));
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
}

#[test]
fn the_newest_of_two_new_refresh_tokens_stays_in_either_order() {
    for order in [[1, 2], [2, 1]] {
        let mut cache = session(100);
        let (late, taken_over) = two_refreshes(&mut cache);
        let mut tickets = [Some(late), Some(taken_over)];
        for n in order {
            let ticket = tickets[n - 1].take().unwrap();
            let (text, refresh) = (format!("at-{n}"), format!("rt-{n}"));
            cache.complete(rotated(ticket, &text, &refresh, at(160)), at(161));
        }
        assert_eq!(stored(&cache).as_deref(), Some("rt-2"));
    }
}

#[test]
fn an_unreadable_answer_to_the_newer_ticket_leaves_its_refresh_token() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(token(late, "at-1", 3600, at(100)), at(161));
    cache.complete(answer(taken_over, 200, &unreadable("rt-2"), at(160)), at(162));
    assert_eq!(stored(&cache).as_deref(), Some("rt-2"));
}

#[test]
fn an_older_refresh_tokens_loss_is_no_loss_of_the_newer_one() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(rotated(late, "at-1", "rt-1", at(100)), at(161));
    cache.abandon(taken_over.id(), true, at(162));
    // This is the first time that rt-1 is sent.
    let ticket = send(cache.get(at(3700)));
    cache.complete(unanswered(ticket, Timeout), at(3700));
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
    assert_eq!(refresh_token_of(&send(cache.get(at(10_000)))), "rt-1");
}

#[test]
fn a_loss_within_a_carrier_is_counted_though_its_second_try_was_answered() {
    let mut cache = session(100);
    let ticket = send(cache.get(at(100)));
    let again = unanswered(ticket, Timeout).unwrap_err().retry().unwrap();
    cache.complete(unavailable(again, None, at(101)), at(101));
    let ticket = send(cache.get(at(1000)));
    cache.complete(unanswered(ticket, Timeout), at(1000));
    assert_eq!(refused(cache.get(at(10_000))).advice(), Advice::Reauthorize);
}

#[test]
fn a_new_refresh_token_in_an_unreadable_answer_mends_a_session_that_was_refused() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(answer(taken_over, 400, DEAD, at(160)), at(161));
    cache.complete(answer(late, 200, &unreadable("rt-1"), at(100)), at(162));
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
    assert_eq!(refresh_token_of(&send(cache.get(at(10_000)))), "rt-1");
}

#[test]
fn a_late_token_that_is_over_does_not_shorten_the_pause_that_the_server_asked_for() {
    let mut cache = crate::scenario::empty();
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(unavailable(taken_over, Some("3600"), at(160)), at(161));
    cache.complete(token(late, "at-1", 30, at(100)), at(162));
    let _ = refused(cache.get(at(1000)));
}

fn assertion() -> Flow<Requesting> {
    let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    client().extension_grant(grant_type, Scope::default()).unwrap()
}

#[test]
fn a_cache_with_a_ticket_out_is_not_idle_though_an_older_one_was_refused_for_good() {
    let cache = SharedTokenCache::new(assertion());
    let late = send(cache.get(|| at(0)));
    let taken_over = send(cache.get(|| at(60)));
    cache.complete(answer(late, 400, DEAD, at(0)), || at(61));
    assert!(!cache.is_idle(|| at(61)));
    cache.complete(rotated(taken_over, "at-2", "rt-2", at(60)), || at(62));
    assert!(cache.record().is_some());
}

#[test]
fn a_ticket_that_was_never_sent_risks_nothing() {
    let mut cache = session(100);
    for second in [100, 1000, 2000, 3000, 4000] {
        let ticket = send(cache.get(at(second)));
        assert_eq!(refresh_token_of(&ticket), "rt-0");
        cache.abandon(ticket.id(), false, at(second));
    }
    assert_eq!(stored(&cache).as_deref(), Some("rt-0"));
}

#[test]
fn a_late_rotation_ends_a_refusal_though_its_token_is_over() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(answer(taken_over, 400, DEAD, at(160)), at(161));
    let body =
        r#"{"access_token":"at-1","token_type":"Bearer","expires_in":1,"refresh_token":"rt-1"}"#;
    cache.complete(answer(late, 200, body, at(100)), at(162));
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
    assert_eq!(refresh_token_of(&send(cache.get(at(1000)))), "rt-1");
}

#[test]
fn a_refresh_token_that_may_have_arrived_is_not_sent_again_at_once() {
    let mut cache = session(100);
    let ticket = send(cache.get(at(100)));
    cache.complete(unanswered(ticket, Timeout), at(100));
    let error = refused(cache.get(at(129)));
    assert!(matches!(error.advice(), Advice::RetryAfter(pause) if pause.as_secs() >= 30));
    assert_eq!(refresh_token_of(&send(cache.get(at(146)))), "rt-0");
}

#[test]
fn a_session_whose_answers_were_lost_twice_has_ended_and_is_still_worth_storing() {
    let mut cache = session(100);
    for second in [100, 1000] {
        assert!(!cache.has_ended());
        let ticket = send(cache.get(at(second)));
        cache.abandon(ticket.id(), true, at(second));
    }
    assert!(cache.has_ended());
    // Nobody knows what the server did.
    assert_eq!(stored(&cache).as_deref(), Some("rt-0"));
}
