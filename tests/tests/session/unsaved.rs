//! Stores that do not take what they are given.

use grantflow::{Error, SessionErrorKind};

use crate::over_both_adapters;
use crate::program::Program;
use crate::world::{NAME, World, herd, kind, until};

over_both_adapters! {
    a_save_that_fails_once_is_noticed_by_nobody
    a_save_whose_answer_is_lost_is_made_once
    tokens_that_the_store_does_not_take_are_handed_over_and_stored_when_it_is_back
    another_process_goes_on_from_what_was_saved_at_last
    a_session_whose_first_save_fails_comes_back_and_is_stored_at_the_second_try
    a_store_that_is_down_costs_a_session_nothing_but_time
}

fn a_save_that_fails_once_is_noticed_by_nobody<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    world.store.fail_swaps(1);
    let tokens = herd(20, || program.token(NAME).unwrap(), || world.server.let_go());
    assert_eq!(tokens, ["at-anna-1"; 20]);
    world.assert_anna_was_refreshed(1);
}

fn a_save_whose_answer_is_lost_is_made_once<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    world.store.lose_an_answer();
    world.server.let_go();
    assert_eq!(program.token(NAME).unwrap(), "at-anna-1");
    assert_eq!(program.next(NAME).unwrap(), "at-anna-2");
    world.assert_anna_was_refreshed(2);
}

fn tokens_that_the_store_does_not_take_are_handed_over_and_stored_when_it_is_back<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    world.store.break_down();
    for error in herd(20, || program.token(NAME).unwrap_err(), || world.server.let_go()) {
        assert_eq!(kind(&error), Some(SessionErrorKind::Unsaved), "{error}");
        let unsaved = error.unsaved().unwrap();
        assert_eq!(unsaved.tokens().access_token().expose(), "at-anna-1");
        let record = serde_json::to_value(unsaved.record()).unwrap();
        assert_eq!(record["refresh_token"], "anna-1");
    }
    world.store.recover();
    assert_eq!(world.record()["tokens"]["refresh_token"], "anna-0");
    // After its pause.
    assert_eq!(until(|| program.token(NAME).ok()), "at-anna-1");
    world.assert_anna_was_refreshed(1);
}

fn another_process_goes_on_from_what_was_saved_at_last<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    let other = world.program::<P>();
    other.reject(NAME, &other.tokens(NAME).unwrap());
    world.store.break_down();
    world.server.let_go();
    let error = program.token(NAME).unwrap_err();
    assert_eq!(kind(&error), Some(SessionErrorKind::Unsaved), "{error}");
    world.store.recover();
    let ask = || until(|| program.token(NAME).ok());
    let elsewhere = || assert_eq!(other.token(NAME).unwrap(), "at-anna-1");
    assert_eq!(herd(1, ask, elsewhere), ["at-anna-1"]);
    assert_eq!(other.next(NAME).unwrap(), "at-anna-2");
    world.assert_anna_was_refreshed(2);
}

fn a_session_whose_first_save_fails_comes_back_and_is_stored_at_the_second_try<P: Program>() {
    let world = World::new();
    let program = world.program::<P>();
    world.store.break_down();
    let failed = program.login(NAME, world.log_in("anna")).unwrap_err();
    let Error::Session(error) = failed.error() else { panic!("{failed}") };
    assert_eq!(error.kind(), SessionErrorKind::Unsaved);
    world.store.recover();
    program.login(NAME, failed.retry().unwrap()).unwrap();
    assert_eq!(program.token(NAME).unwrap(), "at-anna-0");
    world.assert_anna_was_refreshed(0);
}

fn a_store_that_is_down_costs_a_session_nothing_but_time<P: Program>() {
    let world = World::new();
    let program = world.program_in_need::<P>();
    world.store.break_down();
    let error = program.token(NAME).unwrap_err();
    assert_eq!(kind(&error), Some(SessionErrorKind::StoreUnavailable), "{error}");
    assert_eq!(world.server.requests(), 0);
    world.store.recover();
    assert_eq!(until(|| program.token(NAME).ok()), "at-anna-1");
    world.assert_anna_was_refreshed(1);
}
