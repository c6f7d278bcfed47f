//! The stories for tasks.

use std::iter::repeat_with;
use std::thread;
use std::time::{Duration, Instant};

use grantflow::{Advice, Scope};
use grantflow_hyper::{TokenSource, Transport};
use grantflow_tests::gate::Gate;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, yield_now};

use crate::session;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn source(gate: &Gate) -> TokenSource {
    let flow = gate.client().unwrap().client_credentials(Scope::default()).unwrap();
    TokenSource::new(&Transport::new(), flow)
}

/// What this many tasks get that ask at the same time.
async fn herd<T, F>(tasks: usize, ask: impl Fn() -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    repeat_with(ask).take(tasks).collect::<JoinSet<T>>().join_all().await
}

#[test]
fn ten_thousand_tasks_on_an_empty_cache_make_one_request() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let source = source(&gate);
    let headers = runtime().block_on(async {
        let asking = herd(10_000, || {
            let source = source.clone();
            async move { source.authorization().await.unwrap() }
        });
        let letting_go = async {
            while gate.requests() == 0 {
                yield_now().await;
            }
            gate.let_go();
        };
        tokio::join!(asking, letting_go).0
    });
    assert_eq!(headers.len(), 10_000);
    assert!(headers.iter().all(|header| header == "Bearer token-1" && header.is_sensitive()));
    assert_eq!(gate.requests(), 1);
}

#[test]
fn two_hundred_tasks_learn_one_error_from_one_request() {
    let gate = Gate::start().unwrap();
    gate.answer(503, r#"{"error_description": "closed for the night"}"#);
    let source = source(&gate);
    let errors = runtime().block_on(herd(200, || {
        let source = source.clone();
        async move { source.token().await.unwrap_err() }
    }));
    for error in &errors {
        assert!(error.to_string().contains("closed for the night"), "{error}");
        assert!(matches!(error.advice(), Advice::RetryAfter(pause) if pause.as_secs() >= 1));
    }
    assert_eq!((errors.len(), gate.requests()), (200, 1));
}

#[test]
fn a_thousand_late_401s_for_one_token_make_one_request() {
    let gate = Gate::start().unwrap();
    let source = source(&gate);
    runtime().block_on(async {
        let revoked = source.token().await.unwrap();
        let tokens = herd(1_000, || {
            let (source, revoked) = (source.clone(), revoked.clone());
            async move {
                source.reject(revoked.access_token());
                source.token().await.unwrap()
            }
        });
        let tokens = tokens.await;
        assert!(tokens.iter().all(|token| token.access_token().expose() == "token-2"));
    });
    assert_eq!(gate.requests(), 2);
}

#[test]
fn a_hung_endpoint_makes_nobody_wait_who_has_a_valid_token() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let client = gate.client().unwrap();
    let source = TokenSource::new(&Transport::new(), session::of_age(&client, 56));
    runtime().block_on(async {
        // If one of them waited, it would wait for the gate, and so for ever.
        let tokens = herd(1_000, || {
            let source = source.clone();
            async move { source.token().await.unwrap() }
        });
        assert!(tokens.await.iter().all(|token| token.access_token().expose() == "old"));
        while gate.requests() == 0 {
            yield_now().await;
        }
        gate.let_go();
        source.settle().await;
        assert_eq!(source.token().await.unwrap().access_token().expose(), "token-1");
    });
    assert_eq!(gate.requests(), 1);
    let record = serde_json::to_value(source.record().unwrap()).unwrap();
    assert_eq!(record["refresh_token"], "refresh-1");
}

#[test]
fn while_a_renewal_fails_the_old_token_answers_and_the_endpoint_has_peace() {
    let gate = Gate::start().unwrap();
    gate.answer(503, "{}");
    let client = gate.client().unwrap();
    let source = TokenSource::new(&Transport::new(), session::of_age(&client, 56));
    let calls = runtime().block_on(async {
        let (begin, mut calls) = (Instant::now(), 0);
        while begin.elapsed() < Duration::from_millis(300) {
            assert_eq!(source.authorization().await.unwrap(), "Bearer old");
            calls += 1;
            yield_now().await;
        }
        source.settle().await;
        calls
    });
    assert!(calls > 100, "{calls}");
    assert!((1..=2).contains(&gate.requests()), "{} requests", gate.requests());
}

#[test]
fn what_was_asked_for_arrives_though_who_asked_is_gone() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let source = source(&gate);
    runtime().block_on(async {
        let leader = tokio::spawn({
            let source = source.clone();
            async move { source.token().await }
        });
        while gate.requests() == 0 {
            yield_now().await;
        }
        leader.abort();
        assert!(leader.await.unwrap_err().is_cancelled());
        gate.let_go();
        assert_eq!(source.token().await.unwrap().access_token().expose(), "token-1");
    });
    assert_eq!(gate.requests(), 1);
}

#[test]
fn a_runtime_that_ends_in_the_middle_lets_the_next_one_take_over_at_once() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let flow = gate.client().unwrap().client_credentials(Scope::default()).unwrap();
    // A kept connection may die with its runtime: the next one gives it up after this time.
    let transport = Transport::builder().connect_timeout(Duration::from_secs(1)).build();
    let source = TokenSource::new(&transport, flow);
    let first = runtime();
    let asked = first.spawn({
        let source = source.clone();
        async move { source.token().await }
    });
    gate.wait_for_requests(1);
    let waiting = thread::spawn({
        let source = source.clone();
        move || runtime().block_on(source.token())
    });
    first.shutdown_background();
    drop(asked);
    gate.wait_for_requests(2);
    gate.let_go();
    assert_eq!(waiting.join().unwrap().unwrap().access_token().expose(), "token-2");
}

#[test]
fn a_source_can_be_shared_by_anybody() {
    fn check<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn check_future(_: impl Future + Send) {}
    let gate = Gate::start().unwrap();
    let source = source(&gate);
    check(&source);
    check(&grantflow_hyper::TokenSources::new(&Transport::new()));
    check_future(source.token());
    check_future(source.authorization());
    check_future(source.settle());
    assert!(!format!("{source:?}").contains("s3cr3t-s3cr3t"));
}
