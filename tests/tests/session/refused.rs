//! Servers that say no.

use grantflow::{Advice, Error, SessionErrorKind};

use crate::over_both_adapters;
use crate::program::Program;
use crate::world::{NAME, World, herd, kind, until};

over_both_adapters! {
    a_refusal_means_nothing_where_somebody_has_a_newer_token
    a_refusal_is_told_to_all_after_one_request_and_a_login_revives_them
    a_refusal_is_not_believed_while_the_store_is_down
    a_secret_that_was_replaced_lets_the_session_go_on
    a_server_that_is_busy_decides_nothing_and_holds_up_no_other_process
}

fn a_refusal_means_nothing_where_somebody_has_a_newer_token<P: Program>() {
    let world = World::new();
    let program = world.program_in_need::<P>();
    world.server.answer_next(400, r#"{"error":"invalid_grant"}"#);
    world.server.hold();
    let tokens = herd(
        8,
        || program.token(NAME).unwrap(),
        || {
            world.server.wait_for_requests(1);
            world.program::<P>().login(NAME, world.log_in("anna")).unwrap();
            world.server.let_go();
        },
    );
    assert_eq!(tokens, ["at-anna-1"; 8]);
    assert_eq!(world.refresh_token(), "anna-1");
    assert_eq!(world.server.requests(), 1);
}

fn a_refusal_is_told_to_all_after_one_request_and_a_login_revives_them<P: Program>() {
    let world = World::new();
    let program = world.program_in_need::<P>();
    world.server.end("anna");
    for error in herd(50, || program.token(NAME).unwrap_err(), || {}) {
        assert!(matches!(error.error(), Error::Refused(_)), "{error}");
        assert_eq!(error.advice(), Advice::Reauthorize);
    }
    // The access token is still good for whoever does not know better.
    let next = world.program::<P>();
    let error = next.next(NAME).unwrap_err();
    assert_eq!(kind(&error), Some(SessionErrorKind::Refused), "{error}");
    assert_eq!(world.server.requests(), 1);
    let another = world.program::<P>();
    another.login(NAME, world.log_in("anna")).unwrap();
    for program in [&another, &program, &next] {
        assert_eq!(until(|| program.token(NAME).ok()), "at-anna-1");
    }
    assert_eq!((world.refresh_token().as_str(), world.server.requests()), ("anna-1", 1));
}

fn a_refusal_is_not_believed_while_the_store_is_down<P: Program>() {
    let world = World::new();
    let program = world.program_in_need::<P>();
    world.server.end("anna");
    world.server.hold();
    let errors = herd(
        8,
        || program.token(NAME).unwrap_err(),
        || {
            world.server.wait_for_requests(1);
            world.store.break_down();
            world.server.let_go();
        },
    );
    for error in errors {
        assert_eq!(kind(&error), Some(SessionErrorKind::Unconfirmed), "{error}");
    }
    world.store.recover();
    let error = until(|| {
        let error = program.token(NAME).unwrap_err();
        (kind(&error) != Some(SessionErrorKind::Unconfirmed)).then_some(error)
    });
    assert_eq!(error.advice(), Advice::Reauthorize, "{error}");
    assert_eq!((world.record()["end"].as_str(), world.server.requests()), (Some("refused"), 1));
}

fn a_secret_that_was_replaced_lets_the_session_go_on<P: Program>() {
    let world = World::new();
    let mut program = world.program_in_need::<P>();
    let client = world.server.replace_secret("n3w-n3w-n3w").unwrap();
    let error = program.token(NAME).unwrap_err();
    assert_eq!(error.advice(), Advice::FixConfiguration, "{error}");
    program.ask_as(&client);
    assert_eq!(program.token(NAME).unwrap(), "at-anna-1");
    assert_eq!((world.refresh_token().as_str(), world.server.requests()), ("anna-1", 2));
}

fn a_server_that_is_busy_decides_nothing_and_holds_up_no_other_process<P: Program>() {
    for answer in [r#"{"error":"temporarily_unavailable"}"#, "<html>busy</html>"] {
        let world = World::new();
        let program = world.program_in_need::<P>();
        world.server.answer_next(503, answer);
        let error = program.token(NAME).unwrap_err();
        assert!(matches!(error.advice(), Advice::RetryAfter(_)), "{error}");
        // It lives, and has no mark and no end.
        assert_eq!(world.refresh_token(), "anna-0");
        assert_eq!(world.server.requests(), 1);
        assert_eq!(world.program::<P>().next(NAME).unwrap(), "at-anna-1");
        assert_eq!(until(|| program.token(NAME).ok()), "at-anna-1");
        assert_eq!((world.refresh_token().as_str(), world.server.requests()), ("anna-1", 2));
        assert_eq!(world.server.reuses(), 0);
    }
}
