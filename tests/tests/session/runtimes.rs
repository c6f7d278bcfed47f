//! Runtimes that end in the middle, and futures that are dropped there.

use grantflow::{Advice, SessionErrorKind};

use crate::program::{Program, Tasks};
use crate::world::{NAME, World, herd, kind, until};

#[test]
fn a_runtime_that_ends_before_the_save_leaves_it_to_the_next_caller() {
    let world = World::new();
    let mut program = world.program_with_an_answer_on_its_way::<Tasks>();
    world.let_the_answer_come_and_hold_its_save();
    program.change_runtime();
    world.store.let_go();
    // The store has not heard of it, and the process is all that knows.
    assert_eq!(world.record()["tokens"]["refresh_token"], "anna-0");
    assert_eq!(program.token(NAME).unwrap(), "at-anna-1");
    world.assert_anna_was_refreshed(1);
}

#[test]
fn what_a_process_knows_is_stored_before_anything_else_is_sent() {
    let world = World::new();
    let mut program = world.program_with_an_answer_on_its_way::<Tasks>();
    let other = world.program::<Tasks>();
    other.reject(NAME, &other.tokens(NAME).unwrap());
    world.let_the_answer_come_and_hold_its_save();
    program.change_runtime();
    world.store.let_go();
    // Another process waits for it meanwhile, and sends nothing.
    let elsewhere = || assert_eq!(program.token(NAME).unwrap(), "at-anna-1");
    assert_eq!(herd(8, || other.token(NAME).unwrap(), elsewhere), ["at-anna-1"; 8]);
    world.assert_anna_was_refreshed(1);
    assert_eq!(program.next(NAME).unwrap(), "at-anna-2");
    world.assert_anna_was_refreshed(2);
}

#[test]
fn a_runtime_that_ends_before_the_answer_makes_a_pause_and_no_second_request() {
    let world = World::new();
    let mut program = world.program_with_an_answer_on_its_way::<Tasks>();
    program.change_runtime();
    world.server.let_go();
    let error = program.token(NAME).unwrap_err();
    assert!(matches!(error.advice(), Advice::RetryAfter(_)), "{error}");
    assert_eq!((world.server.requests(), world.record()["lost"].as_u64()), (1, Some(1)));
}

#[test]
fn a_runtime_that_ends_before_the_mark_costs_nothing() {
    let world = World::new();
    let mut program = world.program_in_need::<Tasks>();
    world.store.hold_swaps(1);
    let vanish = program.begin_to_ask(NAME);
    world.store.wait_for_held(1);
    vanish();
    program.change_runtime();
    world.store.let_go();
    assert_eq!(program.token(NAME).unwrap(), "at-anna-1");
    world.assert_anna_was_refreshed(1);
}

#[test]
fn a_login_is_stored_though_its_future_is_dropped() {
    let world = World::new();
    let program = world.program_of_anna::<Tasks>();
    assert_eq!(program.authorization(NAME).unwrap(), "Bearer at-anna-0");
    program.begin_to_log_in(&world, world.log_in("bert"));
    world.store.let_go();
    until(|| (program.authorization(NAME).unwrap() == "Bearer at-bert-0").then_some(()));
    assert_eq!(world.refresh_token(), "bert-0");
}

#[test]
fn a_logout_is_made_though_its_future_is_dropped() {
    let world = World::new();
    let program = world.program_of_anna::<Tasks>();
    assert_eq!(program.authorization(NAME).unwrap(), "Bearer at-anna-0");
    program.begin_to_log_out(&world);
    world.store.let_go();
    let error = until(|| program.authorization(NAME).err());
    assert_eq!(kind(&error), Some(SessionErrorKind::Missing), "{error}");
    assert!(world.record()["tokens"].is_null());
}
