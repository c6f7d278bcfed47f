//! Rotations that are given back in the middle: nothing is lost, and the next one goes on.

use grantflow::{Error, Lookup, SessionErrorKind, Stepwise, TokenCache, TokenKey};

use crate::scenario::{process, refresh_token_of, tokens};
use crate::shelf::Fault::{Done, Undone};
use crate::world::{World, key, session_error};

#[test]
fn before_it_has_looked_nothing_has_happened() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (record, version) = (world.record(), world.version());
    let rotation = world.begin(&mut cache);
    cache.conclude(rotation, world.now());
    assert_eq!((world.record(), world.version()), (record, version));
    world.refresh(&mut cache, 1);
}

#[test]
fn while_its_mark_is_on_the_way_the_next_one_takes_that_back() {
    for fault in [Done, Undone] {
        let mut world = World::with_session();
        let mut cache = process(1);
        let mut rotation = world.begin(&mut cache);
        world.one(&mut rotation);
        world.store.fail_swaps(&[fault]);
        // Whoever performs it goes away while the store is at it.
        let _never_heard = world.event(&mut rotation).unwrap();
        cache.conclude(rotation, world.now());
        let before = world.now();
        world.refresh(&mut cache, 1);
        let waited = world.now().elapsed_since(before).unwrap();
        assert!(waited.is_zero(), "it waited for itself: {waited:?}");
    }
}

#[test]
fn before_the_ticket_is_handed_out_nothing_was_sent() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let mut rotation = world.begin(&mut cache);
    world.one(&mut rotation);
    world.one(&mut rotation);
    cache.conclude(rotation, world.now());
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let record = world.record();
    assert_eq!((&record["lost"], &record["vanished"]), (&0.into(), &false.into()));
    let answer = world.answer(ticket, 400, r#"{"error":"invalid_grant"}"#);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.record()["end"], "refused");
}

#[test]
fn once_it_was_sent_its_answer_is_lost() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    drop(ticket);
    cache.conclude(rotation, world.now());
    world.look(&mut cache);
    let error = world.error(&mut cache);
    let kind = session_error(error.error()).kind();
    assert!(matches!(kind, SessionErrorKind::AnswerLost { pause } if pause.as_secs() == 30));
    let record = world.record();
    assert_eq!((&record["lost"], &record["mark"]["lost"]), (&1.into(), &true.into()));
    world.pass(46);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    drop(ticket);
    cache.conclude(rotation, world.now());
    let mut rest = process(2);
    // The note of it is this process', until it looks again.
    world.pass(60);
    if let Lookup::Rotate(_, mut rotation) = cache.get(world.now()) {
        assert!(world.run(&mut *rotation).is_none());
        cache.conclude(*rotation, world.now());
    }
    world.look(&mut rest);
    assert_eq!(world.kind(&mut rest), SessionErrorKind::Uncertain);
}

#[test]
fn who_asks_for_the_next_step_without_an_answer_has_lost_it() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    drop(ticket);
    assert!(world.run(&mut rotation).is_none());
    cache.conclude(rotation, world.now());
    let kind = world.kind(&mut cache);
    assert!(matches!(kind, SessionErrorKind::AnswerLost { .. }));
    assert_eq!(world.record()["lost"], 1);
}

#[test]
fn while_it_saves_its_tokens_are_kept() {
    for fault in [Done, Undone] {
        let mut world = World::with_session();
        let mut cache = process(1);
        let (mut rotation, ticket) = world.begin_sending(&mut cache);
        rotation.take(world.answer(ticket, 200, &tokens(1)), world.now());
        world.store.fail_swaps(&[fault]);
        let _never_heard = world.event(&mut rotation).unwrap();
        cache.conclude(rotation, world.now());
        assert!(!cache.is_idle(world.now()));
        world.look(&mut cache);
        assert_eq!(world.token(&mut cache), "at-1");
        assert_eq!(world.stored_token(), "rt-1");
        assert!(cache.is_idle(world.now().saturating_add(std::time::Duration::from_secs(7_200))));
    }
}

#[test]
fn while_it_waits_to_save_once_more_its_tokens_are_kept() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    rotation.take(world.answer(ticket, 200, &tokens(1)), world.now());
    world.store.fail_swaps(&[Undone]);
    world.one(&mut rotation);
    assert!(world.event(&mut rotation).is_none(), "it waits");
    cache.conclude(rotation, world.now());
    world.look(&mut cache);
    assert_eq!(world.stored_token(), "rt-1");
}

#[test]
fn while_it_looks_after_a_refusal_that_is_not_known_to_be_true() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    rotation.take(world.answer(ticket, 400, r#"{"error":"invalid_grant"}"#), world.now());
    cache.conclude(rotation, world.now());
    assert!(world.record()["end"].is_null());
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Refused);
    assert_eq!(world.record()["end"], "refused");
}

#[test]
fn a_lost_answer_of_which_others_know_more_is_forgotten() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    drop(ticket);
    let mut other = process(2);
    world.refresh(&mut other, 1);
    let version = world.version();
    cache.conclude(rotation, world.now());
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-1");
    assert_eq!(world.version(), version);
}

