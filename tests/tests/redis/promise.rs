//! What every store promises.

use std::sync::Barrier;
use std::thread;

use super::*;

#[test]
fn what_is_swapped_in_is_what_is_loaded() {
    let server = RedisServer::start().unwrap();
    for (name, store) in stores(server.url(), LONG) {
        let key = new_key();
        assert!(store.load(&key).unwrap().is_none(), "{name}");

        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let new = Stored::new(7, bytes.clone());
        assert!(store.compare_and_swap(&key, None, &new).unwrap(), "{name}");
        let loaded = store.load(&key).unwrap().unwrap();
        assert_eq!((loaded.version(), loaded.bytes()), (7, &*bytes), "{name}");

        let empty = Stored::new(8, Vec::new());
        assert!(store.compare_and_swap(&key, Some(7), &empty).unwrap(), "{name}");
        let loaded = store.load(&key).unwrap().unwrap();
        assert_eq!((loaded.version(), loaded.bytes()), (8, &[][..]), "{name}");
        assert!(store.load(&new_key()).unwrap().is_none(), "{name}: another key");
    }
}

/// A number of Lua's cannot tell the neighbours in this list from each other.
#[test]
fn versions_are_told_apart_up_to_the_largest() {
    let server = RedisServer::start().unwrap();
    let versions = [0, 1, (1 << 53) + 1, 1 << 53, (1 << 53) + 1, u64::MAX, u64::MAX - 1, u64::MAX];
    for (name, store) in stores(server.url(), LONG) {
        let key = new_key();
        let mut before = None;
        for now in versions {
            for other in versions.into_iter().filter(|&other| Some(other) != before) {
                let swapped = store.compare_and_swap(&key, Some(other), &record(now)).unwrap();
                assert!(!swapped, "{name}: {other} is not {before:?}");
            }
            assert!(store.compare_and_swap(&key, before, &record(now)).unwrap(), "{name}: {now}");
            assert_eq!(version(&*store, &key), Some(now), "{name}");
            before = Some(now);
        }
    }
}

#[test]
fn a_swap_that_expects_something_else_changes_nothing() {
    let server = RedisServer::start().unwrap();
    for (name, store) in stores(server.url(), LONG) {
        let key = new_key();
        assert!(!store.compare_and_swap(&key, Some(0), &record(1)).unwrap(), "{name}");
        assert!(store.load(&key).unwrap().is_none(), "{name}");

        assert!(store.compare_and_swap(&key, None, &record(1)).unwrap(), "{name}");
        for wrong in [None, Some(0), Some(2)] {
            let swapped = store.compare_and_swap(&key, wrong, &record(3)).unwrap();
            assert!(!swapped, "{name}: {wrong:?}");
            assert_eq!(store.load(&key).unwrap().unwrap().bytes(), b"record 1", "{name}");
        }
    }
}

#[test]
fn of_many_threads_that_create_one_does() {
    let server = RedisServer::start().unwrap();
    for (name, store) in stores(server.url(), LONG) {
        for _ in 0..20 {
            let key = new_key();
            let barrier = Barrier::new(8);
            let winners: Vec<u64> = thread::scope(|scope| {
                let race = |number: u64| {
                    barrier.wait();
                    let swapped = store.compare_and_swap(&key, None, &record(number)).unwrap();
                    swapped.then_some(number)
                };
                let racers = (0..8).map(|number| scope.spawn(move || race(number)));
                let racers: Vec<_> = racers.collect();
                racers.into_iter().filter_map(|racer| racer.join().unwrap()).collect()
            });
            assert_eq!(winners.len(), 1, "{name}");
            assert_eq!(version(&*store, &key), winners.first().copied(), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_tasks_that_create_one_does() {
    let server = RedisServer::start().unwrap();
    let store = Arc::new(Hyper::open(server.url()).unwrap());
    let key = new_key();
    let tasks: Vec<_> = (0..100)
        .map(|number| {
            let store = Arc::clone(&store);
            let create =
                async move { store.compare_and_swap(&key, None, &record(number)).await.unwrap() };
            tokio::spawn(create)
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        winners += u32::from(task.await.unwrap());
    }
    assert_eq!(winners, 1);
}
