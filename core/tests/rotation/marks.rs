//! For how long a mark counts, by which clock, and what its owner may do.

use grantflow::{Event, Rotation, Step, Stepwise};

use crate::scenario::{process, refresh_token_of};
use crate::world::World;

/// How long a mark lasts, where an exchange may take 60 s.
const MARK: u64 = 76;

/// A world with the mark of a process that vanished, and another that has just seen it.
fn seen(world: World) -> (World, Rotation) {
    let mut world = world;
    // No clock that is set back makes the old token a good one.
    world.pass(10_000);
    let (_vanished, _ticket) = world.begin_sending(&mut process(1));
    let mut waiting = world.begin(&mut process(2));
    world.one(&mut waiting);
    (world, waiting)
}

/// Looks once more; whether it sends.
fn sends(world: &World, waiting: &mut Rotation) -> bool {
    waiting.take(Event::Waited, world.now());
    world.one(waiting);
    match waiting.step(world.now()) {
        Step::Wait(_) => false,
        Step::Swap { .. } => true,
        other => panic!("a wait or a mark was expected, and not {other:?}"),
    }
}

#[test]
fn a_mark_is_taken_over_when_its_whole_time_was_watched() {
    let (mut world, mut waiting) = seen(World::with_session());
    world.pass(MARK - 1);
    assert!(!sends(&world, &mut waiting));
    world.pass(1);
    assert!(sends(&world, &mut waiting));
    let ticket = world.run(&mut waiting).unwrap();
    assert_eq!(refresh_token_of(&ticket), "rt-0");
    assert_eq!(world.record()["vanished"], true);
}

#[test]
fn a_mark_that_is_old_when_it_is_first_seen_is_watched_for_its_whole_time_all_the_same() {
    let mut world = World::with_session();
    let (_vanished, _ticket) = world.begin_sending(&mut process(1));
    world.pass(3_600);
    let mut waiting = world.begin(&mut process(2));
    world.one(&mut waiting);
    assert!(matches!(waiting.step(world.now()), Step::Wait(_)));
    world.pass(MARK - 1);
    assert!(!sends(&world, &mut waiting));
}

#[test]
fn a_wall_clock_that_is_set_forward_ends_no_mark() {
    let (mut world, mut waiting) = seen(World::with_session());
    world.set_forward(3_600);
    world.pass(1);
    assert!(!sends(&world, &mut waiting));
    world.pass(MARK - 1);
    assert!(sends(&world, &mut waiting));
}

#[test]
fn a_wall_clock_that_is_set_back_prolongs_no_mark() {
    let (mut world, mut waiting) = seen(World::with_session());
    world.set_back(1_000);
    world.pass(MARK - 1);
    assert!(!sends(&world, &mut waiting));
    world.pass(1);
    assert!(sends(&world, &mut waiting));
}

#[test]
fn where_there_is_no_monotonic_clock_the_wall_clock_counts() {
    let (mut world, mut waiting) = seen(World::with_session().without_monotonic_clock());
    world.pass(MARK - 1);
    assert!(!sends(&world, &mut waiting));
    world.pass(1);
    assert!(sends(&world, &mut waiting));
}

#[test]
fn where_there_is_no_monotonic_clock_a_step_back_begins_the_wait_anew() {
    let (mut world, mut waiting) = seen(World::with_session().without_monotonic_clock());
    world.pass(MARK - 6);
    world.set_back(1_000);
    assert!(!sends(&world, &mut waiting));
    world.pass(MARK - 1);
    assert!(!sends(&world, &mut waiting));
    world.pass(1);
    assert!(sends(&world, &mut waiting));
}

#[test]
fn another_mark_is_watched_from_its_own_beginning() {
    let (mut world, mut waiting) = seen(World::with_session());
    world.pass(MARK - 1);
    let mut record = world.record();
    record["mark"]["owner"] = "a third".into();
    world.write(&record);
    assert!(!sends(&world, &mut waiting));
    world.pass(MARK - 1);
    assert!(!sends(&world, &mut waiting));
    world.pass(1);
    assert!(sends(&world, &mut waiting));
}

#[test]
fn what_was_watched_counts_for_the_next_rotation_too() {
    let mut world = World::with_session();
    let (_vanished, _ticket) = world.begin_sending(&mut process(1));
    let mut cache = process(2);
    let mut first = world.begin(&mut cache);
    world.one(&mut first);
    world.pass(MARK);
    cache.conclude(first, world.now());
    let mut second = world.begin(&mut cache);
    world.one(&mut second);
    assert!(matches!(second.step(world.now()), Step::Swap { .. }), "it takes over at once");
}

#[test]
fn an_owner_that_is_late_marks_again_before_it_sends() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let mut rotation = world.begin(&mut cache);
    world.one(&mut rotation);
    let event = world.event(&mut rotation).unwrap();
    let (first, version) = (world.record(), world.version());
    world.pass(6);
    rotation.take(event, world.now());
    // It looks, and sets its mark once more.
    world.one(&mut rotation);
    world.one(&mut rotation);
    assert!(world.version() > version);
    assert_eq!(world.record(), first, "it is its own mark, and nobody vanished");
    assert_eq!(refresh_token_of(&world.run(&mut rotation).unwrap()), "rt-0");
}

#[test]
fn an_owner_that_is_in_time_sends_under_the_mark_that_it_has() {
    let mut world = World::with_session();
    let mut rotation = world.begin(&mut process(1));
    world.one(&mut rotation);
    let event = world.event(&mut rotation).unwrap();
    let version = world.version();
    world.pass(5);
    rotation.take(event, world.now());
    assert!(matches!(rotation.step(world.now()), Step::Send(_)));
    assert_eq!(world.version(), version);
}

#[test]
fn an_owner_whose_clock_was_set_is_late() {
    let mut forward = World::with_session();
    let mut rotation = forward.begin(&mut process(1));
    forward.one(&mut rotation);
    let event = forward.event(&mut rotation).unwrap();
    forward.set_forward(60);
    rotation.take(event, forward.now());
    assert!(matches!(rotation.step(forward.now()), Step::Load(_)));

    let mut back = World::with_session().without_monotonic_clock();
    let mut rotation = back.begin(&mut process(1));
    back.one(&mut rotation);
    let event = back.event(&mut rotation).unwrap();
    back.set_back(60);
    rotation.take(event, back.now());
    assert!(matches!(rotation.step(back.now()), Step::Load(_)));
}

#[test]
fn an_owner_that_stood_still_after_its_mark_does_not_send_either() {
    let mut world = World::with_session();
    let mut rotation = world.begin(&mut process(1));
    world.one(&mut rotation);
    world.one(&mut rotation);
    // Its thread was not run for a while. Others may have taken the mark over by now.
    world.pass(MARK);
    assert!(matches!(rotation.step(world.now()), Step::Load(_)));
}
