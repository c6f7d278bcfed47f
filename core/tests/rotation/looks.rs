//! A session that cannot be refreshed, now or ever: what still lives is handed out, the store is
//! looked at once a second, and nothing is sent.

use std::time::Duration;

use grantflow::wire::Response;
use grantflow::{Advice, Event, Exchange, Login, Lookup, SessionErrorKind, Ticket, TokenCache};
use serde_json::Value;

use crate::scenario::{NAME, client, process, refresh_token_of};
use crate::world::{World, session_error};

/// Stores a login with these tokens.
fn login_with(world: &mut World, tokens: Value) {
    let session = client().resume(serde_json::from_value(tokens).unwrap()).unwrap();
    let mut login = Login::new(NAME, &session);
    assert!(world.run(&mut login).is_none());
    login.finish(session).unwrap();
}

/// The server is down, and says for how long.
fn down_for_a_minute(world: &World, ticket: Ticket) -> Event {
    let response = Response::new(503, b"").with_header("Retry-After", b"60");
    Event::Answered(ticket.receive(response, world.now()))
}

/// Asks ten times a second, for so many seconds: how often the store is looked at. Nothing is sent.
fn looks_in(world: &mut World, cache: &mut TokenCache, seconds: u64) -> u32 {
    let before = world.store.loads();
    for _ in 0..seconds.saturating_mul(10) {
        world.pass_time(Duration::from_millis(100));
        if let Lookup::Rotate(_, mut rotation) = cache.get(world.now()) {
            assert!(world.run(&mut *rotation).is_none(), "something was sent");
            cache.conclude(*rotation, world.now());
        }
    }
    world.store.loads() - before
}

/// Another process logs the user in.
fn sees_a_login(world: &mut World, cache: &mut TokenCache) {
    world.login(5);
    assert_eq!(looks_in(world, cache, 1), 1);
    assert_eq!(world.token(cache), "at-5");
}

#[test]
fn the_token_of_a_session_that_has_ended_is_used_while_it_lives() {
    for (end, kind) in
        [("refused", SessionErrorKind::Refused), ("uncertain", SessionErrorKind::Uncertain)]
    {
        let mut world = World::empty();
        world.login(0);
        let mut record = world.record();
        record["end"] = end.into();
        world.write(&record);
        // It has 20 s left.
        world.pass(3_580);
        let mut cache = process(1);
        world.look(&mut cache);
        assert_eq!(world.token(&mut cache), "at-0", "{end}");
        assert!(looks_in(&mut world, &mut cache, 19) <= 19);
        assert_eq!(world.token(&mut cache), "at-0", "{end}");
        world.pass(1);
        world.look(&mut cache);
        assert_eq!(world.kind(&mut cache), kind);
        assert_eq!(looks_in(&mut world, &mut cache, 5), 5);
        sees_a_login(&mut world, &mut cache);
    }
}

#[test]
fn the_token_of_a_session_without_a_refresh_token_is_used_while_it_lives() {
    let mut world = World::empty();
    let mut session = world.session(0);
    session["refresh_token"] = Value::Null;
    login_with(&mut world, session);
    world.pass(3_580);
    let mut cache = process(1);
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-0");
    assert!(looks_in(&mut world, &mut cache, 19) <= 19);
    world.pass(1);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::NotRefreshable);
    sees_a_login(&mut world, &mut cache);
}

