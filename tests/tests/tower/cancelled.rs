//! Futures that are dropped, and runtimes that end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};

use grantflow_tests::gate::Gate;
use http::StatusCode;
use tokio::runtime::Builder;

use crate::script::{fine, refused, refused_in_body};
use crate::world::{World, soon, source, within};

#[tokio::test]
async fn a_call_dropped_at_any_point_costs_no_token() {
    let mut polls = 0;
    loop {
        let world = World::new(|_| fine());
        let done = within(polls, world.get()).await.is_some();
        assert!(world.script.is_free(), "after {polls} polls");
        assert_eq!(soon(world.get()).await.status, StatusCode::OK, "after {polls} polls");
        assert_eq!(world.gate.requests(), 1, "after {polls} polls");
        if done {
            break;
        }
        polls += 1;
    }
    assert!(polls >= 3, "{polls}");
}

#[tokio::test]
async fn a_renewal_dropped_at_any_point_costs_no_token() {
    for no in [refused, refused_in_body] {
        let mut polls = 0;
        loop {
            let world = World::new(move |asked| match asked.authorization.as_deref() {
                Some("Bearer token-2") => fine(),
                _ => no(),
            });
            let done = within(polls, world.get()).await.is_some();
            assert!(world.script.is_free(), "after {polls} polls");
            let answer = soon(world.get()).await;
            assert_eq!((answer.status, answer.why), (StatusCode::OK, None), "{polls} polls");
            assert_eq!(world.gate.requests(), 2, "after {polls} polls");
            if done {
                break;
            }
            polls += 1;
        }
        assert!(polls >= 6, "{polls}");
    }
}

#[tokio::test]
async fn whoever_asked_first_may_go_and_the_others_have_the_answer() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let source = source(&gate);
    assert!(within(1, source.token()).await.is_none());
    let mut others: Vec<_> = (0..10).map(|_| Box::pin(source.authorization())).collect();
    for other in &mut others {
        assert!(within(1, other.as_mut()).await.is_none());
    }
    gate.let_go();
    drop(others.pop());
    for other in others {
        assert_eq!(soon(other).await.unwrap(), "Bearer token-1");
    }
    assert_eq!(gate.requests(), 1);
}

#[test]
fn a_runtime_that_ends_hands_the_fetch_over_at_once() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let source = source(&gate);
    let [first, second] =
        [(); 2].map(|()| Builder::new_current_thread().enable_all().build().unwrap());
    first.block_on(async {
        assert!(within(1, source.token()).await.is_none());
        while gate.requests() == 0 {
            tokio::task::yield_now().await;
        }
    });
    let mut waiting = Box::pin(source.token());
    second.block_on(async { assert!(within(1, waiting.as_mut()).await.is_none()) });
    drop(first);
    gate.let_go();
    let tokens = second.block_on(soon(waiting)).unwrap();
    assert_eq!(tokens.access_token().expose(), "token-2");
    assert_eq!(gate.requests(), 2);
}

#[test]
fn a_call_without_a_runtime_leaves_the_source_as_it_was() {
    let gate = Gate::start().unwrap();
    let source = source(&gate);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        pin!(source.token()).as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }));
    assert!(panicked.is_err());
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let header = runtime.block_on(soon(source.authorization())).unwrap();
    assert_eq!(header, "Bearer token-1");
    assert_eq!(gate.requests(), 1);
}
