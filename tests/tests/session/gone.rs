//! Callers who are gone before their answer is there.

use grantflow::{Error, SessionErrorKind};

use crate::over_both_adapters;
use crate::program::Program;
use crate::world::{NAME, World, herd, kind};

over_both_adapters! {
    a_caller_who_is_gone_before_the_answer_came_loses_nothing
    a_caller_who_is_gone_during_the_save_leaves_fifty_others_with_the_new_token
    nobody_has_the_new_token_before_the_store_has_it
    a_renewal_ahead_of_time_makes_nobody_wait_and_outlives_its_callers
    a_panic_of_the_store_during_the_save_loses_nothing
    an_answer_that_is_lost_makes_all_wait_and_ends_nothing
}

fn a_caller_who_is_gone_before_the_answer_came_loses_nothing<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    let tokens = herd(20, || program.token(NAME).unwrap(), || world.server.let_go());
    assert_eq!(tokens, ["at-anna-1"; 20]);
    world.assert_anna_was_refreshed(1);
}

fn a_caller_who_is_gone_during_the_save_leaves_fifty_others_with_the_new_token<P: Program>() {
    let world = World::new();
    let program = world.program_in_need::<P>();
    world.server.hold();
    let vanish = program.begin_to_ask(NAME);
    world.server.wait_for_requests(1);
    let ask = || program.token(NAME).unwrap();
    let tokens = herd(50, ask, || {
        world.let_the_answer_come_and_hold_its_save();
        vanish();
        world.store.let_go();
    });
    assert_eq!(tokens, ["at-anna-1"; 50]);
    world.assert_anna_was_refreshed(1);
}

fn nobody_has_the_new_token_before_the_store_has_it<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    let ask = || {
        let token = program.token(NAME).unwrap();
        // What the store has at the moment when the first of them has the token.
        (token, world.refresh_token())
    };
    let found = herd(8, ask, || {
        world.let_the_answer_come_and_hold_its_save();
        assert_eq!(world.record()["tokens"]["refresh_token"], "anna-0");
        world.store.let_go();
    });
    assert!(found.iter().all(|found| *found == ("at-anna-1".into(), "anna-1".into())), "{found:?}");
    world.assert_anna_was_refreshed(1);
}

fn a_renewal_ahead_of_time_makes_nobody_wait_and_outlives_its_callers<P: Program>() {
    let world = World::new();
    let program = world.program_with_a_renewal_on_its_way::<P>(20);
    world.let_the_answer_come_and_hold_its_save();
    assert_eq!(program.token(NAME).unwrap(), "at-anna-0");
    world.store.let_go();
    program.settle(NAME).unwrap();
    assert_eq!(program.token(NAME).unwrap(), "at-anna-1");
    world.assert_anna_was_refreshed(1);
}

fn a_panic_of_the_store_during_the_save_loses_nothing<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    world.store.panic_at_a_swap();
    world.server.let_go();
    let tokens = herd(20, || program.token(NAME).unwrap(), || {});
    assert_eq!(tokens, ["at-anna-1"; 20]);
    world.assert_anna_was_refreshed(1);
}

fn an_answer_that_is_lost_makes_all_wait_and_ends_nothing<P: Program>() {
    let world = World::new();
    let program = world.program_in_need::<P>();
    world.server.drop_next();
    for error in herd(20, || program.token(NAME).unwrap_err(), || {}) {
        assert!(matches!(error.error(), Error::Transport(_)), "{error}");
    }
    // Another process keeps the pause too.
    let other = world.program::<P>();
    let error = other.next(NAME).unwrap_err();
    assert!(matches!(kind(&error), Some(SessionErrorKind::AnswerLost { .. })), "{error}");
    assert!(world.record()["end"].is_null(), "{}", world.record());
    assert_eq!(world.server.requests(), 1);
}
