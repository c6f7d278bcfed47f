//! Logins and logouts that seem to fail, come twice, or find nothing.

use grantflow::flow::Authorized;
use grantflow::{Flow, Login, Logout};
use serde_json::Value;

use crate::scenario::{NAME, client, process, refresh_token_of, tokens};
use crate::shelf::Fault::{Done, Undone};
use crate::world::{World, session_error};

/// Tokens that were taken over from elsewhere: they are over in a second.
fn short_session(world: &World) -> Value {
    let mut tokens = world.session(0);
    tokens["expires_in"] = 1.into();
    tokens
}

fn flow(tokens: &Value) -> Flow<Authorized> {
    client().resume(serde_json::from_value(tokens.clone()).unwrap()).unwrap()
}

fn login(world: &mut World, session: Flow<Authorized>) {
    let mut login = Login::new(NAME, &session);
    assert!(world.run(&mut login).is_none());
    login.finish(session).unwrap();
}

/// What was taken out, if anything was.
fn logout(world: &mut World) -> Option<Flow<Authorized>> {
    let mut logout = Logout::new(NAME, &client());
    assert!(world.run(&mut logout).is_none());
    logout.finish().unwrap()
}

#[test]
fn a_login_that_seemed_to_fail_does_not_overwrite_what_was_refreshed_since() {
    let mut world = World::empty();
    let session = flow(&short_session(&world));
    world.pass(10);
    let mut login = Login::new(NAME, &session);
    world.one(&mut login);
    world.store.fail_swaps(&[Done]);
    world.one(&mut login);
    world.refresh(&mut process(2), 1);
    let version = world.version();
    assert!(world.run(&mut login).is_none());
    login.finish(session).unwrap();
    assert_eq!((world.stored_token(), world.version()), ("rt-1".to_owned(), version));
}

#[test]
fn a_login_that_is_made_again_with_the_same_session_does_not_overwrite_what_was_refreshed_since() {
    let mut world = World::empty();
    let tokens = short_session(&world);
    login(&mut world, flow(&tokens));
    world.pass(10);
    world.refresh(&mut process(2), 1);
    let version = world.version();
    login(&mut world, flow(&tokens));
    assert_eq!((world.stored_token(), world.version()), ("rt-1".to_owned(), version));
}

#[test]
fn a_login_that_failed_for_good_and_stands_can_be_made_again() {
    let mut world = World::empty();
    let session = flow(&short_session(&world));
    world.pass(10);
    let mut first = Login::new(NAME, &session);
    world.one(&mut first);
    world.store.fail_swaps(&[Done]);
    world.one(&mut first);
    world.store.fail_loads(3);
    assert!(world.run(&mut first).is_none());
    let session =
        first.finish(session).unwrap_err().retry().unwrap_or_else(|failed| panic!("{failed:?}"));
    world.refresh(&mut process(2), 1);
    login(&mut world, session);
    assert_eq!(world.stored_token(), "rt-1");
}

#[test]
fn a_login_with_other_tokens_overwrites_whatever_stands_there() {
    for (access_token, refresh_token) in [("at-9", "rt-9"), ("at-9", "rt-0"), ("at-0", "rt-9")] {
        let mut world = World::empty();
        world.login(0);
        let mut tokens = world.session(0);
        tokens["access_token"] = access_token.into();
        tokens["refresh_token"] = refresh_token.into();
        login(&mut world, flow(&tokens));
        assert_eq!(world.stored_token(), refresh_token);
        assert_eq!(world.record()["tokens"]["access_token"], access_token);
    }
}

#[test]
fn a_login_into_a_store_that_refuses_every_change_says_who_is_at_fault() {
    let world = World::empty();
    let session = flow(&world.session(0));
    let mut login = Login::new(NAME, &session);
    assert_eq!(world.refuse_swaps(&mut login), 101);
    let failed = login.finish(session).unwrap_err();
    assert!(failed.to_string().contains("run the conformance kit"), "{failed}");
}

#[test]
fn a_login_with_the_same_session_after_a_logout_is_one() {
    let mut world = World::empty();
    let tokens = world.session(0);
    login(&mut world, flow(&tokens));
    assert!(logout(&mut world).is_some());
    login(&mut world, flow(&tokens));
    assert_eq!(world.stored_token(), "rt-0");
}

#[test]
fn a_logout_where_nothing_stands_is_noted_so_that_nothing_comes_back() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[Undone; 6]);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert!(cache.unsaved(world.now()).is_some());
    world.store.clear();
    assert!(logout(&mut world).is_none());
    assert!(world.record()["tokens"].is_null());
    world.pass(60);
    world.look(&mut cache);
    assert!(world.record()["tokens"].is_null());
    assert!(cache.unsaved(world.now()).is_none(), "they are the former user's");
}

#[test]
fn a_logout_where_nothing_stands_outlives_an_answer_that_comes_after_it() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.clear();
    world.pass(1);
    assert!(logout(&mut world).is_none());
    cache.changed();
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), grantflow::SessionErrorKind::Missing);
    assert!(world.record()["tokens"].is_null());
}

#[test]
fn a_second_logout_changes_nothing_and_gives_nothing() {
    let mut world = World::with_session();
    assert_eq!(logout(&mut world).unwrap().tokens().access_token().expose(), "at-0");
    let version = world.version();
    assert!(logout(&mut world).is_none());
    assert_eq!(world.version(), version);
}

#[test]
fn a_logout_that_seemed_to_fail_gives_what_it_took_out() {
    let mut world = World::with_session();
    world.store.fail_swaps(&[Done]);
    assert_eq!(logout(&mut world).unwrap().tokens().access_token().expose(), "at-0");
}

#[test]
fn a_login_after_a_logout_where_nothing_stood_is_the_session_from_then_on() {
    let mut world = World::empty();
    assert!(logout(&mut world).is_none());
    world.login(5);
    world.pass(3_600);
    let (_rotation, ticket) = world.begin_sending(&mut process(1));
    assert_eq!(refresh_token_of(&ticket), "rt-5");
}

#[test]
fn a_logout_that_could_not_ask_says_so() {
    let mut world = World::with_session();
    let mut logout = Logout::new(NAME, &client());
    world.store.fail_loads(3);
    assert!(world.run(&mut logout).is_none());
    let error = logout.finish().unwrap_err();
    let kind = session_error(&error).kind();
    assert_eq!(kind, grantflow::SessionErrorKind::StoreUnavailable);
    assert_eq!(world.stored_token(), "rt-0");
}