#[test]
fn a_token_that_nobody_said_an_end_of_is_used_on_where_there_is_no_refresh_token() {
    let mut world = World::empty();
    let mut session = world.session(0);
    (session["refresh_token"], session["expires_in"]) = (Value::Null, Value::Null);
    login_with(&mut world, session);
    world.pass(3_500);
    let mut old = process(1);
    world.look(&mut old);
    assert_eq!(world.token(&mut old), "at-0");
    // By then it would be refreshed, if it could be.
    world.pass(200);
    let mut new = process(2);
    for cache in [&mut old, &mut new] {
        world.look(cache);
        assert_eq!(world.token(cache), "at-0");
        assert!(looks_in(&mut world, cache, 10) <= 10);
        assert_eq!(world.token(cache), "at-0");
    }
    // Until an API rejects it.
    let Lookup::Ready(held) = old.get(world.now()) else { panic!() };
    old.reject(held.access_token(), world.now());
    world.look(&mut old);
    let error = world.error(&mut old);
    assert_eq!(session_error(error.error()).kind(), SessionErrorKind::NotRefreshable);
    assert_eq!(error.advice(), Advice::Reauthorize);
    assert_eq!(looks_in(&mut world, &mut old, 5), 5);
    sees_a_login(&mut world, &mut old);
}

#[test]
fn a_rejected_token_of_a_session_that_has_ended_is_not_handed_out_for_its_rest() {
    let mut world = World::empty();
    world.login(0);
    let mut cache = process(1);
    world.look(&mut cache);
    let Lookup::Ready(held) = cache.get(world.now()) else { panic!() };
    cache.reject(held.access_token(), world.now());
    let mut record = world.record();
    record["end"] = "refused".into();
    world.write(&record);
    world.pass(3_580);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Refused);
}

#[test]
fn while_the_server_is_down_the_store_is_looked_at_once_a_second() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = down_for_a_minute(&world, ticket);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.error(&mut cache).error().status(), Some(503));
    assert_eq!(looks_in(&mut world, &mut cache, 59), 59);
    assert_eq!(world.error(&mut cache).error().status(), Some(503), "a look changes nothing");
    // The pause is up to half as long again.
    world.pass(31);
    let (_rotation, ticket) = world.begin_sending(&mut cache);
    assert_eq!(refresh_token_of(&ticket), "rt-0");
}

#[test]
fn while_the_server_is_down_a_login_by_another_process_is_seen() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = down_for_a_minute(&world, ticket);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(looks_in(&mut world, &mut cache, 10), 10);
    sees_a_login(&mut world, &mut cache);
}

