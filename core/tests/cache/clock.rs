//! Clocks that are set back, with a monotonic one beside them and without.

use std::time::Duration;

use grantflow::{Lookup, Timestamp};

use crate::scenario::{
    at, by_both, empty, holding, ready, refused, renew, seconds, send, session, token, unavailable,
};

#[test]
fn a_token_that_was_seen_to_be_over_stays_over_when_the_clock_is_set_back() {
    let mut cache = holding(100);
    let ticket = send(cache.get(at(100)));
    cache.abandon(ticket.id(), true, at(100));
    let _ = send(cache.get(at(10)));
}

#[test]
fn a_sessions_token_that_was_seen_to_be_over_stays_over_and_in_the_record() {
    let mut cache = session(100);
    let ticket = send(cache.get(at(100)));
    cache.abandon(ticket.id(), true, at(100));
    assert!(cache.record().is_some());
    let _ = send(cache.get(at(10)));
}

#[test]
fn with_a_monotonic_clock_a_set_back_wall_clock_does_not_prolong_a_token() {
    let mut cache = empty();
    let ticket = send(cache.get(by_both(0, 0)));
    cache.complete(token(ticket, "at-1", 100, by_both(0, 0)), by_both(0, 0));
    assert_eq!(ready(cache.get(by_both(10, 80))), "at-1");
    let _ = send(cache.get(by_both(20, 100)));
}

#[test]
fn a_monotonic_clock_that_slept_does_not_prolong_a_token_either() {
    let mut cache = empty();
    let ticket = send(cache.get(by_both(0, 0)));
    cache.complete(token(ticket, "at-1", 100, by_both(0, 0)), by_both(0, 0));
    let _ = send(cache.get(by_both(100, 3)));
}

#[test]
fn a_resumed_token_counts_by_the_monotonic_clock_from_the_first_look_on() {
    let mut cache = session(100);
    assert_eq!(ready(cache.get(by_both(50, 7000))), "at-0");
    // 49 s later, and the wall clock was set back by 45 s.
    let ticket = renew(cache.get(by_both(54, 7049)));
    cache.abandon(ticket.id(), true, by_both(54, 7049));
    let _ = send(cache.get(by_both(55, 7050)));
}

#[test]
fn a_token_that_the_clock_says_has_not_begun_is_not_used() {
    let mut cache = holding(100);
    let _ = send(cache.get(Timestamp::from_unix_seconds(1_699_999_999)));
}

#[test]
fn where_a_clock_without_another_is_set_back_a_lease_begins_anew() {
    let mut cache = session(100);
    let _lost = send(cache.get(at(1000)));
    // A second back sends no refresh token twice.
    let Lookup::Wait(waiting) = cache.get(at(999)) else { panic!("the ticket is out") };
    assert_eq!(waiting.time_left(at(999)), seconds(60));
    assert!(matches!(cache.get(at(1058)), Lookup::Wait(_)));
    let _ = send(cache.get(at(1059)));
    // A year back makes nobody wait for a year.
    let mut cache = empty();
    let _lost = send(cache.get(at(31_536_000)));
    assert!(matches!(cache.get(at(500)), Lookup::Wait(_)));
    assert!(matches!(cache.get(at(559)), Lookup::Wait(_)));
    let _ = send(cache.get(at(560)));
}

#[test]
fn where_a_clock_without_another_is_set_back_a_pause_begins_anew() {
    let mut cache = empty();
    let ticket = send(cache.get(at(100_000)));
    cache.complete(unavailable(ticket, Some("600"), at(100_000)), at(100_000));
    for second in [99_999, 100_598, 10, 609] {
        let _ = refused(cache.get(at(second)));
    }
    let _ = send(cache.get(at(610 + 60)));
}

#[test]
fn in_the_margin_a_renewals_lease_and_pause_begin_anew_too() {
    let mut cache = session(5000).with_margin(seconds(2000));
    let ticket = renew(cache.get(at(4500)));
    assert_eq!(ready(cache.get(at(4450))), "at-0");
    assert_eq!(ready(cache.get(at(4509))), "at-0");
    cache.complete(unavailable(ticket, Some("200"), at(4500)), at(4509));
    assert_eq!(ready(cache.get(at(4400))), "at-0");
    assert_eq!(ready(cache.get(at(4599))), "at-0");
    let _ = renew(cache.get(at(4700)));
}

#[test]
fn a_waiter_from_before_the_clock_was_set_back_waits_no_longer_than_a_lease() {
    let mut cache = empty();
    let ticket = send(cache.get(at(10_000)));
    let waiting = ticket.waiting();
    assert_eq!(waiting.time_left(at(9_999)), seconds(60));
    assert_eq!(waiting.time_left(at(1)), seconds(60));
}

#[test]
fn a_token_that_came_after_its_clock_was_set_back_counts_from_then_on() {
    let mut cache = empty();
    let ticket = send(cache.get(at(1000)));
    cache.complete(token(ticket, "at-1", 100, at(1000)), at(900));
    assert_eq!(ready(cache.get(at(900))), "at-1");
    assert_eq!(ready(cache.get(at(989))), "at-1");
    let _ = renew(cache.get(at(999)));
    assert!(matches!(cache.get(at(1000)), Lookup::Wait(_)));
}

