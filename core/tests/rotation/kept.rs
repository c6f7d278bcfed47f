//! What a process knows and the store does not: who has it, whose it is, and how it gets there.

use grantflow::{Logout, Lookup, Rotation, SessionErrorKind, Stepwise, TokenCache};

use crate::scenario::{NAME, client, process, refresh_token_of, tokens};
use crate::shelf::Fault::Undone;
use crate::world::{World, session_error};

/// A refresh whose tokens the store does not take.
fn fail_to_save(world: &mut World, cache: &mut TokenCache, number: u32) {
    let (rotation, ticket) = world.begin_sending(cache);
    world.store.fail_swaps(&[Undone; 6]);
    let answer = world.answer(ticket, 200, &tokens(number));
    world.finish(cache, rotation, answer);
    assert_eq!(world.kind(cache), SessionErrorKind::Unsaved);
}

/// What it sends, if anything.
fn sent(world: &mut World, rotation: &mut Rotation) -> Option<String> {
    world.run(rotation).map(|ticket| refresh_token_of(&ticket))
}

#[test]
fn tokens_of_two_logins_are_judged_each_by_itself() {
    for former_is_last in [false, true] {
        let mut world = World::with_session();
        let mut cache = process(1);
        let (mut former, ticket) = world.begin_sending(&mut cache);
        former.take(world.answer(ticket, 200, &tokens(1)), world.now());
        world.login(5);
        cache.changed();
        world.look(&mut cache);
        world.pass(3_600);
        let (mut present, ticket) = world.begin_sending(&mut cache);
        assert_eq!(refresh_token_of(&ticket), "rt-5");
        world.store.fail_swaps(&[Undone; 6]);
        present.take(world.answer(ticket, 200, &tokens(6)), world.now());
        assert!(world.run(&mut present).is_none());
        for rotation in if former_is_last { [present, former] } else { [former, present] } {
            cache.conclude(rotation, world.now());
        }
        world.pass(60);
        let mut next = world.begin(&mut cache);
        assert_eq!(sent(&mut world, &mut next), None, "{former_is_last}");
        cache.conclude(next, world.now());
        assert_eq!(world.stored_token(), "rt-6", "{former_is_last}");
        assert_eq!(world.token(&mut cache), "at-6");
        assert!(cache.unsaved(world.now()).is_none(), "the former user's are dropped");
    }
}

#[test]
fn what_a_rotation_that_hangs_has_is_known_to_the_next_one() {
    for hanging_is_last in [false, true] {
        let mut world = World::with_session();
        let mut cache = process(1);
        fail_to_save(&mut world, &mut cache, 1);
        world.pass(2);
        let hanging = world.begin(&mut cache);
        // Its runtime stands still until its lease is over.
        world.pass(400);
        let mut next = world.begin(&mut cache);
        assert_eq!(sent(&mut world, &mut next), None, "this very process has rt-1");
        assert_eq!(world.stored_token(), "rt-1");
        for rotation in if hanging_is_last { [next, hanging] } else { [hanging, next] } {
            cache.conclude(rotation, world.now());
        }
        assert_eq!(world.token(&mut cache), "at-1", "{hanging_is_last}");
        // What the one that hung still has is no news.
        world.pass(3_600);
        let (_rotation, ticket) = world.begin_sending(&mut cache);
        assert_eq!(refresh_token_of(&ticket), "rt-1", "{hanging_is_last}");
    }
}

#[test]
fn what_a_rotation_has_is_known_to_the_one_after_a_logout_that_failed() {
    let mut world = World::with_session();
    let mut cache = process(1);
    fail_to_save(&mut world, &mut cache, 1);
    world.pass(2);
    let first = world.begin(&mut cache);
    let mut logout = Logout::new(NAME, &client());
    world.store.fail_loads(3);
    assert!(world.run(&mut logout).is_none());
    assert!(logout.finish().is_err());
    cache.changed();
    let mut second = world.begin(&mut cache);
    cache.conclude(first, world.now());
    assert_eq!(sent(&mut world, &mut second), None, "this very process has rt-1");
    cache.conclude(second, world.now());
    assert_eq!(world.stored_token(), "rt-1");
    assert_eq!(world.token(&mut cache), "at-1");
}

#[test]
fn what_was_lent_and_dropped_without_a_word_is_still_there() {
    let mut world = World::with_session();
    let mut cache = process(1);
    fail_to_save(&mut world, &mut cache, 1);
    world.pass(2);
    drop(world.begin(&mut cache));
    assert!(cache.unsaved(world.now()).is_some());
    world.pass(400);
    let mut next = world.begin(&mut cache);
    assert_eq!(sent(&mut world, &mut next), None);
    assert_eq!(world.stored_token(), "rt-1");
}

