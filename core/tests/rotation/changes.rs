//! Logins and logouts while a refresh is under way, and what happens to the record itself.

use grantflow::{Advice, Event, SessionErrorKind, Stepwise};

use crate::scenario::{process, refresh_token_of, tokens};
use crate::world::World;

#[test]
fn a_logout_before_the_answer_stays_one() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.logout();
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Missing);
    assert_eq!(world.error(&mut cache).advice(), Advice::Reauthorize);
    assert!(world.record()["tokens"].is_null());
    // Nor does anything come back later.
    world.pass(60);
    world.look(&mut cache);
    assert!(world.record()["tokens"].is_null());
}

#[test]
fn a_logout_between_answer_and_save_stays_one() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    rotation.take(world.answer(ticket, 200, &tokens(1)), world.now());
    world.logout();
    assert!(world.run(&mut rotation).is_none());
    cache.conclude(rotation, world.now());
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Missing);
    assert!(world.record()["tokens"].is_null());
}

#[test]
fn a_logout_while_tokens_are_unsaved_stays_one() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[crate::shelf::Fault::Undone; 6]);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Unsaved);
    world.logout();
    world.pass(2);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Missing);
    assert!(world.record()["tokens"].is_null());
}

#[test]
fn a_login_before_the_answer_is_not_mixed_with_it() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.login(5);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-5");
    assert_eq!(world.stored_token(), "rt-5");
}

#[test]
fn a_login_between_answer_and_save_is_not_mixed_with_it() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    rotation.take(world.answer(ticket, 200, &tokens(1)), world.now());
    world.login(5);
    assert!(world.run(&mut rotation).is_none());
    cache.conclude(rotation, world.now());
    assert_eq!(world.token(&mut cache), "at-5");
    assert_eq!(world.stored_token(), "rt-5");
}

#[test]
fn what_the_server_says_of_the_session_before_does_not_end_the_one_after_it() {
    let invalid = r#"{"error":"invalid_grant"}"#;
    for (status, body) in [(400, invalid), (503, ""), (200, "{"), (200, r#"{"refresh_token":"x"}"#)]
    {
        let mut world = World::with_session();
        let mut cache = process(1);
        let (rotation, ticket) = world.begin_sending(&mut cache);
        world.login(5);
        let (record, version) = (world.record(), world.version());
        let answer = world.answer(ticket, status, body);
        world.finish(&mut cache, rotation, answer);
        assert_eq!((world.record(), world.version()), (record, version), "{status} {body}");
        assert_eq!(world.token(&mut cache), "at-5");
    }
}

#[test]
fn who_logs_in_itself_meanwhile_gets_the_new_session_at_once() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.login(5);
    cache.changed();
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-5");
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-5");
    assert_eq!(world.stored_token(), "rt-5");
}

#[test]
fn who_logs_out_itself_meanwhile_gets_nothing_of_the_session_any_more() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.logout();
    cache.changed();
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Missing);
    assert!(world.record()["tokens"].is_null());
}

#[test]
fn a_rotation_that_was_done_before_a_logout_brings_no_token_after_it() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    rotation.take(world.answer(ticket, 200, &tokens(1)), world.now());
    assert!(world.run(&mut rotation).is_none());
    world.logout();
    cache.changed();
    cache.conclude(rotation, world.now());
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Missing);
}

#[test]
fn a_logout_and_a_login_while_a_mark_is_watched_end_the_wait() {
    let mut world = World::with_session();
    let _other = world.begin_sending(&mut process(1));
    let mut cache = process(2);
    let mut waiting = world.begin(&mut cache);
    world.one(&mut waiting);
    world.logout();
    world.login(5);
    waiting.take(Event::Waited, world.now());
    assert!(world.run(&mut waiting).is_none());
    cache.conclude(waiting, world.now());
    assert_eq!(world.token(&mut cache), "at-5");
}

#[test]
fn a_record_that_the_store_has_lost_is_stored_again_with_the_new_tokens() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let version = world.version();
    world.store.clear();
    world.pass(1);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-1");
    assert_eq!(world.stored_token(), "rt-1");
    assert!(world.version() > version);
}

#[test]
fn a_record_that_is_gone_before_anything_was_sent_is_no_session() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let mut rotation = world.begin(&mut cache);
    world.one(&mut rotation);
    world.store.clear();
    assert!(world.run(&mut rotation).is_none());
    cache.conclude(rotation, world.now());
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Missing);
    // Another process logs the user in.
    world.login(5);
    world.pass(2);
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-5");
}

#[test]
fn versions_grow_with_each_change_and_after_a_deletion() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let mut last = world.version();
    let mut grows = |world: &World| {
        let new = world.version();
        assert!(new > last, "{new} after {last}");
        assert!(u128::from(new) >= world.now().since_unix_epoch().as_millis(), "{new}");
        last = new;
    };
    let (rotation, ticket) = world.begin_sending(&mut cache);
    grows(&world);
    assert_eq!(refresh_token_of(&ticket), "rt-0");
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    grows(&world);
    world.logout();
    grows(&world);
    world.login(2);
    grows(&world);
    // Even where the clock was set back.
    world.set_back(100_000);
    world.logout();
    grows(&world);
    world.login(3);
    grows(&world);
    world.set_forward(100_001);
    world.store.clear();
    world.login(4);
    grows(&world);
}
