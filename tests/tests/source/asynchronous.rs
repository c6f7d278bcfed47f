//! The stories for tasks.

use std::future::poll_fn;
use std::iter::repeat_with;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use grantflow::{Advice, Scope};
use grantflow_hyper::{AuthorizeError, AuthorizeLayer, TokenSource, TokenSources, Transport};
use grantflow_tests::gate::Gate;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, yield_now};

use crate::session;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub(crate) fn source(gate: &Gate) -> TokenSource {
    let flow = gate.client().unwrap().client_credentials(Scope::default()).unwrap();
    TokenSource::new(&Transport::new(), flow)
}

/// What the future has come to when it has been polled once.
pub(crate) async fn once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|cx| {
        Poll::Ready(match future.as_mut().poll(cx) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
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
fn while_the_token_is_good_nobody_waits() {
    let gate = Gate::start().unwrap();
    let source = source(&gate);
    runtime().block_on(async {
        source.authorization().await.unwrap();
        gate.hold();
        for _ in 0..1_000 {
            assert!(once(pin!(source.authorization())).await.is_some());
            assert!(once(pin!(source.token())).await.is_some());
        }
    });
    assert_eq!(gate.requests(), 1);
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
    let source = TokenSource::new(&Transport::new(), session::of_age(&client, session::DUE));
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
        assert!(once(pin!(source.settle())).await.is_none());
        for _ in 0..100 {
            assert_eq!(once(pin!(source.authorization())).await.unwrap().unwrap(), "Bearer old");
        }
        gate.let_go();
        source.settle().await.unwrap();
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
    let source = TokenSource::new(&Transport::new(), session::of_age(&client, session::DUE));
    let calls = runtime().block_on(async {
        let (begin, mut calls) = (Instant::now(), 0);
        while begin.elapsed() < Duration::from_millis(300) {
            assert_eq!(source.authorization().await.unwrap(), "Bearer old");
            calls += 1;
            yield_now().await;
        }
        source.settle().await.unwrap();
        calls
    });
    assert!(calls > 100, "{calls}");
    assert!((1..=2).contains(&gate.requests()), "{} requests", gate.requests());
}

#[tokio::test]
async fn whoever_asked_first_may_go_and_the_others_have_the_answer() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let source = source(&gate);
    assert!(once(pin!(source.token())).await.is_none());
    let mut others: Vec<_> = (0..10).map(|_| Box::pin(source.authorization())).collect();
    for other in &mut others {
        assert!(once(other.as_mut()).await.is_none());
    }
    while gate.requests() == 0 {
        yield_now().await;
    }
    drop(others.pop());
    gate.let_go();
    for other in others {
        assert_eq!(other.await.unwrap(), "Bearer token-1");
    }
    assert_eq!(gate.requests(), 1);
}

#[tokio::test]
async fn new_credentials_serve_those_who_wait_for_the_old_ones() {
    let (old, new) = (Gate::start().unwrap(), Gate::start().unwrap());
    old.hold();
    let source = source(&old);
    let mut waiting = Box::pin(source.token());
    assert!(once(waiting.as_mut()).await.is_none());
    source.replace(new.client().unwrap().client_credentials(Scope::default()).unwrap());
    assert_eq!(waiting.await.unwrap().access_token().expose(), "token-1");
    assert_eq!(new.requests(), 1);
    assert_eq!(
        source.client().provider().token_endpoint(),
        new.client().unwrap().provider().token_endpoint()
    );
}

#[test]
fn a_source_and_its_futures_go_anywhere() {
    fn anywhere<T: Clone + Send + Sync + 'static>() {}
    fn can_move<T: Send>(_: T) {}
    fn is_an_error<T: std::error::Error + Send + Sync + 'static>() {}
    is_an_error::<AuthorizeError<std::io::Error>>();
    anywhere::<TokenSource>();
    anywhere::<TokenSources>();
    anywhere::<AuthorizeLayer>();
    anywhere::<Transport>();
    assert_eq!([size_of::<Transport>(), size_of::<TokenSource>()], [size_of::<Arc<()>>(); 2]);
    let gate = Gate::start().unwrap();
    let source = source(&gate);
    can_move(source.token());
    can_move(source.authorization());
    can_move(source.settle());
    let (sources, client) = (TokenSources::new(&Transport::new()), gate.client().unwrap());
    can_move(sources.login("ann", session::of_age(&client, 0)));
    can_move(sources.logout("ann", &client));
    // Nothing of a secret is printed.
    assert!(!format!("{source:?} {sources:?}").contains("s3cr3t"));
}
