//! Logouts, and logins of other users, while a refresh is under way.

use std::panic::{AssertUnwindSafe, catch_unwind};

use grantflow::SessionErrorKind;

use crate::over_both_adapters;
use crate::program::Program;
use crate::world::{NAME, World, herd, kind, until};

over_both_adapters! {
    a_logout_before_the_answer_stays_a_logout
    a_logout_between_the_answer_and_its_save_stays_a_logout
    a_logout_in_another_process_stays_a_logout
    a_login_before_the_answer_keeps_two_users_apart
    a_login_between_the_answer_and_its_save_keeps_two_users_apart
    a_login_in_another_process_keeps_two_users_apart
    after_a_login_the_token_of_the_user_before_is_not_handed_out
    tokens_that_were_not_saved_do_not_undo_a_logout
    of_two_users_tokens_that_were_not_saved_the_later_are_kept
    a_login_that_was_stored_by_a_store_that_then_panics_leaves_nothing_of_the_user_before
}

fn a_logout_before_the_answer_stays_a_logout<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    let errors = herd(8, || program.token(NAME).unwrap_err(), || log_out(&program, "at-anna-0"));
    assert!(errors.iter().all(|error| kind(error) == Some(SessionErrorKind::Missing)));
    world.let_it_come_too_late(|| world.server.let_go());
    assert_logged_out(&world, &program);
}

fn a_logout_between_the_answer_and_its_save_stays_a_logout<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    let ask = || program.token(NAME).unwrap_err();
    let errors = herd(8, ask, || {
        world.let_the_answer_come_and_hold_its_save();
        log_out(&program, "at-anna-0");
    });
    assert!(errors.iter().all(|error| kind(error) == Some(SessionErrorKind::Missing)));
    world.let_it_come_too_late(|| world.store.let_go());
    assert_logged_out(&world, &program);
}

fn a_logout_in_another_process_stays_a_logout<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    let errors = herd(
        8,
        || program.token(NAME).unwrap_err(),
        || {
            world.let_the_answer_come_and_hold_its_save();
            log_out(&world.program::<P>(), "at-anna-0");
            world.store.let_go();
        },
    );
    assert!(errors.iter().all(|error| kind(error) == Some(SessionErrorKind::Missing)));
    assert_logged_out(&world, &program);
}

fn log_out<P: Program>(program: &P, access_token: &str) {
    let removed = program.logout(NAME).unwrap().unwrap();
    assert_eq!(removed.tokens().access_token().expose(), access_token);
}

fn assert_logged_out<P: Program>(world: &World, program: &P) {
    program.settle(NAME).unwrap();
    for program in [program, &world.program()] {
        let error = program.token(NAME).unwrap_err();
        assert_eq!(kind(&error), Some(SessionErrorKind::Missing), "{error}");
        assert!(program.logout(NAME).unwrap().is_none());
    }
    assert!(world.record()["tokens"].is_null(), "{}", world.record());
    assert_eq!(world.server.requests(), 1);
}

fn a_login_before_the_answer_keeps_two_users_apart<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    let log_in = || program.login(NAME, world.log_in("bert")).unwrap();
    let tokens = herd(8, || program.token(NAME).unwrap(), log_in);
    assert_eq!(tokens, ["at-bert-0"; 8]);
    world.let_it_come_too_late(|| world.server.let_go());
    assert_is_berts(&world, &program);
}

fn a_login_between_the_answer_and_its_save_keeps_two_users_apart<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    let ask = || program.token(NAME).unwrap();
    let tokens = herd(8, ask, || {
        world.let_the_answer_come_and_hold_its_save();
        program.login(NAME, world.log_in("bert")).unwrap();
    });
    assert_eq!(tokens, ["at-bert-0"; 8]);
    world.let_it_come_too_late(|| world.store.let_go());
    assert_is_berts(&world, &program);
}

fn a_login_in_another_process_keeps_two_users_apart<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    let ask = || program.token(NAME).unwrap();
    let tokens = herd(8, ask, || {
        world.let_the_answer_come_and_hold_its_save();
        world.program::<P>().login(NAME, world.log_in("bert")).unwrap();
        world.store.let_go();
    });
    assert_eq!(tokens, ["at-bert-0"; 8]);
    assert_is_berts(&world, &program);
}

