//! A Redis that is restarted, is not there or does not answer.

use std::net::TcpListener;
use std::thread;
use std::time::Instant;

use super::*;

#[test]
fn after_a_restart_loads_work_at_once_and_swaps_by_the_second() {
    let mut server = RedisServer::start_own(&[]).unwrap();
    for (name, store) in stores(server.url(), LONG) {
        let key = new_key();
        assert!(store.compare_and_swap(&key, None, &record(1)).unwrap(), "{name}");
        server.kill().unwrap();
        server.start_again().unwrap();
        assert!(store.load(&key).unwrap().is_none(), "{name}: it kept nothing");

        server.kill().unwrap();
        server.start_again().unwrap();
        let first = store.compare_and_swap(&key, None, &record(2));
        let stands = version(&*store, &key);
        assert!(first.is_err() || stands == Some(2), "{name}");
        assert!(store.compare_and_swap(&key, stands, &record(3)).unwrap(), "{name}");
    }
}

/// With the settings that the documentation asks for.
#[test]
fn what_was_swapped_in_is_there_after_a_crash() {
    let settings = ["--appendonly", "yes", "--appendfsync", "always"];
    let mut server = RedisServer::start_own(&settings).unwrap();
    for (name, store) in stores(server.url(), LONG) {
        let keys: Vec<_> = (0..20).map(|_| new_key()).collect();
        for key in &keys {
            assert!(store.compare_and_swap(key, None, &record(1)).unwrap(), "{name}");
            assert!(store.compare_and_swap(key, Some(1), &record(u64::MAX)).unwrap(), "{name}");
        }
        server.kill().unwrap();
        server.start_again().unwrap();
        for key in &keys {
            let stands = store.load(key).unwrap().unwrap();
            let expected = record(u64::MAX);
            let expected = (expected.version(), expected.bytes());
            assert_eq!((stands.version(), stands.bytes()), expected, "{name}");
        }
    }
}

#[test]
fn without_a_server_the_error_says_where_it_was_looked_for() {
    // Nothing listens on port 1, and nothing begins to while this test runs.
    for (name, store) in stores("redis://user:s3cr3t@127.0.0.1:1/0", LONG) {
        let started = Instant::now();
        let loading = store.load(&new_key()).unwrap_err();
        let swapping = store.compare_and_swap(&new_key(), None, &record(1)).unwrap_err();
        assert!(started.elapsed() < LONG, "{name}");
        for error in [loading, swapping] {
            let shown = error.to_string();
            assert!(shown.contains("127.0.0.1:1:"), "{name}: {shown}");
            assert!(shown.contains("see that it runs"), "{name}: {shown}");
            assert!(!format!("{shown} {error:?}").contains("s3cr3t"), "{name}: {shown}");
        }
    }
}

#[test]
fn a_server_that_takes_connections_and_never_answers_is_an_error_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let give_up = |url: &str, name: &str, store: &dyn Store| {
        let started = Instant::now();
        let loading = store.load(&new_key()).unwrap_err();
        let swapping = store.compare_and_swap(&new_key(), None, &record(1)).unwrap_err();
        let took = started.elapsed();
        assert!(took > SHORT / 2 && took < SHORT * 7 / 2, "{name} {url}: {took:?}");
        for error in [loading, swapping] {
            assert!(error.to_string().contains("no answer in time"), "{name}: {error}");
        }
    };
    thread::scope(|scope| {
        // A connection begins with no question, with one, and with two.
        for url in ["redis://ADDRESS", "redis://:password@ADDRESS", "redis://:password@ADDRESS/7"] {
            for (name, store) in stores(&url.replace("ADDRESS", &address.to_string()), SHORT) {
                scope.spawn(move || give_up(url, name, &*store));
            }
        }
    });
}

/// Each waits for its own time, and not for the others' too.
#[tokio::test]
async fn many_tasks_give_a_silent_server_up_together() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let store = Arc::new(Hyper::open(&url).unwrap().timeout(SHORT));
    let started = Instant::now();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.load(&new_key()).await.unwrap_err() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(started.elapsed() < LONG);
}

#[test]
fn a_server_that_does_not_write_for_a_while_is_an_error_and_then_works() {
    let mut server = RedisServer::start_own(&[]).unwrap();
    for (name, store) in stores(server.url(), SHORT) {
        let key = new_key();
        assert!(store.compare_and_swap(&key, None, &record(1)).unwrap(), "{name}");
        server.command("CLIENT PAUSE 60000 WRITE").unwrap();
        store.compare_and_swap(&key, Some(1), &record(2)).unwrap_err();
        assert_eq!(version(&*store, &key), Some(1), "{name}");
        server.command("CLIENT UNPAUSE").unwrap();
        // The server may make the first one even now, after this load and before this swap.
        let swap = || store.compare_and_swap(&key, version(&*store, &key), &record(3)).unwrap();
        assert!(swap() || swap(), "{name}");
    }
}

#[test]
fn a_store_outlives_the_runtime_that_made_its_connection() {
    let server = RedisServer::start().unwrap();
    let store = Hyper::open(server.url()).unwrap();
    let key = new_key();
    let new_runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stands_still = new_runtime();
    assert!(stands_still.block_on(store.compare_and_swap(&key, None, &record(0))).unwrap());
    for (number, next) in (0..100).zip(1..) {
        let runtime = new_runtime();
        let new = record(next);
        let swap = store.compare_and_swap(&key, Some(number), &new);
        assert!(runtime.block_on(swap).unwrap());
    }
    let stands = stands_still.block_on(store.load(&key)).unwrap();
    assert_eq!(stands.unwrap().version(), 100);
}

#[test]
fn without_a_runtime_there_is_an_error() {
    use std::task::{Context, Poll, Waker};

    let store = Hyper::open("redis://127.0.0.1").unwrap();
    let key = new_key();
    let mut load = Box::pin(store.load(&key));
    let poll = load.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(error)) = poll else { panic!("it goes on without a runtime") };
    assert!(error.to_string().contains("runtime"), "{error}");
}

#[tokio::test]
async fn futures_may_be_dropped_at_any_point() {
    let server = RedisServer::start().unwrap();
    let store = Hyper::open(server.url()).unwrap();
    let key = new_key();
    for polls in 0..20 {
        let mut load = Box::pin(store.load(&key));
        for _ in 0..polls {
            let poll = std::future::poll_fn(|cx| std::task::Poll::Ready(load.as_mut().poll(cx)));
            if poll.await.is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(load);
        assert!(store.load(&key).await.unwrap().is_none(), "after {polls} polls");
    }
}
