//! What the caller is told, and in which words.

use std::error::Error as _;

use grantflow::{Advice, SessionErrorKind, TransportErrorKind};

use crate::scenario::{process, tokens};
use crate::shelf::Fault::Undone;
use crate::world::{World, session_error, unanswered};

#[test]
fn who_loses_the_second_answer_is_told_at_once_that_the_session_is_over() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.finish(&mut cache, rotation, unanswered(ticket, TransportErrorKind::Timeout));
    assert!(matches!(world.error(&mut cache).advice(), Advice::RetryAfter(_)));
    world.pass(46);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.finish(&mut cache, rotation, unanswered(ticket, TransportErrorKind::Timeout));
    assert_eq!(world.record()["end"], "uncertain");
    let error = world.error(&mut cache);
    assert_eq!(session_error(error.error()).kind(), SessionErrorKind::Uncertain);
    assert_eq!(error.advice(), Advice::Uncertain);
    assert!(error.retry_at().is_none());
    assert!(error.to_string().contains("no complete answer came in time"), "{error}");
}

#[test]
fn an_answer_that_cannot_be_read_is_told_as_uncertain_the_second_time() {
    let mut world = World::with_session();
    let mut cache = process(1);
    for _ in 0..2 {
        let (rotation, ticket) = world.begin_sending(&mut cache);
        let answer = world.answer(ticket, 200, "{");
        world.finish(&mut cache, rotation, answer);
        world.pass(120);
    }
    // A look a second, which finds nothing new.
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Uncertain);
    assert_eq!(world.error(&mut cache).advice(), Advice::Uncertain);
}

#[test]
fn what_the_store_said_is_in_the_text_and_in_the_cause_and_not_said_twice() {
    let mut unread = World::with_session();
    let mut cache = process(1);
    unread.store.fail_loads(3);
    unread.look(&mut cache);
    let unread = (unread.error(&mut cache), "the store cannot be read");

    let mut unsaved = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = unsaved.begin_sending(&mut cache);
    unsaved.store.fail_swaps(&[Undone; 6]);
    let answer = unsaved.answer(ticket, 200, &tokens(1));
    unsaved.finish(&mut cache, rotation, answer);
    let unsaved = (unsaved.error(&mut cache), "the store cannot be written");

    for (error, said) in [unread, unsaved] {
        let session = session_error(error.error());
        assert_eq!(session.cause().unwrap().to_string(), said);
        assert_eq!(error.to_string().matches(said).count(), 1, "{error}");
        assert!(!error.to_string().contains("the server is asked"), "it is the store: {error}");
        let mut sources = std::iter::successors(error.source(), |error| (*error).source());
        assert!(!sources.any(|source| source.to_string().contains(said)), "{error:?}");
        assert!(session.source().is_none());
    }
}

#[test]
fn an_error_that_nobody_caused_has_no_cause() {
    let mut world = World::empty();
    let mut cache = process(1);
    world.look(&mut cache);
    let error = world.error(&mut cache);
    let session = session_error(error.error());
    assert_eq!(session.kind(), SessionErrorKind::Missing);
    assert!(session.cause().is_none() && session.source().is_none());
}
