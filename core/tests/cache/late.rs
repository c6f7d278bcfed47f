//! Answers that come after the lease of their ticket was over.

use grantflow::TransportErrorKind::{Connect, Timeout};
use grantflow::{Advice, Lookup, Ticket, TokenCache};

use crate::scenario::{
    SUSPENDED, answer, at, empty, ready, refresh_token_of, refused, rotated, seconds, send,
    session, stored, token, unanswered, unavailable,
};

/// Two tickets: the first one's lease is over when the second is given out, at 60 s.
fn two_tickets(cache: &mut TokenCache) -> (Ticket, Ticket) {
    let late = send(cache.get(at(0)));
    assert!(matches!(cache.get(at(59)), Lookup::Wait(_)));
    let taken_over = send(cache.get(at(60)));
    (late, taken_over)
}

/// The same in a session whose token is over: the times are 100 s and 160 s.
fn two_refreshes(cache: &mut TokenCache) -> (Ticket, Ticket) {
    let late = send(cache.get(at(100)));
    let taken_over = send(cache.get(at(160)));
    (late, taken_over)
}

#[test]
fn a_late_token_is_taken_while_its_successor_is_still_out() {
    let mut cache = empty();
    let (late, taken_over) = two_tickets(&mut cache);
    cache.complete(token(late, "at-1", 3600, at(0)), at(61));
    assert_eq!(ready(cache.get(at(61))), "at-1");
    cache.complete(token(taken_over, "at-2", 3600, at(60)), at(62));
    assert_eq!(ready(cache.get(at(62))), "at-2");
}

#[test]
fn a_late_token_does_not_replace_the_one_of_its_successor() {
    let mut cache = empty();
    let (late, taken_over) = two_tickets(&mut cache);
    cache.complete(token(taken_over, "at-2", 3600, at(60)), at(61));
    cache.complete(token(late, "at-1", 3600, at(0)), at(62));
    assert_eq!(ready(cache.get(at(62))), "at-2");
}

#[test]
fn a_late_failure_says_nothing_about_the_token_of_its_successor() {
    let mut cache = empty();
    let (late, taken_over) = two_tickets(&mut cache);
    let waiting = late.waiting();
    cache.complete(token(taken_over, "at-2", 100, at(60)), at(61));
    cache.complete(answer(late, 401, SUSPENDED, at(0)), at(62));
    assert_eq!(ready(cache.get_after(&waiting, at(62))), "at-2");
    // Nor about the one after that.
    let _next = send(cache.get(at(160)));
}

#[test]
fn a_late_failure_sends_nobody_a_second_time_while_its_successor_is_out() {
    let mut cache = empty();
    let (late, taken_over) = two_tickets(&mut cache);
    let (first, second) = (late.waiting(), taken_over.waiting());
    cache.complete(unavailable(late, None, at(0)), at(61));
    assert!(matches!(cache.get(at(100)), Lookup::Wait(_)));
    assert!(matches!(cache.get_after(&second, at(100)), Lookup::Wait(_)));
    // Whoever waited for that very ticket learns its error, or goes on waiting.
    assert!(!matches!(cache.get_after(&first, at(100)), Lookup::Send(_)));
}

#[test]
fn a_late_no_to_an_old_refresh_token_does_not_end_the_newer_session() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(rotated(taken_over, "at-2", "rt-2", at(160)), at(161));
    cache.complete(answer(late, 400, r#"{"error":"invalid_grant"}"#, at(100)), at(162));
    assert_eq!(ready(cache.get(at(162))), "at-2");
    assert_eq!(stored(&cache).as_deref(), Some("rt-2"));
}

#[test]
fn a_late_refresh_mends_a_session_whose_second_try_was_refused() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(answer(taken_over, 400, r#"{"error":"invalid_grant"}"#, at(160)), at(161));
    assert_eq!(refused(cache.get(at(161))).advice(), Advice::Reauthorize);
    cache.complete(rotated(late, "at-1", "rt-1", at(100)), at(162));
    assert_eq!(ready(cache.get(at(162))), "at-1");
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
}

#[test]
fn a_ticket_whose_lease_is_over_counts_as_a_loss_of_its_answer() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    assert_eq!(refresh_token_of(&late), "rt-0");
    assert_eq!(refresh_token_of(&taken_over), "rt-0");
    // The second lease is over as well: there is no third risk.
    let error = refused(cache.get(at(220)));
    assert_eq!(error.advice(), Advice::Reauthorize);
    assert!(error.retry_at().is_none());
}

#[test]
fn a_dead_refresh_token_is_not_revived_by_an_older_tickets_failure() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(answer(taken_over, 400, r#"{"error":"invalid_grant"}"#, at(160)), at(161));
    assert_eq!(stored(&cache), None);
    cache.complete(unavailable(late, None, at(100)), at(162));
    assert_eq!(stored(&cache), None);
    assert_eq!(refused(cache.get(at(1000))).advice(), Advice::Reauthorize);
}

#[test]
fn a_dead_refresh_token_is_not_revived_by_a_newer_tickets_failure() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(answer(late, 400, r#"{"error":"invalid_grant"}"#, at(100)), at(161));
    cache.complete(unavailable(taken_over, None, at(160)), at(162));
    assert_eq!(stored(&cache), None);
    assert_eq!(refused(cache.get(at(1000))).advice(), Advice::Reauthorize);
}

#[test]
fn a_late_timeout_does_not_allow_a_third_risk_of_a_refresh_token() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.abandon(taken_over.id(), true, at(161));
    cache.complete(unanswered(late, Timeout), at(162));
    assert_eq!(refused(cache.get(at(1000))).advice(), Advice::Reauthorize);
}

#[test]
fn a_late_answer_without_a_refresh_token_does_not_bring_back_the_old_one() {
    let mut cache = session(100);
    let (late, taken_over) = two_refreshes(&mut cache);
    cache.complete(rotated(late, "at-1", "rt-1", at(100)), at(161));
    cache.complete(token(taken_over, "at-2", 3600, at(160)), at(162));
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
}

#[test]
fn a_late_failure_does_not_shorten_the_pause_that_the_server_asked_for() {
    let mut cache = empty();
    let (late, taken_over) = two_tickets(&mut cache);
    cache.complete(unavailable(taken_over, Some("3600"), at(60)), at(61));
    cache.complete(unanswered(late, Connect), at(62));
    let error = refused(cache.get(at(100)));
    assert!(error.retry_at().unwrap().elapsed_since(at(61)) >= Some(seconds(3600)));
}

#[test]
fn a_late_failure_does_not_hide_the_one_that_others_wait_for() {
    let mut cache = empty();
    let (late, taken_over) = two_tickets(&mut cache);
    let waiting = taken_over.waiting();
    cache.complete(answer(taken_over, 401, SUSPENDED, at(60)), at(61));
    cache.complete(unanswered(late, Connect), at(62));
    let error = refused(cache.get_after(&waiting, at(100)));
    assert!(error.to_string().contains("suspended"), "{error}");
}
