//! Caches that threads share.

use std::cell::Cell;
use std::sync::{Arc, mpsc};
use std::thread;

use grantflow::{Lookup, Scope, SharedTokenCache, SharedTokenCaches, TokenKey};

use crate::scenario::{
    answer, at, by_both, client, empty, reading, ready, requesting, resumed, seconds, send,
    session, token, unavailable,
};

#[derive(Debug)]
struct Entry(SharedTokenCache);

impl AsRef<SharedTokenCache> for Entry {
    fn as_ref(&self) -> &SharedTokenCache {
        &self.0
    }
}

fn fetch(cache: &SharedTokenCache, text: &str, lifetime: u64, second: u64) {
    let ticket = send(cache.get(|| at(second)));
    cache.complete(token(ticket, text, lifetime, at(second)), || at(second));
}

fn holding(text: &str, lifetime: u64) -> SharedTokenCache {
    let cache = SharedTokenCache::new(empty());
    fetch(&cache, text, lifetime, 0);
    cache
}

fn header(cache: &SharedTokenCache, second: u64) -> Option<String> {
    let header = cache.fresh(|| reading(second.cast_signed(), second))?;
    assert!(header.is_sensitive());
    Some(header.to_str().unwrap().to_owned())
}

#[test]
fn the_header_is_the_tokens() {
    let cache = holding("at-1", 3600);
    for second in [0, 1, 3569] {
        assert_eq!(header(&cache, second).as_deref(), Some("Bearer at-1"));
        let Lookup::Ready(tokens) = cache.get(|| at(second)) else { panic!("it is fresh") };
        let authorization = tokens.access_token().authorization();
        assert_eq!(Some(authorization.expose()), header(&cache, second).as_deref());
    }
}

#[test]
fn there_is_no_header_without_a_token_nor_when_something_is_to_be_done() {
    let cache = SharedTokenCache::new(empty());
    assert_eq!(header(&cache, 0), None);
    fetch(&cache, "at-1", 100, 0);
    assert!(header(&cache, 89).is_some());
    assert_eq!(header(&cache, 96), None, "the renewal is due");
    assert_eq!(header(&cache, 100), None, "it is over");
}

#[test]
fn every_threads_copy_is_gone_after_a_rejection_a_new_token_and_a_replacement() {
    let cache = holding("at-1", 3600);
    let rejected = || {
        let Lookup::Ready(tokens) = cache.get(|| at(1)) else { panic!("it is fresh") };
        cache.reject(tokens.access_token(), || at(1));
    };
    let steps: [(&dyn Fn(), Option<&str>); 6] = [
        (&|| {}, Some("Bearer at-1")),
        (&rejected, None),
        (&|| fetch(&cache, "at-2", 3600, 1), Some("Bearer at-2")),
        (&|| cache.replace(requesting()), None),
        (&|| fetch(&cache, "at-3", 3600, 1), Some("Bearer at-3")),
        (&|| cache.replace(resumed(3600)), Some("Bearer at-0")),
    ];
    thread::scope(|scope| {
        let workers = [(); 4].map(|()| {
            let ((ask, asked), (say, said)) = (mpsc::channel::<()>(), mpsc::channel());
            let cache = &cache;
            scope.spawn(move || {
                for () in asked {
                    say.send([header(cache, 1), header(cache, 1)]).unwrap();
                }
            });
            (ask, said)
        });
        for (step, expected) in &steps {
            step();
            for (ask, said) in &workers {
                ask.send(()).unwrap();
                assert_eq!(said.recv().unwrap().each_ref().map(Option::as_deref), [*expected; 2]);
            }
        }
    });
}

#[test]
fn the_copies_of_many_caches_are_not_mixed_up() {
    let caches: Vec<_> = (0..40).map(|n| holding(&format!("at-{n}"), 3600)).collect();
    for _ in 0..3 {
        for (n, cache) in caches.iter().enumerate() {
            assert_eq!(header(cache, 1), Some(format!("Bearer at-{n}")));
        }
    }
}

#[test]
fn a_renewal_in_flight_and_a_failure_take_the_header_of_nobody() {
    let cache = SharedTokenCache::new(empty().with_margin(seconds(10)));
    fetch(&cache, "at-1", 100, 0);
    let Lookup::Renew(_, ticket) = cache.get(|| at(96)) else { panic!("it is due") };
    cache.complete(unavailable(ticket, None, at(96)), || at(96));
    assert_eq!(header(&cache, 89).as_deref(), Some("Bearer at-1"));
}

