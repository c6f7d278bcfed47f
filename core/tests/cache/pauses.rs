//! Refusals and failures: who learns of them, and how long nobody asks.

use std::time::Duration;

use grantflow::TransportErrorKind::{Connect, Timeout, Tls};
use grantflow::{Advice, Lookup, Timestamp, TokenCache};

use crate::scenario::{
    Outcome, SUSPENDED, answer, at, at_millis, empty, refused, seconds, send, token, unanswered,
    unavailable,
};

/// Fails a fetch at `now`, and says how long the pause after it is.
fn pause(
    cache: &mut TokenCache,
    now: Timestamp,
    fail: impl Fn(grantflow::Ticket) -> Outcome,
) -> Duration {
    let ticket = send(cache.get(now));
    cache.complete(fail(ticket), now);
    let error = refused(cache.get(now));
    error.retry_at().unwrap().elapsed_since(now).unwrap()
}

fn assert_about(pause: Duration, least: u64) {
    let expected = seconds(least)..=seconds(least) + (seconds(least) / 2).min(seconds(60));
    assert!(expected.contains(&pause), "{pause:?} is not about {least} s");
}

/// Asks once a second for an hour; says how many requests are made.
fn an_hour(
    cache: &mut TokenCache,
    fail: impl Fn(grantflow::Ticket, Timestamp) -> Outcome,
) -> usize {
    let mut requests = 0;
    for second in 0..3600 {
        match cache.get(at(second)) {
            Lookup::Send(ticket) => {
                requests += 1;
                cache.complete(fail(ticket, at(second)), at(second));
            }
            other => drop(refused(other)),
        }
    }
    requests
}

#[test]
fn an_endpoint_that_is_down_for_an_hour_gets_few_requests() {
    for seed in 0..20 {
        let mut cache = empty().with_seed(seed);
        let requests = an_hour(&mut cache, |ticket, now| unavailable(ticket, None, now));
        let refusals = an_hour(&mut empty().with_seed(seed), |ticket, now| {
            answer(ticket, 401, SUSPENDED, now)
        });
        if seed == 0 {
            println!("down for an hour under a call per second: {requests} requests");
            println!("suspended for an hour under a call per second: {refusals} requests");
        }
        assert!((40..=66).contains(&requests), "{requests}");
        assert!((5..=8).contains(&refusals), "{refusals}");
    }
}

#[test]
fn pauses_double_up_to_a_minute() {
    let mut cache = empty();
    let mut now = 0;
    for least in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        let paused = pause(&mut cache, at(now), |ticket| unavailable(ticket, None, at(now)));
        assert_about(paused, least);
        now += 100;
    }
}

#[test]
fn pauses_after_a_refusal_double_up_to_an_hour() {
    let mut cache = empty();
    let mut now = 0;
    for least in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
        let paused = pause(&mut cache, at(now), |ticket| answer(ticket, 401, SUSPENDED, at(now)));
        assert_about(paused, least);
        now += 6000;
    }
}

#[test]
fn what_may_pass_has_short_pauses_and_what_somebody_has_to_mend_long_ones() {
    let of = |fail: &dyn Fn(grantflow::Ticket) -> Outcome| pause(&mut empty(), at(0), fail);
    assert_about(of(&|ticket| unanswered(ticket, Connect)), 1);
    assert_about(of(&|ticket| unanswered(ticket, Timeout)), 1);
    assert_about(of(&|ticket| answer(ticket, 429, "{}", at(0))), 1);
    assert_about(of(&|ticket| unanswered(ticket, Tls)), 30);
    assert_about(of(&|ticket| answer(ticket, 404, "", at(0))), 30);
    assert_about(of(&|ticket| answer(ticket, 200, "{}", at(0))), 30);
}

#[test]
fn retry_after_is_the_least_pause_and_never_the_most() {
    let of = |value| pause(&mut empty(), at(0), |ticket| unavailable(ticket, Some(value), at(0)));
    assert_about(of("120"), 120);
    assert_about(of("0"), 1);
    assert_about(of("Tue, 14 Nov 2023 22:15:20 GMT"), 120);
    assert_about(of("86400"), 86_400);
    assert_about(of("99999999999999999999"), 86_400);
    assert_about(of("soon"), 1);
    // The fourth failure in a row waits longer than a short wish.
    let mut cache = empty();
    for (now, least) in [(0, 1), (100, 2), (200, 4), (300, 8)] {
        let fail = |ticket| unavailable(ticket, Some("1"), at(now));
        assert_about(pause(&mut cache, at(now), fail), least);
    }
}