#[test]
fn what_the_monotonic_clock_says_counts_for_a_token_that_came_after_a_set_back() {
    let arrived = |monotonic| {
        let mut cache = empty();
        let ticket = send(cache.get(by_both(1000, 0)));
        let now = by_both(900, monotonic);
        cache.complete(token(ticket, "at-1", 100, by_both(1000, 0)), now);
        cache
    };
    let mut cache = arrived(40);
    assert_eq!(ready(cache.get(by_both(949, 89))), "at-1");
    let _ = renew(cache.get(by_both(959, 99)));
    assert!(matches!(cache.get(by_both(960, 100)), Lookup::Wait(_)));
    // One that really was over is over.
    assert_eq!(ready(arrived(89).get(by_both(900, 89))), "at-1");
    let error = refused(arrived(100).get(by_both(900, 100)));
    assert!(error.to_string().contains("had expired when it arrived"), "{error}");
}

#[test]
fn with_a_monotonic_clock_pauses_and_leases_are_as_long_as_they_were() {
    let mut cache = empty();
    let ticket = send(cache.get(by_both(1000, 0)));
    assert!(matches!(cache.get(by_both(0, 59)), Lookup::Wait(_)));
    cache.complete(unavailable(ticket, Some("600"), by_both(0, 59)), by_both(0, 59));
    let _ = refused(cache.get(by_both(-5000, 59 + 599)));
    let _ = send(cache.get(by_both(-5000, 59 + 900)));
}

#[test]
fn a_lease_ends_by_the_monotonic_clock_where_the_wall_clock_was_set_back() {
    let mut cache = empty();
    let _lost = send(cache.get(by_both(1000, 0)));
    let _ = send(cache.get(by_both(0, 60)));
}

#[test]
fn nobody_waits_longer_than_the_lease_when_the_clock_is_set_back() {
    let mut cache = empty();
    let _ticket = send(cache.get(by_both(0, 0)));
    let now = by_both(-3600, 1);
    let Lookup::Wait(waiting) = cache.get(now) else { panic!("the ticket is out") };
    assert!(waiting.time_left(now) <= seconds(60), "{:?}", waiting.time_left(now));
}

#[test]
fn the_time_left_to_wait_runs_out_with_the_lease() {
    let mut cache = empty().with_lease(seconds(20));
    let ticket = send(cache.get(at(0)));
    let Lookup::Wait(waiting) = cache.get(at(5)) else { panic!("the ticket is out") };
    assert_eq!(waiting.time_left(at(5)), seconds(15));
    assert_eq!(ticket.waiting().time_left(at(5)), seconds(15));
    assert_eq!(cache.fetching().unwrap().time_left(at(5)), seconds(15));
    assert_eq!(waiting.time_left(at(20)), Duration::ZERO);
    assert_eq!(waiting.time_left(at(30)), Duration::ZERO);
    assert!(matches!(cache.get(at(19)), Lookup::Wait(_)));
    let _ = send(cache.get_after(&waiting, at(20)));
}

#[test]
fn a_token_that_a_waiter_saw_to_be_over_stays_over_when_the_clock_is_set_back() {
    let mut cache = holding(100);
    let ticket = renew(cache.get(at(96)));
    let waiting = ticket.waiting();
    cache.complete(unavailable(ticket, Some("600"), at(96)), at(97));
    let _ = refused(cache.get_after(&waiting, at(100)));
    assert!(!matches!(cache.get(at(50)), Lookup::Ready(_) | Lookup::Renew(..)));
}

#[test]
fn a_token_that_was_over_when_it_came_stays_over_when_the_clock_is_set_back() {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    cache.complete(token(ticket, "at-1", 5, at(0)), at(10));
    assert!(!matches!(cache.get(at(2)), Lookup::Ready(_) | Lookup::Renew(..)));
}

#[test]
fn the_end_of_time_is_no_end_of_the_cache() {
    let last = Timestamp::from_unix(Duration::MAX);
    let mut cache = empty().with_lease(Duration::MAX).with_margin(Duration::MAX);
    let ticket = send(cache.get(last));
    cache.complete(unavailable(ticket, Some("99999999999999999999"), last), last);
    let error = refused(cache.get(last));
    assert_eq!(error.retry_at().unwrap().since_unix_epoch(), Duration::MAX);
}

#[test]
fn a_wall_clock_that_leaps_ahead_does_not_end_the_lease_of_a_fetch() {
    // As after a sleep: the fetch's own timeout stood still as well.
    let mut cache = session(100);
    let ticket = send(cache.get(by_both(100, 0)));
    assert!(matches!(cache.get(by_both(4000, 1)), Lookup::Wait(_)));
    let waiting = ticket.waiting();
    assert_eq!(waiting.time_left(by_both(4000, 1)), seconds(59));
    assert!(matches!(cache.get(by_both(4000, 59)), Lookup::Wait(_)));
    let _ = send(cache.get(by_both(4000, 60)));
}

#[test]
fn a_wall_clock_that_leaps_ahead_ends_a_pause() {
    let mut cache = empty();
    let ticket = send(cache.get(by_both(0, 0)));
    cache.complete(unavailable(ticket, Some("600"), by_both(0, 0)), by_both(0, 0));
    let _ = refused(cache.get(by_both(1, 1)));
    let _ = send(cache.get(by_both(4000, 2)));
}
