//! A store that fails, or says so.

use grantflow::{Advice, Error, SessionErrorKind, Stepwise};

use crate::scenario::{process, refresh_token_of, tokens};
use crate::shelf::Fault::{Done, Undone};
use crate::world::{World, session_error};

#[test]
fn a_mark_that_seemed_to_fail_and_stands_is_used() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let mut rotation = world.begin(&mut cache);
    world.one(&mut rotation);
    world.store.fail_swaps(&[Done]);
    world.one(&mut rotation);
    let version = world.version();
    let ticket = world.run(&mut rotation).unwrap();
    assert_eq!(refresh_token_of(&ticket), "rt-0");
    assert_eq!(world.version(), version, "it is not set a second time");
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-1");
    assert_eq!(world.record()["vanished"], false);
}

#[test]
fn a_mark_that_failed_is_set_again() {
    let mut world = World::with_session();
    let mut cache = process(1);
    world.store.fail_swaps(&[Undone]);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    assert!(world.record()["mark"]["owner"].is_string(), "nothing is sent without a mark");
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-1");
}

#[test]
fn a_save_that_seemed_to_fail_and_stands_is_found() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[Done]);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-1");
    assert_eq!(world.stored_token(), "rt-1");
}

#[test]
fn tokens_that_are_over_when_they_are_found_saved_are_not_refreshed_before_anybody_had_them() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[Done]);
    let short = r#"{"access_token":"at-1","token_type":"Bearer","expires_in":10,
        "refresh_token":"rt-1"}"#;
    rotation.take(world.answer(ticket, 200, short), world.now());
    world.one(&mut rotation);
    // It takes a while until it knows that it did not fail.
    world.pass(10);
    assert!(world.run(&mut rotation).is_none(), "it has what it was asked for");
    assert_eq!(world.stored_token(), "rt-1");
}

#[test]
fn a_save_that_failed_is_made_again() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    // Its pauses double: 50 ms, 100 ms, 200 ms, 400 ms, 800 ms.
    world.store.fail_swaps(&[Undone; 5]);
    let before = world.now();
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.now().elapsed_since(before).unwrap().as_millis(), 1_550);
    assert_eq!(world.token(&mut cache), "at-1");
    assert_eq!(world.stored_token(), "rt-1");
}

#[test]
fn where_saving_fails_for_good_the_caller_gets_the_tokens_with_the_error() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[Undone; 6]);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    let error = world.error(&mut cache);
    assert_eq!(session_error(error.error()).kind(), SessionErrorKind::Unsaved);
    assert!(matches!(error.advice(), Advice::RetryAfter(_)));
    let unsaved = error.unsaved().unwrap();
    assert_eq!(unsaved.tokens().access_token().expose(), "at-1");
    let record = serde_json::to_value(unsaved.record()).unwrap();
    assert_eq!(record["refresh_token"], "rt-1");
    assert_eq!(world.stored_token(), "rt-0");
    assert!(!cache.is_idle(world.now()), "dropping it would lose the tokens");

    // The next call stores them, and sends nothing.
    world.pass(2);
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-1");
    assert_eq!(world.stored_token(), "rt-1");
    assert!(world.record()["mark"].is_null());
}

#[test]
fn what_is_saved_hours_later_is_refreshed_at_once() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[Undone; 6]);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    // By then the access token is over, and nobody can use it.
    world.pass(7_200);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    assert_eq!(refresh_token_of(&ticket), "rt-1");
    let answer = world.answer(ticket, 200, &tokens(2));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-2");
}

#[test]
fn without_a_store_to_load_from_nothing_is_sent() {
    let mut world = World::with_session();
    let mut cache = process(1);
    world.store.fail_loads(3);
    world.look(&mut cache);
    let error = world.error(&mut cache);
    assert_eq!(session_error(error.error()).kind(), SessionErrorKind::StoreUnavailable);
    assert!(error.to_string().contains("the store cannot be read"), "{error}");
    assert!(error.unsaved().is_none());
    world.pass(2);
    world.refresh(&mut cache, 1);
}

#[test]
fn a_load_that_fails_twice_is_no_reason_to_give_up() {
    let mut world = World::with_session();
    world.store.fail_loads(2);
    world.refresh(&mut process(1), 1);
}

#[test]
fn without_a_store_to_set_the_mark_in_nothing_is_sent() {
    let mut world = World::with_session();
    let mut cache = process(1);
    // It can be read all the time: a full disk, or a replica.
    world.store.fail_swaps(&[Undone; 50]);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::StoreUnavailable);
    assert_eq!(world.stored_token(), "rt-0");
}