#[test]
fn chance_makes_a_wished_day_longer_by_up_to_a_minute() {
    let of = |seed| {
        let mut cache = empty().with_seed(seed);
        pause(&mut cache, at(0), |ticket| unavailable(ticket, Some("86400"), at(0)))
    };
    let pauses: Vec<_> = (0..200).map(of).collect();
    for paused in &pauses {
        assert_about(*paused, 86_400);
    }
    let longest = pauses.iter().max().unwrap();
    assert!(*longest > seconds(86_400 + 50), "{longest:?}");
}

#[test]
fn two_hundred_hosts_do_not_come_back_all_at_once() {
    let of = |seed| {
        pause(&mut empty().with_seed(seed), at(0), |ticket| unavailable(ticket, Some("100"), at(0)))
    };
    let mut second: Vec<u64> = (0..200).map(|seed| of(seed).as_secs()).collect();
    second.sort_unstable();
    second.dedup();
    assert!(second.len() > 30, "{second:?}");
}

#[test]
fn a_suspended_client_asks_once_and_then_nobody_until_the_pause_is_over() {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    let waiting = ticket.waiting();
    cache.complete(answer(ticket, 401, SUSPENDED, at(0)), at(0));
    let error = refused(cache.get_after(&waiting, at(1)));
    assert!(error.to_string().contains("API application is suspended or revoked"), "{error}");
    assert_eq!(error.advice(), Advice::FixConfiguration);
    for millis in 0..30_000 {
        let _ = refused(cache.get(at_millis(millis)));
    }
    let retry_at = error.retry_at().unwrap();
    let _ = send(cache.get(retry_at));
}

#[test]
fn to_the_nanosecond_nobody_asks_before_retry_at() {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    cache.complete(unavailable(ticket, None, at(0)), at(0));
    let error = refused(cache.get(at(0)));
    let retry_at = error.retry_at().unwrap().since_unix_epoch();
    let _ =
        refused(cache.get(Timestamp::from_unix(retry_at.saturating_sub(Duration::from_nanos(1)))));
    let _ = send(cache.get(Timestamp::from_unix(retry_at)));
}

#[test]
fn who_waited_learns_the_error_even_when_its_pause_is_over() {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    let Lookup::Wait(waiting) = cache.get(at(0)) else { panic!("the ticket is out") };
    cache.complete(unavailable(ticket, None, at(0)), at(0));
    let first = refused(cache.get_after(&waiting, at(1000)));
    assert_eq!(first.error().status(), Some(503));
    // All the same error, and not one for each.
    let second = refused(cache.get_after(&waiting, at(1001)));
    assert!(std::ptr::eq(first.error(), second.error()));
    let next = send(cache.get(at(1001)));
    // Who waits for the next fetch does not take the old error for its own.
    assert!(matches!(cache.get_after(&next.waiting(), at(1002)), Lookup::Wait(_)));
}

#[test]
fn the_advice_is_to_wait_for_as_long_as_nobody_asks() {
    let mut cache = empty();
    let now = at(0);
    let paused = pause(&mut cache, now, |ticket| unavailable(ticket, Some("7"), now));
    assert_eq!(refused(cache.get(now)).advice(), Advice::RetryAfter(paused));
}

#[test]
fn a_token_makes_the_next_failure_the_first_again() {
    let mut cache = empty();
    for now in [0, 100, 200] {
        pause(&mut cache, at(now), |ticket| unavailable(ticket, None, at(now)));
    }
    let ticket = send(cache.get(at(300)));
    cache.complete(token(ticket, "at-1", 10, at(300)), at(300));
    assert_about(pause(&mut cache, at(400), |ticket| unavailable(ticket, None, at(400))), 1);
}

#[test]
fn one_dropped_task_is_no_failure_and_two_in_a_row_are() {
    let mut cache = empty();
    let first = send(cache.get(at(0)));
    cache.abandon(first.id(), true, at(0));
    let second = send(cache.get(at(0)));
    let waiting = second.waiting();
    cache.abandon(second.id(), true, at(0));
    let error = refused(cache.get_after(&waiting, at(0)));
    assert!(matches!(error.advice(), Advice::RetryAfter(_)));
    let third = send(cache.get(error.retry_at().unwrap()));
    cache.abandon(third.id(), true, at(2));
    let longer = refused(cache.get(at(2))).retry_at().unwrap().elapsed_since(at(2)).unwrap();
    assert_about(longer, 2);
}