fn assert_is_berts<P: Program>(world: &World, program: &P) {
    program.settle(NAME).unwrap();
    for program in [program, &world.program()] {
        assert_eq!(program.token(NAME).unwrap(), "at-bert-0");
    }
    assert_eq!(world.refresh_token(), "bert-0");
    assert_eq!(program.next(NAME).unwrap(), "at-bert-1");
    assert_eq!(world.refresh_token(), "bert-1");
    assert_eq!((world.server.refreshes("anna"), world.server.requests()), (1, 2));
}

fn after_a_login_the_token_of_the_user_before_is_not_handed_out<P: Program>() {
    let world = World::new();
    let program = world.program_of_anna::<P>();
    assert_eq!(program.authorization(NAME).unwrap(), "Bearer at-anna-0");
    program.login(NAME, world.log_in("bert")).unwrap();
    assert_eq!(program.authorization(NAME).unwrap(), "Bearer at-bert-0");
    log_out(&program, "at-bert-0");
    let error = program.authorization(NAME).unwrap_err();
    assert_eq!(kind(&error), Some(SessionErrorKind::Missing), "{error}");
    assert_eq!(world.server.requests(), 0);
}

fn tokens_that_were_not_saved_do_not_undo_a_logout<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    world.store.break_down();
    world.server.let_go();
    let error = program.token(NAME).unwrap_err();
    assert_eq!(kind(&error), Some(SessionErrorKind::Unsaved), "{error}");
    world.store.recover();
    log_out(&world.program::<P>(), "at-anna-0");
    let is_missing = |error| (kind(&error) == Some(SessionErrorKind::Missing)).then_some(());
    until(|| is_missing(program.token(NAME).unwrap_err()));
    assert_logged_out(&world, &program);
}

/// Two refreshes of one process whose saves both fail: the one of a user who is not logged in any
/// more must not push out the other.
fn of_two_users_tokens_that_were_not_saved_the_later_are_kept<P: Program>() {
    let world = World::new();
    let program = world.program_with_an_answer_on_its_way::<P>();
    world.let_the_answer_come_and_hold_its_save();
    program.login(NAME, world.log_in("bert")).unwrap();
    program.reject(NAME, &program.tokens(NAME).unwrap());
    world.server.hold();
    let vanish = program.begin_to_ask(NAME);
    world.server.wait_for_requests(2);
    world.store.break_down();
    let swaps = world.store.swaps();
    world.store.let_go();
    // Anna's save was begun already, and is begun five times more.
    until(|| (world.store.swaps() == swaps + 5).then_some(()));
    let bert = || program.token(NAME).unwrap_err();
    for error in herd(8, bert, || world.server.let_go()) {
        assert_eq!(kind(&error), Some(SessionErrorKind::Unsaved), "{error}");
        let unsaved = error.unsaved().unwrap().tokens();
        assert_eq!(unsaved.access_token().expose(), "at-bert-1");
    }
    vanish();
    world.store.recover();
    // Whoever asks now may have to wait for it, and is gone before.
    until(|| {
        program.begin_to_ask(NAME)();
        (world.record()["tokens"]["refresh_token"] == "bert-1").then_some(())
    });
    assert_eq!((world.refresh_token().as_str(), world.server.requests()), ("bert-1", 2));
}

fn a_login_that_was_stored_by_a_store_that_then_panics_leaves_nothing_of_the_user_before<
    P: Program,
>() {
    let world = World::new();
    let program = world.program_of_anna::<P>();
    assert_eq!(program.authorization(NAME).unwrap(), "Bearer at-anna-0");
    world.store.panic_after_a_swap();
    let login = || program.login(NAME, world.log_in("bert"));
    // One adapter gives the session back, and the other lets the panic through.
    let stored = catch_unwind(AssertUnwindSafe(login)).is_ok_and(|done| done.is_ok());
    assert!(!stored);
    assert_eq!(world.refresh_token(), "bert-0");
    assert_eq!(program.authorization(NAME).unwrap(), "Bearer at-bert-0");
}
