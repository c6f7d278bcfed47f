//! Every order of everything that three callers and two clocks can do to a cache.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::model::Step::{Abandon, Complete, Get, Reject, Time};
use crate::model::{End, Kind, Step, Time as Until, World};

/// From here on, all orders of so many steps are tried.
const STARTS: &[(&str, usize, &[Step])] = &[
    ("nothing", 6, &[]),
    ("a token", 5, &[Get(0), Complete(0, End::Token), Get(0)]),
    (
        "a renewal under way and one who still waits",
        4,
        &[Get(0), Get(1), Complete(0, End::Token), Time(Until::PastMargin), Get(0)],
    ),
    ("two tickets and a waiter", 4, &[Get(0), Get(1), Time(Until::PastLease), Get(1), Get(2)]),
    ("a failure and a waiter", 5, &[Get(0), Get(1), Complete(0, End::Unavailable)]),
    (
        "a fourth token after three rejections",
        4,
        &[
            Get(0),
            Complete(0, End::Token),
            Get(0),
            Reject(0),
            Get(0),
            Complete(0, End::Token),
            Get(0),
            Reject(0),
            Get(0),
            Complete(0, End::Token),
            Get(0),
            Reject(0),
            Get(0),
            Complete(0, End::Token),
            Get(0),
        ],
    ),
];

const SESSIONS: &[(&str, usize, &[Step])] = &[
    ("a session that is over", 5, &[]),
    ("two refreshes", 4, &[Get(0), Time(Until::PastLease), Get(1)]),
    ("a second try and a waiter", 4, &[Get(0), Abandon(0), Get(0), Get(1)]),
    (
        "a renewal under way",
        4,
        &[Get(0), Complete(0, End::Rotated), Time(Until::PastMargin), Get(0)],
    ),
];

#[test]
fn every_order_of_the_next_steps_by_two_clocks() {
    from_all(STARTS, Kind { monotonic: true, session: false });
}

#[test]
fn every_order_of_the_next_steps_by_a_wall_clock() {
    from_all(STARTS, Kind { monotonic: false, session: false });
}

#[test]
fn every_order_of_a_sessions_next_steps_by_two_clocks() {
    from_all(SESSIONS, Kind { monotonic: true, session: true });
}

#[test]
fn every_order_of_a_sessions_next_steps_by_a_wall_clock() {
    from_all(SESSIONS, Kind { monotonic: false, session: true });
}

fn from_all(starts: &[(&str, usize, &[Step])], kind: Kind) {
    let mut all = 0;
    for (name, depth, start) in starts {
        let mut sequence = start.to_vec();
        let sequences = explore(replay(kind, start), kind, &mut sequence, *depth);
        println!("from {name}, {depth} steps: {sequences} sequences");
        all += sequences;
    }
    println!("{kind:?}: {all} sequences");
    assert!(all > 40_000);
}

#[test]
fn long_walks_by_chance() {
    let (mut state, mut tickets) = (7_u64, 0);
    let mut chance = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for walk in 0..4 * WALKS {
        let kind = Kind { monotonic: walk % 2 == 0, session: walk % 4 < 2 };
        let mut world = World::new(kind);
        let mut sequence = Vec::new();
        for _ in 0..LENGTH {
            let options = world.options();
            let step = options[chance(options.len())];
            sequence.push(step);
            guarded(&sequence, || world.step(step));
            guarded(&sequence, || world.check_state());
        }
        tickets += world.tickets();
        guarded(&sequence, || world.end());
    }
    println!("{} walks of {LENGTH} steps, {tickets} tickets", 4 * WALKS);
}

/// Tries all ways to go on from here; says how many.
fn explore(world: World, kind: Kind, sequence: &mut Vec<Step>, depth: usize) -> u64 {
    if depth == 0 {
        guarded(sequence, || world.end());
        return 1;
    }
    let options = world.options();
    let mut here = Some(world);
    let mut sequences = 0;
    for step in &options {
        let mut world = here.take().unwrap_or_else(|| replay(kind, sequence));
        sequence.push(*step);
        guarded(sequence, || world.step(*step));
        guarded(sequence, || world.check_state());
        sequences += explore(world, kind, sequence, depth - 1);
        sequence.pop();
    }
    sequences
}

fn replay(kind: Kind, steps: &[Step]) -> World {
    let mut world = World::new(kind);
    for step in steps {
        world.step(*step);
    }
    world
}

/// What goes wrong is told with all that led there.
fn guarded<R>(sequence: &[Step], run: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        println!("after {sequence:?}");
        resume_unwind(panic)
    })
}

const WALKS: u64 = 1_000;
const LENGTH: usize = 60;