#[test]
fn with_two_clocks_a_copy_is_as_good_as_the_longer_time_says() {
    let cache = SharedTokenCache::new(empty());
    let ticket = send(cache.get(|| by_both(0, 0)));
    cache.complete(token(ticket, "at-1", 100, by_both(0, 0)), || by_both(0, 0));
    assert!(cache.fresh(|| reading(10, 80)).is_some());
    assert!(cache.fresh(|| reading(20, 100)).is_none());
    assert!(cache.fresh(|| reading(21, 101)).is_none());
}

#[test]
fn a_wall_clock_that_is_set_back_ends_the_copy_and_then_the_token() {
    let cache = SharedTokenCache::new(empty());
    let ticket = send(cache.get(|| by_both(0, 0)));
    cache.complete(token(ticket, "at-1", 100, by_both(0, 0)), || by_both(0, 0));
    assert!(cache.fresh(|| reading(10, 10)).is_some());
    let reads = Cell::new(0);
    let set_back = || {
        reads.set(reads.get() + 1);
        reading(5, 11)
    };
    assert!(cache.fresh(set_back).is_some());
    assert_eq!(reads.get(), 2, "the copy is not asked, the cache is");
    assert!(cache.fresh(|| reading(-1, 12)).is_none());
}

#[test]
fn a_resumed_sessions_header_is_good_until_its_renewal() {
    let cache = SharedTokenCache::new(session(3600));
    assert!(cache.fresh(|| reading(1000, 5)).is_some());
    assert!(cache.fresh(|| reading(3569, 5)).is_some());
    // By the monotonic clock 3569 s and 3585 s.
    assert!(cache.fresh(|| reading(3569, 2574)).is_some());
    assert!(cache.fresh(|| reading(3569, 2590)).is_none());
}

#[test]
fn a_token_that_was_seen_to_be_over_stays_over_for_every_threads_copy() {
    let cache = holding("at-1", 100);
    assert!(header(&cache, 10).is_some());
    let _ticket = send(cache.get(|| at(100)));
    assert_eq!(header(&cache, 20), None);
}

fn key(n: usize) -> TokenKey {
    TokenKey::of_request(&n.to_string(), &requesting())
}

fn insert(caches: &SharedTokenCaches<Entry>, n: usize, second: u64) -> Arc<Entry> {
    let new = || Entry(SharedTokenCache::new(empty()));
    caches.find_or_insert(key(n), || at(second), new)
}

#[test]
fn idle_caches_are_dropped_by_and_by() {
    let caches = SharedTokenCaches::new();
    assert!(caches.is_empty());
    for n in 0..20_000 {
        drop(insert(&caches, n, 0));
    }
    println!("of 20000 idle caches {} are left", caches.len());
    assert!(caches.len() <= 32 * 64);
}

#[test]
fn what_is_held_or_of_use_is_kept() {
    let caches = SharedTokenCaches::new();
    let held: Vec<_> = (0..100).map(|n| insert(&caches, n, 0)).collect();
    for n in 100..200 {
        fetch(&insert(&caches, n, 0).0, "at-1", 3600, 0);
    }
    for n in 200..300 {
        let cache = &insert(&caches, n, 0).0;
        let ticket = send(cache.get(|| at(0)));
        cache.complete(unavailable(ticket, Some("3600"), at(0)), || at(0));
    }
    for n in 300..400 {
        let _out = send(insert(&caches, n, 0).0.get(|| at(0)));
    }
    for n in 0..100 {
        let entry = || Entry(SharedTokenCache::new(session(1)));
        let name = TokenKey::of_session(&n.to_string(), &client());
        drop(caches.find_or_insert(name, || at(0), entry));
    }
    for n in 1000..20_000 {
        drop(insert(&caches, n, 30));
    }
    for (n, entry) in held.iter().enumerate() {
        assert!(Arc::ptr_eq(entry, &caches.find(&key(n)).unwrap()));
    }
    assert!((100..400).all(|n| caches.find(&key(n)).is_some()));
    let session = |n: usize| TokenKey::of_session(&n.to_string(), &client());
    assert!((0..100).all(|n| caches.find(&session(n)).is_some()));
    // An hour and a half later the tokens, pauses and leases are over.
    drop(held);
    for n in 100_000..120_000 {
        drop(insert(&caches, n, 5401));
    }
    assert!((0..400).all(|n| caches.find(&key(n)).is_none()));
    assert!((0..100).all(|n| caches.find(&session(n)).is_some()));
}

