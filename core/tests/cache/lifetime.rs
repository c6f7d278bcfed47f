//! How long a token is used, and when the next one is asked for.

use std::collections::BTreeMap;

use grantflow::{Dialect, Error, Lookup, ProtocolErrorKind, Scope, TokenCache};

use crate::scenario::{
    answer, at, at_millis, client_of, empty, holding, ready, refused, renew, seconds, send,
    session, token, unavailable,
};

const FOREVER: &str = r#"{"access_token":"at-1","token_type":"Bearer"}"#;

/// The first millisecond at which a cache that was made so renews its token.
fn renewal_of(make: impl Fn() -> TokenCache, body: &str) -> u64 {
    let is_due = |millis| {
        let mut cache = make();
        let ticket = send(cache.get(at(0)));
        cache.complete(answer(ticket, 200, body, at(0)), at(0));
        matches!(cache.get(at_millis(millis)), Lookup::Renew(..))
    };
    let (mut fresh, mut due) = (0, 100_000_000);
    // What is over is past its renewal.
    let is_past = |millis| {
        is_due(millis) || {
            let mut cache = make();
            let ticket = send(cache.get(at(0)));
            cache.complete(answer(ticket, 200, body, at(0)), at(0));
            matches!(cache.get(at_millis(millis)), Lookup::Send(_))
        }
    };
    while due - fresh > 1 {
        let middle = u64::midpoint(fresh, due);
        if is_past(middle) { due = middle } else { fresh = middle }
    }
    assert!(is_due(due), "there is no time for a renewal");
    due
}

