//! Futures that are dropped.

use http::StatusCode;

use crate::script::{fine, refused, refused_in_body};
use crate::world::{World, soon, within};

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