#[test]
fn while_the_client_is_refused_nothing_is_sent_and_a_login_is_seen() {
    for is_logged_in in [true, false] {
        let mut world = World::with_session();
        let mut cache = process(1);
        let (rotation, ticket) = world.begin_sending(&mut cache);
        let answer = world.answer(ticket, 401, r#"{"error":"invalid_client"}"#);
        world.finish(&mut cache, rotation, answer);
        assert_eq!(looks_in(&mut world, &mut cache, 29), 29);
        assert_eq!(world.error(&mut cache).error().status(), Some(401));
        if is_logged_in {
            sees_a_login(&mut world, &mut cache);
        } else {
            world.pass(16);
            let (_rotation, ticket) = world.begin_sending(&mut cache);
            assert_eq!(refresh_token_of(&ticket), "rt-0");
        }
    }
}

#[test]
fn who_is_refused_as_a_client_learns_after_its_pause_that_the_session_has_ended() {
    let mut world = World::empty();
    world.login(0);
    world.pass(3_599);
    let (mut cache, mut other) = (process(1), process(2));
    for (cache, status, error) in
        [(&mut cache, 401, "invalid_client"), (&mut other, 400, "invalid_grant")]
    {
        let (rotation, ticket) = world.begin_sending(cache);
        let answer = world.answer(ticket, status, &format!(r#"{{"error":"{error}"}}"#));
        world.finish(cache, rotation, answer);
    }
    // The old token is just over, so this look finds nothing to use.
    world.pass(1);
    world.look(&mut cache);
    assert_eq!(world.error(&mut cache).error().status(), Some(401));
    world.pass(46);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Refused);
}

#[test]
fn while_the_server_is_down_the_last_token_of_a_session_that_has_ended_is_used() {
    let mut world = World::empty();
    world.login(0);
    // It has 20 s left, and is to be renewed.
    world.pass(3_580);
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = down_for_a_minute(&world, ticket);
    world.finish(&mut cache, rotation, answer);
    let mut record = world.record();
    record["end"] = "refused".into();
    world.write(&record);
    world.pass(1);
    world.look(&mut cache);
    // It is used while one more look tells that there will be no other.
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-0");
}

#[test]
fn while_the_store_was_down_a_login_is_seen_and_the_pause_for_sending_is_kept() {
    for is_logged_in in [true, false] {
        let mut world = World::with_session();
        let mut cache = process(1);
        // The pauses double: the last is 16 s at least.
        for _ in 0..5 {
            world.store.fail_loads(3);
            world.look(&mut cache);
            world.pass(24);
        }
        world.store.fail_loads(3);
        world.look(&mut cache);
        assert_eq!(world.kind(&mut cache), SessionErrorKind::StoreUnavailable);
        assert_eq!(looks_in(&mut world, &mut cache, 15), 15);
        assert_eq!(world.kind(&mut cache), SessionErrorKind::StoreUnavailable);
        if is_logged_in {
            sees_a_login(&mut world, &mut cache);
        } else {
            world.pass(48);
            world.refresh(&mut cache, 1);
        }
    }
}

#[test]
fn while_a_session_has_ended_the_store_is_looked_at_once_a_second() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 400, r#"{"error":"invalid_grant"}"#);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(looks_in(&mut world, &mut cache, 60), 60);
    assert_eq!(world.error(&mut cache).error().status(), Some(400), "its own words stay");
    sees_a_login(&mut world, &mut cache);
}

#[test]
fn after_the_pause_of_a_lost_answer_it_is_sent_and_looked_at_until_then() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let lost = crate::world::unanswered(ticket, grantflow::TransportErrorKind::Timeout);
    world.finish(&mut cache, rotation, lost);
    assert_eq!(looks_in(&mut world, &mut cache, 29), 29);
    world.pass(16);
    world.refresh(&mut cache, 1);
}

#[test]
fn one_look_is_out_at_a_time() {
    let mut world = World::empty();
    let mut cache = process(1);
    world.look(&mut cache);
    world.pass(1);
    let _looking = world.begin(&mut cache);
    assert!(matches!(cache.get(world.now()), Lookup::Wait(_)));
}

#[test]
fn who_was_told_that_the_session_is_over_refreshes_the_next_one_as_others_do() {
    for was_refused in [true, false] {
        let mut world = World::with_session();
        let mut cache = process(1);
        if was_refused {
            let (rotation, ticket) = world.begin_sending(&mut cache);
            let answer = world.answer(ticket, 400, r#"{"error":"invalid_grant"}"#);
            world.finish(&mut cache, rotation, answer);
        } else {
            world.logout();
            world.look(&mut cache);
        }
        // Another process logs the user in, and an hour passes before this one is asked again.
        world.login(5);
        world.pass(3_600);
        let mut rotation = world.begin(&mut cache);
        let mut sent = world.run(&mut rotation).map(|ticket| refresh_token_of(&ticket));
        if sent.is_none() {
            cache.conclude(rotation, world.now());
            world.pass(2);
            let mut rotation = world.begin(&mut cache);
            sent = world.run(&mut rotation).map(|ticket| refresh_token_of(&ticket));
        }
        assert_eq!(sent.as_deref(), Some("rt-5"), "refused: {was_refused}");
    }
}

#[test]
fn who_was_told_that_there_is_no_session_uses_a_token_that_lives_and_cannot_be_refreshed() {
    let mut world = World::empty();
    let mut cache = process(1);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Missing);
    let mut session = world.session(0);
    (session["refresh_token"], session["expires_in"]) = (Value::Null, Value::Null);
    let session = client().resume(serde_json::from_value(session).unwrap()).unwrap();
    let mut login = Login::new(NAME, &session);
    assert!(world.run(&mut login).is_none());
    login.finish(session).unwrap();
    world.pass(3_700);
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-0");
}
