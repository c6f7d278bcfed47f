//! The server refuses the refresh token.

use grantflow::{Advice, Error, SessionErrorKind};

use crate::scenario::{process, refresh_token_of, tokens};
use crate::world::World;

const INVALID_GRANT: &str = r#"{"error":"invalid_grant"}"#;

#[test]
fn a_refusal_ends_the_session_where_nobody_has_a_newer_token() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let loads = world.store.loads();
    let answer = world.answer(ticket, 400, INVALID_GRANT);
    world.finish(&mut cache, rotation, answer);
    assert!(world.store.loads() > loads, "it looks again before it believes that");
    let error = world.error(&mut cache);
    let Error::Refused(refusal) = error.error() else { panic!("{error:?}") };
    assert_eq!(refusal.code(), "invalid_grant");
    assert_eq!(error.advice(), Advice::Reauthorize);
    let record = world.record();
    assert_eq!((&record["end"], &record["mark"]), (&"refused".into(), &().into()));
    assert_eq!(
        world.stored_token(),
        "rt-0",
        "the record stays, for a sibling that has a newer one"
    );
}

#[test]
fn others_are_told_without_a_request() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 400, INVALID_GRANT);
    world.finish(&mut cache, rotation, answer);
    let mut other = process(2);
    world.look(&mut other);
    assert_eq!(world.kind(&mut other), SessionErrorKind::Refused);
    assert_eq!(world.error(&mut other).advice(), Advice::Reauthorize);
    world.pass(2);
    world.look(&mut cache);
    // Who heard the server's own words keeps them.
    assert_eq!(world.error(&mut cache).error().status(), Some(400));
}

#[test]
fn the_next_login_revives_the_session_for_all() {
    let mut world = World::with_session();
    let (mut cache, mut other) = (process(1), process(2));
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 400, INVALID_GRANT);
    world.finish(&mut cache, rotation, answer);
    world.look(&mut other);
    world.login(5);
    world.pass(2);
    for cache in [&mut cache, &mut other] {
        world.look(cache);
        assert_eq!(world.token(cache), "at-5");
    }
    world.pass(3_600);
    let (_rotation, ticket) = world.begin_sending(&mut cache);
    assert_eq!(refresh_token_of(&ticket), "rt-5");
}

#[test]
fn a_sibling_that_has_newer_tokens_is_believed_and_not_the_refusal() {
    let mut world = World::with_session();
    let (mut slow, mut quick) = (process(1), process(2));
    let (waiting, ticket) = world.begin_sending(&mut slow);
    // The server takes so long that another takes the mark over.
    let (rotation, other) = world.begin_sending(&mut quick);
    let answer = world.answer(other, 200, &tokens(1));
    world.finish(&mut quick, rotation, answer);
    let version = world.version();
    let answer = world.answer(ticket, 400, INVALID_GRANT);
    world.finish(&mut slow, waiting, answer);
    assert_eq!(world.token(&mut slow), "at-1");
    assert_eq!(world.version(), version, "what has changed is left alone");
}

#[test]
fn a_refusal_while_another_is_at_it_waits_for_the_other() {
    let mut world = World::with_session();
    let (mut slow, mut quick) = (process(1), process(2));
    let (mut waiting, ticket) = world.begin_sending(&mut slow);
    let (rotation, other) = world.begin_sending(&mut quick);
    let answer = world.answer(ticket, 400, INVALID_GRANT);
    grantflow::Stepwise::take(&mut waiting, answer, world.now());
    world.one(&mut waiting);
    assert!(world.event(&mut waiting).is_none(), "it waits");
    assert!(world.record()["end"].is_null());
    let answer = world.answer(other, 200, &tokens(1));
    world.finish(&mut quick, rotation, answer);
    assert!(world.run(&mut waiting).is_none());
    slow.conclude(waiting, world.now());
    assert_eq!(world.token(&mut slow), "at-1");
}

#[test]
fn a_refusal_after_a_takeover_is_uncertain() {
    let mut world = World::with_session();
    let _vanished = world.begin_sending(&mut process(1));
    let mut cache = process(2);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 400, INVALID_GRANT);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.record()["end"], "uncertain");
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Uncertain);
    let error = world.error(&mut cache);
    assert_eq!(error.advice(), Advice::Uncertain);
    assert!(error.to_string().contains("invalid_grant"), "{error}");
    let mut other = process(3);
    world.look(&mut other);
    assert_eq!(world.kind(&mut other), SessionErrorKind::Uncertain);
}

#[test]
fn an_owner_that_vanished_and_comes_back_with_tokens_revives_the_session() {
    let mut world = World::with_session();
    let (mut vanished, mut cache) = (process(1), process(2));
    let (away, its_ticket) = world.begin_sending(&mut vanished);
    let its_answer = world.answer(its_ticket, 200, &tokens(1));
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 400, INVALID_GRANT);
    world.finish(&mut cache, rotation, answer);
    world.finish(&mut vanished, away, its_answer);
    assert_eq!(world.token(&mut vanished), "at-1");
    let record = world.record();
    assert_eq!((&record["end"], &record["vanished"]), (&().into(), &false.into()));
    world.pass(2);
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-1");
}

#[test]
fn a_takeover_that_goes_well_forgets_who_vanished() {
    let mut world = World::with_session();
    let _vanished = world.begin_sending(&mut process(1));
    let mut cache = process(2);
    world.refresh(&mut cache, 1);
    assert_eq!(world.record()["vanished"], false);
    world.pass(3_600);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 400, INVALID_GRANT);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.record()["end"], "refused");
}

#[test]
fn a_refusal_after_a_lost_answer_is_what_the_server_says_of_a_spent_token() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let lost = crate::world::unanswered(ticket, grantflow::TransportErrorKind::Timeout);
    world.finish(&mut cache, rotation, lost);
    world.pass(50);
    let mut other = process(2);
    world.look(&mut other);
    world.pass(50);
    let (rotation, ticket) = world.begin_sending(&mut other);
    let answer = world.answer(ticket, 400, INVALID_GRANT);
    world.finish(&mut other, rotation, answer);
    // No living process has its answer, so only a login helps.
    assert_eq!(world.record()["end"], "refused");
    assert_eq!(world.error(&mut other).advice(), Advice::Reauthorize);
}