#[test]
fn a_store_that_takes_its_time_for_each_mark_does_not_hold_a_rotation_for_ever() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let mut rotation = world.begin(&mut cache);
    for _ in 0..1_000 {
        let Some(event) = world.event(&mut rotation) else { break };
        world.pass(6);
        rotation.take(event, world.now());
    }
    assert!(world.event(&mut rotation).is_none(), "it does not end");
    cache.conclude(rotation, world.now());
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Busy);
}

#[test]
fn a_note_of_a_lost_answer_that_seemed_to_fail_is_not_counted_twice() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[Done]);
    let answer = crate::world::unanswered(ticket, grantflow::TransportErrorKind::Timeout);
    world.finish(&mut cache, rotation, answer);
    let record = world.record();
    assert_eq!(record["lost"], 1, "{}", record["end"]);
    assert!(record["end"].is_null());
    assert!(matches!(world.error(&mut cache).error(), Error::Transport(_)));
}

#[test]
fn a_note_that_nothing_was_used_which_seemed_to_fail_leads_to_no_second_request() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[Done]);
    let answer = world.answer(ticket, 503, "");
    world.finish(&mut cache, rotation, answer);
    assert!(matches!(world.error(&mut cache).error(), Error::Unavailable(_)));
    assert!(world.record()["mark"].is_null());
}

#[test]
fn a_note_of_a_refusal_that_seemed_to_fail_stands() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[Done]);
    let answer = world.answer(ticket, 400, r#"{"error":"invalid_grant"}"#);
    world.finish(&mut cache, rotation, answer);
    let error = world.error(&mut cache);
    assert_eq!((error.advice(), error.error().status()), (Advice::Reauthorize, Some(400)));
    assert_eq!(world.record()["end"], "refused");
}

#[test]
fn where_no_note_can_be_made_the_caller_learns_what_the_server_said() {
    for (status, body) in [(503, ""), (400, r#"{"error":"invalid_grant"}"#)] {
        let mut world = World::with_session();
        let mut cache = process(1);
        let (rotation, ticket) = world.begin_sending(&mut cache);
        world.store.fail_swaps(&[Undone; 3]);
        let answer = world.answer(ticket, status, body);
        world.finish(&mut cache, rotation, answer);
        assert_eq!(world.error(&mut cache).error().status(), Some(status));
        assert!(!world.record()["mark"].is_null());
        // The next one makes up for it, before anything else.
        world.pass(2);
        let mut next = world.begin(&mut cache);
        world.one(&mut next);
        world.one(&mut next);
        assert!(world.record()["mark"].is_null());
    }
}

#[test]
fn a_refusal_is_not_believed_where_the_store_cannot_be_asked() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_loads(3);
    let answer = world.answer(ticket, 400, r#"{"error":"invalid_grant"}"#);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Unconfirmed);
    assert!(world.record()["end"].is_null());
    // It is not sent again: the store can be asked now.
    world.pass(2);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Refused);
    assert_eq!(world.record()["end"], "refused");
}

#[test]
fn a_store_that_fails_at_the_first_save_and_the_load_after_it_loses_nothing() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    // Somebody else has written meanwhile, so it has to look, and cannot.
    world.write(&world.record());
    rotation.take(world.answer(ticket, 200, &tokens(1)), world.now());
    world.one(&mut rotation);
    world.store.fail_loads(6);
    assert!(world.run(&mut rotation).is_none());
    cache.conclude(rotation, world.now());
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Unsaved);
    world.pass(2);
    world.look(&mut cache);
    assert_eq!(world.stored_token(), "rt-1");
}

#[test]
fn a_mark_of_its_own_that_it_could_not_be_sure_of_does_not_stop_the_next_rotation() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let mut rotation = world.begin(&mut cache);
    world.one(&mut rotation);
    world.store.fail_swaps(&[Done]);
    world.one(&mut rotation);
    world.store.fail_loads(3);
    assert!(world.run(&mut rotation).is_none());
    cache.conclude(rotation, world.now());
    assert_eq!(world.kind(&mut cache), SessionErrorKind::StoreUnavailable);
    world.pass(2);
    let before = world.now();
    world.refresh(&mut cache, 1);
    assert!(world.now().elapsed_since(before).unwrap().as_secs() < 5, "it waited for itself");
}

#[test]
fn unsaved_tokens_come_with_whatever_error_there_is_next() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[Undone; 6]);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    let record = world.record();
    world.write(&"another program's".into());
    world.pass(2);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Unreadable);
    let unsaved = world.error(&mut cache);
    assert_eq!(unsaved.unsaved().unwrap().tokens().access_token().expose(), "at-1");
    world.write(&record);
    world.pass(120);
    world.look(&mut cache);
    assert_eq!(world.stored_token(), "rt-1");
}