#[test]
fn of_two_rotations_of_one_cache_both_are_taken_back() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut stuck, ticket) = world.begin_sending(&mut cache);
    stuck.take(world.answer(ticket, 200, &tokens(1)), world.now());
    assert!(matches!(cache.get(world.now()), Lookup::Wait(_)));
    // Its save hangs until its lease is over: four times a mark's.
    world.pass(303);
    assert!(matches!(cache.get(world.now()), Lookup::Wait(_)));
    world.pass(2);
    let mut second = world.begin(&mut cache);
    world.one(&mut second);
    cache.conclude(stuck, world.now());
    cache.conclude(second, world.now());
    // Two in a row that came to nothing make a pause.
    world.pass(60);
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-1");
    assert_eq!(world.stored_token(), "rt-1");
}

#[test]
fn of_two_rotations_with_tokens_the_newer_ones_are_kept() {
    for in_order in [true, false] {
        let mut world = World::with_session();
        let mut cache = process(1);
        let (mut stuck, ticket) = world.begin_sending(&mut cache);
        let short = r#"{"access_token":"at-1","token_type":"Bearer","expires_in":60,
            "refresh_token":"rt-1"}"#;
        stuck.take(world.answer(ticket, 200, short), world.now());
        // The save is made, and whoever performs it never hears so.
        let _never_heard = world.event(&mut stuck).unwrap();
        world.pass(361);
        let (mut second, ticket) = world.begin_sending(&mut cache);
        assert_eq!(refresh_token_of(&ticket), "rt-1");
        second.take(world.answer(ticket, 200, &tokens(2)), world.now());
        for rotation in if in_order { [stuck, second] } else { [second, stuck] } {
            cache.conclude(rotation, world.now());
        }
        // Two in a row that came to nothing make a pause.
        world.pass(60);
        let mut next = world.begin(&mut cache);
        let sent = world.run(&mut next).map(|ticket| refresh_token_of(&ticket));
        assert_eq!((sent, world.stored_token()), (None, "rt-2".to_owned()), "{in_order}");
        cache.conclude(next, world.now());
        assert_eq!(world.token(&mut cache), "at-2");
    }
}

#[test]
fn a_failure_of_a_rotation_that_was_overtaken_stops_nobody() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut stuck, ticket) = world.begin_sending(&mut cache);
    world.pass(305);
    world.refresh(&mut cache, 1);
    stuck.take(world.answer(ticket, 503, ""), world.now());
    world.store.fail_loads(3);
    assert!(world.run(&mut stuck).is_none());
    cache.conclude(stuck, world.now());
    let Lookup::Ready(held) = cache.get(world.now()) else { panic!() };
    cache.reject(held.access_token(), world.now());
    world.refresh(&mut cache, 2);
}

#[test]
fn two_in_a_row_that_came_to_nothing_make_a_pause() {
    for is_sent in [false, true] {
        let mut world = World::with_session();
        let mut cache = process(1);
        let rotation = world.begin(&mut cache);
        cache.conclude(rotation, world.now());
        let mut rotation = world.begin(&mut cache);
        if is_sent {
            drop(world.run(&mut rotation).unwrap());
        }
        cache.conclude(rotation, world.now());
        let error = world.error(&mut cache);
        let Error::Transport(transport) = error.error() else { panic!("{error:?}") };
        assert_eq!(transport.may_have_arrived(), is_sent);
        if !is_sent {
            world.pass(60);
            world.refresh(&mut cache, 1);
        }
    }
}

#[test]
fn a_rotation_of_another_cache_changes_nothing() {
    let mut world = World::with_session();
    let (mut cache, mut other) = (process(1), process(2));
    let (rotation, ticket) = world.begin_sending(&mut other);
    let mut own = world.begin(&mut cache);
    let mut foreign = rotation;
    foreign.take(world.answer(ticket, 200, &tokens(1)), world.now());
    assert!(world.run(&mut foreign).is_none());
    cache.conclude(foreign, world.now());
    assert!(matches!(cache.get(world.now()), Lookup::Wait(_)), "its own is still under way");
    assert!(world.run(&mut own).is_none());
    cache.conclude(own, world.now());
    assert_eq!(world.token(&mut cache), "at-1");
}

#[test]
fn what_another_session_has_unsaved_is_not_stored_as_this_one() {
    let mut world = World::with_session();
    let mut bob = TokenCache::of_session("bob", &crate::scenario::client(), 2);
    let session = world.store.stored(&key()).unwrap();
    world.store.put(TokenKey::of_session("bob", &crate::scenario::client()), session);
    let (mut of_bob, ticket) = world.begin_sending(&mut bob);
    of_bob.take(world.answer(ticket, 200, &tokens(7)), world.now());
    let mut cache = process(1);
    cache.conclude(of_bob, world.now());
    let (_rotation, ticket) = world.begin_sending(&mut cache);
    assert_eq!(refresh_token_of(&ticket), "rt-0");
    assert_eq!(world.stored_token(), "rt-0");
}

#[test]
fn what_is_not_about_the_step_is_ignored() {
    let mut world = World::with_session();
    let mut rotation = world.begin(&mut process(1));
    rotation.take(grantflow::Event::Waited, world.now());
    rotation.take(grantflow::Event::Swapped(Ok(true)), world.now());
    world.one(&mut rotation);
    rotation.take(grantflow::Event::Loaded(Ok(None)), world.now());
    let ticket = world.run(&mut rotation).unwrap();
    rotation.take(grantflow::Event::Swapped(Ok(false)), world.now());
    rotation.take(world.answer(ticket, 200, &tokens(1)), world.now());
    rotation.take(grantflow::Event::Waited, world.now());
    assert!(world.run(&mut rotation).is_none());
    assert_eq!(world.stored_token(), "rt-1");
}
