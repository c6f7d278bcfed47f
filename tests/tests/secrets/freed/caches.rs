//! Caches.

use std::sync::Mutex;
use std::thread;
use std::time::{Instant, SystemTime};

use grantflow::{
    AccessToken, BodyFormat, ClientAuth, Lookup, Reading, Scope, SharedTokenCache, TokenCache,
};

use super::{Cast, NOW, leaves_nothing, left_of, receive};

#[test]
fn a_cache_leaves_nothing() {
    leaves_nothing(60, |cast, held| {
        let mut cache = cache(cast);
        let Lookup::Send(ticket) = cache.get(NOW) else { panic!() };
        cache.complete(receive(ticket, 200, &cast.short_answer()), NOW);
        let Lookup::Ready(tokens) = cache.get(NOW) else { panic!() };
        held(&[cast.access]);
        cache.reject(tokens.access_token(), NOW);
    });
}

#[test]
fn a_session_in_a_cache_leaves_nothing() {
    leaves_nothing(61, |cast, held| {
        let client = cast.client(ClientAuth::Post, BodyFormat::Form);
        let mut cache = TokenCache::from(cast.session(&client));
        let Lookup::Ready(tokens) = cache.get(NOW) else { panic!() };
        cache.reject(tokens.access_token(), NOW);
        let Lookup::Send(ticket) = cache.get(NOW) else { panic!() };
        held(&[cast.access, cast.refresh]);
        cache.complete(receive(ticket, 200, &cast.short_answer()), NOW);
        drop(cache.record());
    });
}

#[test]
fn a_shared_cache_leaves_nothing_when_the_threads_that_used_it_have_ended() {
    leaves_nothing(62, |cast, held| {
        let cache = shared(cast);
        thread::scope(|scope| {
            let asking = [(); 4].map(|()| scope.spawn(|| cache.fresh(reading).unwrap()));
            // The end of the scope would not wait for what a thread drops last, its copies.
            for thread in asking {
                drop(thread.join().unwrap());
            }
        });
        held(&[cast.access]);
    });
}

#[test]
fn a_thread_that_drops_a_shared_cache_keeps_no_copy_of_its_header() {
    leaves_nothing(63, |cast, held| {
        let cache = shared(cast);
        cache.fresh(reading).unwrap();
        held(&[cast.access]);
    });
}

#[test]
fn a_thread_that_rejects_a_token_keeps_no_copy_of_its_header() {
    let kept = Mutex::new(Vec::new());
    let left = left_of(64, |cast, held| {
        let cache = shared(cast);
        cache.fresh(reading).unwrap();
        held(&[cast.access]);
        cache.reject(&AccessToken::new(cast.access.text()).unwrap(), || NOW);
        kept.lock().unwrap().push(cache);
    });
    // The cache lives on, with the client's secret.
    assert_eq!(left, ["96 of the client's secret in "]);
}

fn cache(cast: &Cast) -> TokenCache {
    let client = cast.client(ClientAuth::Post, BodyFormat::Form);
    client.client_credentials(Scope::default()).unwrap().into()
}

fn shared(cast: &Cast) -> SharedTokenCache {
    let cache = SharedTokenCache::new(cache(cast));
    let Lookup::Send(ticket) = cache.get(|| NOW) else { panic!() };
    cache.complete(receive(ticket, 200, &cast.short_answer()), || NOW);
    cache
}

/// What the clocks show at the time of these stories.
fn reading() -> Reading {
    let start = Instant::now();
    Reading::new(SystemTime::UNIX_EPOCH + NOW.since_unix_epoch(), start, start)
}
