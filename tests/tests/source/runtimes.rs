//! Runtimes that end, stand still, or are not there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use grantflow::{Advice, Error, Scope, TransportErrorKind};
use grantflow_hyper::{TokenSource, Transport};
use grantflow_tests::gate::Gate;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use crate::asynchronous::{once, source};
use crate::session;

/// It does something only while it is blocked on.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Goes on until so many requests have come.
fn drive(runtime: &Runtime, gate: &Gate, requests: u64) {
    runtime.block_on(async {
        while gate.requests() < requests {
            yield_now().await;
        }
    });
}

#[test]
fn a_runtime_that_ends_hands_the_fetch_over_at_once() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let source = source(&gate);
    let [first, second] = [(); 2].map(|()| runtime());
    first.block_on(async { assert!(once(pin!(source.token())).await.is_none()) });
    drive(&first, &gate, 1);
    let mut waiting = Box::pin(source.token());
    second.block_on(async { assert!(once(waiting.as_mut()).await.is_none()) });
    drop(first);
    gate.let_go();
    let begin = Instant::now();
    let tokens = second.block_on(waiting).unwrap();
    assert_eq!(tokens.access_token().expose(), "token-2");
    assert_eq!(gate.requests(), 2);
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

#[test]
fn a_call_without_a_runtime_leaves_the_source_as_it_was() {
    let gate = Gate::start().unwrap();
    let source = source(&gate);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        pin!(source.token()).as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }));
    assert!(panicked.is_err());
    assert_eq!(runtime().block_on(source.authorization()).unwrap(), "Bearer token-1");
    assert_eq!(gate.requests(), 1);
}

#[test]
fn what_a_runtime_could_not_send_in_its_time_it_does_not_send_when_it_goes_on() {
    let gate = Gate::start().unwrap();
    let client = gate.client().unwrap();
    let flow = || client.client_credentials(Scope::default()).unwrap();
    let timeout = Duration::from_millis(500);
    let transport = Transport::builder().timeout(timeout).build();
    let runtime = runtime();
    // The connection is being made, and takes the request as soon as the runtime goes on.
    let mut late = Box::pin(transport.perform(flow()));
    runtime.block_on(async { assert!(once(late.as_mut()).await.is_none()) });
    let begin = Instant::now();
    while begin.elapsed() <= timeout {
        thread::yield_now();
    }
    let failed = runtime.block_on(late).unwrap_err();
    // It did not leave: so a refresh token in it would not be in doubt.
    let Error::Transport(error) = failed.error() else { panic!("{failed:?}") };
    assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
    drop(runtime.block_on(transport.perform(flow())).unwrap());
    assert_eq!(gate.requests(), 1);
}

#[test]
fn tasks_that_were_dropped_before_they_sent_anything_do_not_end_the_session() {
    for calls in [1, 5] {
        let gate = Gate::start().unwrap();
        let client = gate.client().unwrap();
        let mut source =
            TokenSource::new(&Transport::new(), session::of_age(&client, session::DUE));
        for _ in 0..calls {
            // The fetch is dropped with its runtime, before it has begun.
            assert_eq!(runtime().block_on(source.authorization()).unwrap(), "Bearer old");
        }
        assert_eq!(gate.requests(), 0);
        // It has not ended, or there would be no record.
        let record = source.record().unwrap();
        if calls > 1 {
            // Nobody asks for a while now, but for a program that begins anew.
            let old = runtime().block_on(source.token()).unwrap();
            source.reject(old.access_token());
            let error = runtime().block_on(source.token()).unwrap_err();
            assert!(matches!(error.advice(), Advice::RetryAfter(_)), "{error}");
            source = TokenSource::new(&Transport::new(), client.resume(record).unwrap());
        }
        runtime().block_on(async {
            assert_eq!(source.authorization().await.unwrap(), "Bearer old");
            source.settle().await.unwrap();
            assert_eq!(source.authorization().await.unwrap(), "Bearer token-1");
        });
        assert!(gate.last_request().contains("refresh_token=refresh-0"), "{calls}");
        assert_eq!(gate.requests(), 1);
    }
}

#[test]
fn a_refresh_token_whose_answer_was_lost_with_its_runtime_is_sent_twice_and_not_a_third_time() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let client = gate.client().unwrap();
    let source = TokenSource::new(&Transport::new(), session::of_age(&client, session::DUE));
    for sent in [1, 2] {
        let runtime = runtime();
        assert_eq!(runtime.block_on(source.authorization()).unwrap(), "Bearer old");
        drive(&runtime, &gate, sent);
        assert!(gate.last_request().contains("refresh_token=refresh-0"), "{sent}");
    }
    gate.let_go();
    // The old token answers to its end; then the failure is known.
    runtime().block_on(async {
        assert_eq!(source.authorization().await.unwrap(), "Bearer old");
        source.settle().await.unwrap();
        source.reject(source.token().await.unwrap().access_token());
        let error = source.token().await.unwrap_err();
        assert_eq!(error.advice(), Advice::Reauthorize);
        assert!(error.to_string().contains("was sent twice and no answer came"), "{error}");
        assert_eq!(gate.requests(), 2);
        // After the new login there is another session, with the tokens that came with it.
        source.replace(session::of_age(&client, session::DUE));
        assert_eq!(source.authorization().await.unwrap(), "Bearer old");
        source.settle().await.unwrap();
        assert_eq!(source.authorization().await.unwrap(), "Bearer token-3");
    });
}

#[test]
fn a_kept_connection_that_dies_with_its_runtime_costs_nothing() {
    let gate = Gate::start().unwrap();
    let transport = Transport::new();
    let client = gate.client().unwrap();
    let ask = || client.client_credentials(Scope::default()).unwrap();
    let first = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _ = first.block_on(transport.perform(ask())).unwrap();
    gate.hold();
    let asking = thread::spawn({
        let (transport, ask) = (transport.clone(), ask());
        move || runtime().block_on(transport.perform(ask))
    });
    // Over the first runtime's connection, or where that was not free yet, over a new one.
    gate.wait_for_requests(2);
    drop(first);
    gate.let_go();
    assert!(asking.join().unwrap().is_ok());
}