#[test]
fn the_same_key_finds_the_same_cache_until_it_is_removed() {
    let caches = SharedTokenCaches::default();
    let one = insert(&caches, 1, 0);
    fetch(&one.0, "at-1", 3600, 0);
    assert_eq!(ready(insert(&caches, 1, 1).0.get(|| at(1))), "at-1");
    assert!(Arc::ptr_eq(&one, &caches.remove(&key(1)).unwrap()));
    assert!(caches.find(&key(1)).is_none() && caches.remove(&key(1)).is_none());
    assert_eq!(ready(one.0.get(|| at(1))), "at-1");
}

#[test]
fn a_session_that_has_ended_is_loaded_anew_and_dropped_by_and_by() {
    let caches = SharedTokenCaches::new();
    let name = TokenKey::of_session("anna", &client());
    let new = || Entry(SharedTokenCache::new(session(1)));
    let ended = caches.find_or_insert(name, || at(0), new);
    assert!(Arc::ptr_eq(&ended, &caches.find(&name).unwrap()));
    let ticket = send(ended.0.get(|| at(1)));
    ended.0.complete(answer(ticket, 400, r#"{"error":"invalid_grant"}"#, at(1)), || at(1));
    assert!(ended.0.has_ended() && ended.0.is_idle(|| at(1)));
    assert!(caches.find(&name).is_none());
    let logged_in_again = caches.find_or_insert(name, || at(2), new);
    assert!(!Arc::ptr_eq(&ended, &logged_in_again));
    assert!(Arc::ptr_eq(&logged_in_again, &caches.find(&name).unwrap()));
}

#[test]
fn a_cache_is_idle_when_nothing_is_lost_by_dropping_it() {
    let idle = |cache: &SharedTokenCache, second| cache.is_idle(|| at(second));
    let cache = SharedTokenCache::new(empty());
    assert!(idle(&cache, 0));
    let ticket = send(cache.get(|| at(0)));
    assert!(cache.fetching().is_some() && !idle(&cache, 59) && idle(&cache, 60));
    cache.complete(token(ticket, "at-1", 100, at(0)), || at(0));
    assert!(cache.fetching().is_none() && !idle(&cache, 99) && idle(&cache, 100));
    assert!(!idle(&SharedTokenCache::new(session(1)), 1_000_000));
    assert!(cache.record().is_none());
    assert_eq!(cache.client().client_id(), "app");
}

#[test]
fn a_cache_whose_grant_is_dead_for_good_is_idle() {
    let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let flow = client().extension_grant(grant_type, Scope::default()).unwrap();
    let cache = SharedTokenCache::new(flow);
    let ticket = send(cache.get(|| at(0)));
    cache.complete(answer(ticket, 400, r#"{"error":"invalid_grant"}"#, at(0)), || at(0));
    assert!(cache.is_idle(|| at(0)));
    // A pause that ends is of use until then.
    let cache = SharedTokenCache::new(empty());
    let ticket = send(cache.get(|| at(0)));
    cache.complete(unavailable(ticket, Some("100"), at(0)), || at(0));
    assert!(!cache.is_idle(|| at(99)));
    assert!(cache.is_idle(|| at(160)));
}

#[test]
fn a_late_rejection_of_an_old_token_leaves_the_copies_alone() {
    let cache = holding("at-1", 3600);
    let Lookup::Ready(old) = cache.get(|| at(1)) else { panic!("it is fresh") };
    cache.reject(old.access_token(), || at(1));
    fetch(&cache, "at-2", 3600, 1);
    let clock_was_read = Cell::new(0);
    let clock = || {
        clock_was_read.set(clock_was_read.get() + 1);
        reading(2, 2)
    };
    assert!(cache.fresh(clock).is_some());
    clock_was_read.set(0);
    cache.reject(old.access_token(), || at(2));
    // A copy reads the clock once; the way through the lock reads it for itself.
    assert_eq!(cache.fresh(clock).unwrap(), "Bearer at-2");
    assert_eq!(clock_was_read.get(), 1);
}