#[test]
fn a_note_about_a_mark_does_not_keep_a_cache_alive() {
    let mut world = World::with_session();
    let mut cache = process(1);
    // The store can be read, and not written.
    world.store.fail_swaps(&[Undone; 50]);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::StoreUnavailable);
    assert!(!cache.is_idle(world.now()), "its pause is not over");
    world.pass(60);
    assert!(cache.is_idle(world.now()));
}

#[test]
fn unsaved_tokens_keep_a_cache_alive() {
    let mut world = World::with_session();
    let mut cache = process(1);
    fail_to_save(&mut world, &mut cache, 1);
    world.pass(100_000);
    assert!(!cache.is_idle(world.now()));
    world.refresh(&mut cache, 2);
    world.pass(3_600);
    assert!(cache.is_idle(world.now()));
}

#[test]
fn a_renewal_that_could_not_be_saved_is_told_and_can_be_saved_while_the_old_token_answers() {
    let mut world = World::empty();
    world.login(0);
    let mut cache = process(1);
    world.look(&mut cache);
    world.pass(3_590);
    let Lookup::Rotate(Some(_), mut renewal) = cache.get(world.now()) else { panic!() };
    let ticket = world.run(&mut *renewal).unwrap();
    assert!(cache.save(world.now()).is_none(), "a rotation is out");
    world.store.fail_swaps(&[Undone; 6]);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, *renewal, answer);
    // Nobody who needs a token is told.
    assert_eq!(world.token(&mut cache), "at-0");
    let error = cache.unsaved(world.now()).unwrap();
    assert_eq!(session_error(error.error()).kind(), SessionErrorKind::Unsaved);
    let unsaved = error.unsaved().unwrap();
    assert_eq!(unsaved.tokens().access_token().expose(), "at-1");
    let record = serde_json::to_value(unsaved.record()).unwrap();
    assert_eq!(record["refresh_token"], "rt-1");

    // The program ends, whatever pause there is.
    let mut saving = cache.save(world.now()).unwrap();
    assert_eq!(sent(&mut world, &mut saving), None);
    cache.conclude(*saving, world.now());
    assert_eq!(world.stored_token(), "rt-1");
    assert!(cache.unsaved(world.now()).is_none());
    assert!(cache.save(world.now()).is_none());
    assert_eq!(world.token(&mut cache), "at-1");
}

#[test]
fn what_is_saved_when_it_is_over_is_not_refreshed_at_the_programs_end() {
    let mut world = World::with_session();
    let mut cache = process(1);
    fail_to_save(&mut world, &mut cache, 1);
    world.pass(7_200);
    let mut saving = cache.save(world.now()).unwrap();
    assert_eq!(sent(&mut world, &mut saving), None);
    cache.conclude(*saving, world.now());
    assert_eq!(world.stored_token(), "rt-1");
    assert!(cache.unsaved(world.now()).is_none());
    assert!(world.record()["mark"].is_null());
}

#[test]
fn where_saving_fails_again_the_tokens_are_still_there() {
    let mut world = World::with_session();
    let mut cache = process(1);
    fail_to_save(&mut world, &mut cache, 1);
    world.store.fail_loads(50);
    let mut saving = cache.save(world.now()).unwrap();
    assert_eq!(sent(&mut world, &mut saving), None);
    cache.conclude(*saving, world.now());
    assert!(cache.unsaved(world.now()).unwrap().unsaved().is_some());
    world.store.fail_loads(0);
    let mut saving = cache.save(world.now()).unwrap();
    assert_eq!(sent(&mut world, &mut saving), None);
    cache.conclude(*saving, world.now());
    assert_eq!(world.stored_token(), "rt-1");
}

#[test]
fn with_nothing_unsaved_there_is_nothing_to_save() {
    let mut world = World::with_session();
    let mut cache = process(1);
    assert!(cache.save(world.now()).is_none());
    world.refresh(&mut cache, 1);
    assert!(cache.save(world.now()).is_none() && cache.unsaved(world.now()).is_none());
    // A note about a mark is no token.
    world.pass(3_600);
    world.store.fail_swaps(&[Undone; 50]);
    world.look(&mut cache);
    assert!(cache.save(world.now()).is_none() && cache.unsaved(world.now()).is_none());
}

#[test]
fn what_another_rotation_has_stored_is_not_told_as_unsaved_once_more() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[Undone; 6]);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    world.pass(2);
    let hanging = world.begin(&mut cache);
    world.pass(400);
    world.look(&mut cache);
    assert!(cache.unsaved(world.now()).is_none());
    cache.conclude(hanging, world.now());
    assert!(cache.unsaved(world.now()).is_none(), "the store has had them for long");
    world.pass(3_600);
    assert!(cache.is_idle(world.now()));
}