fn living(lifetime: u64) -> String {
    format!(r#"{{"access_token":"at-1","token_type":"Bearer","expires_in":{lifetime}}}"#)
}

#[test]
fn a_token_is_renewed_a_tenth_of_its_lifetime_before_its_end_and_at_most_half_a_minute() {
    for (lifetime, margin) in [(5, 500), (100, 10_000), (300, 30_000), (3600, 30_000)] {
        let end = lifetime * 1000;
        for seed in 0..50 {
            let renewal = renewal_of(|| empty().with_seed(seed), &living(lifetime));
            assert!((end - margin..=end - margin / 2).contains(&renewal), "{lifetime}: {renewal}");
        }
    }
}

#[test]
fn a_renewal_is_due_at_its_very_instant() {
    // With such a margin, what chance gives away is whole seconds.
    let renewal = renewal_of(|| empty().with_margin(seconds(2_048)), &living(36_000));
    assert_eq!(renewal % 1000, 0, "{renewal}");
}

#[test]
fn a_margin_can_be_set_and_is_half_the_lifetime_at_most() {
    for (margin, lifetime, used) in [(600, 3600, 600), (600, 60, 30), (60, 5, 2), (0, 60, 0)] {
        let make = || holding(1).with_margin(seconds(margin));
        let mut cache = make();
        let ticket = send(cache.get(at(1)));
        cache.complete(token(ticket, "at-2", lifetime, at(1)), at(1));
        assert_eq!(ready(cache.get(at(lifetime - used))), "at-2", "{margin} {lifetime}");
        if used > 0 {
            let _ = renew(cache.get(at(1 + lifetime - used / 2)));
        }
    }
}

#[test]
fn a_token_of_five_seconds_is_asked_for_once_with_any_margin() {
    let mut cache = empty().with_margin(seconds(60));
    let ticket = send(cache.get(at(0)));
    cache.complete(token(ticket, "at-1", 5, at(0)), at(0));
    for millis in 0..2500 {
        assert_eq!(ready(cache.get(at_millis(millis))), "at-1");
    }
}

#[test]
fn two_hundred_hosts_do_not_renew_in_one_second() {
    for (lifetime, most) in [(3600, 40), (36_000, 40), (200, 50)] {
        let mut renewals: BTreeMap<u64, usize> = BTreeMap::new();
        for seed in 0..200 {
            let renewal = renewal_of(|| empty().with_seed(seed), &living(lifetime));
            *renewals.entry(renewal / 1000).or_default() += 1;
        }
        let fullest = renewals.values().copied().max().unwrap();
        println!("{lifetime} s: {fullest} of 200 in the fullest of {} seconds", renewals.len());
        assert!(fullest <= most, "{renewals:?}");
    }
}

#[test]
fn two_hundred_hosts_do_not_renew_a_token_of_unknown_lifetime_in_one_second() {
    let renewals = (0..200).map(|seed| renewal_of(|| empty().with_seed(seed), FOREVER) / 1000);
    let mut second: Vec<_> = renewals.collect();
    assert!(second.iter().all(|second| (3570..3585).contains(second)), "{second:?}");
    second.sort_unstable();
    second.dedup();
    assert_eq!(second.len(), 15, "{second:?}");
}

#[test]
fn a_token_of_unknown_lifetime_is_used_for_about_an_hour_and_on_while_none_can_be_had() {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    cache.complete(answer(ticket, 200, FOREVER, at(0)), at(0));
    assert_eq!(ready(cache.get(at(3000))), "at-1");
    let ticket = renew(cache.get(at(4000)));
    cache.complete(unavailable(ticket, Some("86400"), at(4000)), at(4000));
    assert_eq!(ready(cache.get(at(80_000))), "at-1");
    let _ = renew(cache.get(at(4000 + 2 * 86_400)));
}

#[test]
fn the_dialects_lifetime_stands_in_for_one_that_is_absent() {
    let mut dialect = Dialect::default();
    dialect.default_expires_in = Some(100);
    let client = client_of("app", "s3cr3t-s3cr3t", dialect);
    let mut cache = TokenCache::from(client.client_credentials(Scope::default()).unwrap());
    let ticket = send(cache.get(at(0)));
    cache.complete(answer(ticket, 200, FOREVER, at(0)), at(0));
    assert_eq!(ready(cache.get(at(89))), "at-1");
    let _ = renew(cache.get(at(95)));
}

#[test]
fn a_lifetime_of_zero_is_an_error_and_no_storm() {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    let waiting = ticket.waiting();
    cache.complete(token(ticket, "at-1", 0, at(0)), at(0));
    let mut errors = [refused(cache.get(at(0))), refused(cache.get_after(&waiting, at(5)))];
    for error in &mut errors {
        let Error::Protocol(error) = error.error() else { panic!("{error:?}") };
        assert_eq!(error.kind(), &ProtocolErrorKind::ExpiredOnArrival);
    }
    let mut sent = 1;
    for second in 1..=3600 {
        if let Lookup::Send(ticket) = cache.get(at(second)) {
            sent += 1;
            cache.complete(token(ticket, "at-1", 0, at(second)), at(second));
        }
    }
    println!("expires_in 0 for an hour: {sent} requests");
    assert!((40..=70).contains(&sent), "{sent}");
}

#[test]
fn the_time_that_an_answer_took_is_part_of_the_lifetime() {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    cache.complete(token(ticket, "at-1", 100, at(0)), at(30));
    assert_eq!(ready(cache.get(at(89))), "at-1");
    let _ = renew(cache.get(at(95)));
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    cache.complete(token(ticket, "at-1", 30, at(0)), at(30));
    let _ = refused(cache.get(at(30)));
}

#[test]
fn in_the_margin_one_renews_and_all_others_use_the_token() {
    let mut cache = holding(100);
    let ticket = renew(cache.get(at(96)));
    let waiting = ticket.waiting();
    for millis in 96_000..100_000 {
        assert_eq!(ready(cache.get(at_millis(millis))), "at-1");
        assert_eq!(ready(cache.get_after(&waiting, at_millis(millis))), "at-1");
    }
    assert!(matches!(cache.get(at(100)), Lookup::Wait(_)));
    cache.complete(token(ticket, "at-2", 100, at(96)), at(101));
    assert_eq!(ready(cache.get_after(&waiting, at(101))), "at-2");
}

#[test]
fn in_the_margin_who_waited_is_not_told_of_a_failure_but_given_the_token() {
    let mut cache = empty();
    let first = send(cache.get(at(0)));
    let waiting = first.waiting();
    cache.complete(token(first, "at-1", 100, at(0)), at(0));
    let renewal = renew(cache.get(at(96)));
    let renewed = renewal.waiting();
    cache.complete(unavailable(renewal, None, at(96)), at(96));
    assert_eq!(ready(cache.get_after(&waiting, at(96))), "at-1");
    assert_eq!(ready(cache.get_after(&renewed, at(96))), "at-1");
}

#[test]
fn in_the_margin_a_refused_renewal_is_not_repeated_before_its_pause_is_over() {
    let mut cache = holding(3600);
    let mut asked = 0;
    for millis in 3_590_000..3_590_300 {
        match cache.get(at_millis(millis)) {
            Lookup::Renew(_, ticket) => {
                asked += 1;
                let now = at_millis(millis);
                cache.complete(unavailable(ticket, None, now), now);
            }
            other => assert_eq!(ready(other), "at-1"),
        }
    }
    assert_eq!(asked, 1);
}

#[test]
fn a_sessions_first_token_is_renewed_in_its_margin_too() {
    let mut cache = session(3600);
    assert_eq!(ready(cache.get(at(3569))), "at-0");
    let _ = renew(cache.get(at(3585)));
    let mut cache = session(3600).with_margin(seconds(600));
    assert_eq!(ready(cache.get(at(2999))), "at-0");
    let _ = renew(cache.get(at(3300)));
}

#[test]
fn two_hundred_resumed_sessions_are_not_renewed_in_one_second() {
    let of = |seed| {
        let mut cache = session(3600).with_seed(seed);
        (3570..=3585).find(|second| matches!(cache.get(at(*second)), Lookup::Renew(..))).unwrap()
    };
    let mut second: Vec<u64> = (0..200).map(of).collect();
    second.sort_unstable();
    second.dedup();
    assert_eq!(second, (3571..=3585).collect::<Vec<_>>());
}

#[test]
fn a_resumed_token_of_unknown_lifetime_is_renewed_within_the_hour_too() {
    let record = r#"{"format":1,"client_id":"app","token_endpoint":"https://as.example.com/token",
        "access_token":"at-0","refresh_token":"rt-0","sent_at":1700000000}"#;
    let flow = client_of("app", "s3cr3t-s3cr3t", Dialect::default());
    let flow = flow.resume(serde_json::from_str(record).unwrap()).unwrap();
    let mut cache = TokenCache::from(flow);
    assert_eq!(ready(cache.get(at(3569))), "at-0");
    let _ = renew(cache.get(at(3585)));
}