#[test]
fn dropped_tasks_with_a_token_or_an_answer_between_them_are_not_in_a_row() {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    cache.abandon(ticket.id(), true, at(0));
    let ticket = send(cache.get(at(0)));
    cache.complete(token(ticket, "at-1", 10, at(0)), at(0));
    let ticket = send(cache.get(at(20)));
    cache.abandon(ticket.id(), true, at(20));
    let ticket = send(cache.get(at(20)));
    cache.complete(unavailable(ticket, None, at(20)), at(20));
    let ticket = send(cache.get(at(30)));
    cache.abandon(ticket.id(), true, at(30));
    let _ = send(cache.get(at(30)));
}

#[test]
fn a_ticket_that_is_not_out_any_more_cannot_be_abandoned() {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    let id = ticket.id();
    cache.complete(token(ticket, "at-1", 10, at(0)), at(0));
    let ticket = send(cache.get(at(10)));
    cache.abandon(id, true, at(10));
    assert!(matches!(cache.get(at(10)), Lookup::Wait(_)));
    cache.abandon(ticket.id(), true, at(10));
    cache.abandon(ticket.id(), true, at(10));
    let _ = send(cache.get(at(10)));
}

#[test]
fn another_caches_ticket_is_nobodys_here() {
    let (mut cache, mut other) = (empty(), empty());
    let foreign = [(); 2].map(|()| {
        let ticket = send(other.get(at(0)));
        other.abandon(ticket.id(), true, at(0));
        ticket
    });
    let own = send(cache.get(at(0)));
    let [one, two] = foreign;
    cache.abandon(one.id(), true, at(1));
    cache.complete(token(one, "at-other", 3600, at(0)), at(1));
    assert!(matches!(cache.get(at(1)), Lookup::Wait(_)));
    cache.complete(answer(two, 401, SUSPENDED, at(0)), at(1));
    cache.abandon(own.id(), true, at(1));
    // Neither a token came nor an error.
    let _ = send(cache.get(at(1)));
}

#[test]
fn who_was_refused_and_asks_by_the_same_wait_is_refused_again_until_there_is_a_token() {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    let waiting = ticket.waiting();
    cache.complete(unavailable(ticket, None, at(0)), at(0));
    for second in [0, 1, 1000] {
        let _ = refused(cache.get_after(&waiting, at(second)));
    }
    let ticket = send(cache.get(at(1000)));
    let _ = refused(cache.get_after(&waiting, at(1000)));
    cache.complete(token(ticket, "at-1", 100, at(1000)), at(1000));
    assert!(matches!(cache.get_after(&waiting, at(1000)), Lookup::Ready(_)));
}

#[test]
fn a_lease_is_a_second_at_least() {
    let mut cache = empty().with_lease(Duration::ZERO);
    let _lost = send(cache.get(at(0)));
    assert!(matches!(cache.get(at_millis(999)), Lookup::Wait(_)));
    let _ = send(cache.get(at(1)));
}

#[test]
fn where_nobody_gave_a_seed_the_clocks_small_digits_are_chance_enough() {
    let of = |nanos| {
        let now = Timestamp::from_unix(seconds(1_700_000_000) + Duration::from_nanos(nanos));
        pause(&mut empty(), now, |ticket| unavailable(ticket, Some("100"), now))
    };
    let first = of(0);
    assert!((1..50).any(|n| of(n * 1_000_003) != first));
}

#[test]
fn the_error_names_the_pause_that_is_kept_and_no_other() {
    let mut cache = empty();
    let mut second = 0;
    for row in 0..4 {
        let ticket = send(cache.get(at(second)));
        cache.complete(unavailable(ticket, None, at(second)), at(second));
        let error = refused(cache.get(at(second)));
        let Advice::RetryAfter(pause) = error.advice() else { panic!("{error}") };
        let said = format!("; the server is asked again {} s after that", pause.as_secs() + 1);
        assert!(pause.as_secs() >= 1 << row, "{pause:?}");
        assert!(error.to_string().contains(&said), "{error}");
        assert!(!error.to_string().contains("try again"), "{error}");
        second += 100;
    }
}
