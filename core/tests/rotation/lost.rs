//! Answers that do not come, that say nothing, or that cannot be read.

use grantflow::wire::Response;
use grantflow::{Advice, Error, Event, Exchange, SessionErrorKind, Stepwise, TransportErrorKind};

use crate::scenario::{process, refresh_token_of, tokens};
use crate::world::{World, session_error, unanswered};

#[test]
fn after_a_lost_answer_the_token_is_sent_once_more_by_whoever_comes_after_the_pause() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.finish(&mut cache, rotation, unanswered(ticket, TransportErrorKind::Timeout));
    let error = world.error(&mut cache);
    assert!(matches!(error.error(), Error::Transport(_)), "{error:?}");
    let record = world.record();
    assert_eq!((&record["lost"], &record["mark"]["seconds"]), (&1.into(), &30.into()));

    let mut other = process(2);
    world.look(&mut other);
    let error = world.error(&mut other);
    let SessionErrorKind::AnswerLost { pause } = session_error(error.error()).kind() else {
        panic!("{error:?}")
    };
    assert_eq!(pause.as_secs(), 30);
    assert!(matches!(error.advice(), Advice::RetryAfter(pause) if pause.as_secs() >= 30));
    let mut third = process(3);
    world.pass(29);
    world.look(&mut third);
    world.pass(30);
    let (rotation, ticket) = world.begin_sending(&mut other);
    assert_eq!(refresh_token_of(&ticket), "rt-0");
    assert_eq!(world.record()["vanished"], false, "the answer is lost, and nobody can have it");
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut other, rotation, answer);
    let record = world.record();
    assert_eq!((&record["lost"], &record["mark"]), (&0.into(), &().into()));
    world.pass(20);
    for cache in [&mut cache, &mut third] {
        world.look(cache);
        assert_eq!(world.token(cache), "at-1");
    }
}

#[test]
fn a_pause_that_is_not_over_is_kept() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.finish(&mut cache, rotation, unanswered(ticket, TransportErrorKind::Interrupted));
    for name in 2..6 {
        world.pass(29);
        world.look(&mut process(name));
    }
}

#[test]
fn who_lost_the_answer_itself_counts_the_pause_from_then() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.finish(&mut cache, rotation, unanswered(ticket, TransportErrorKind::Timeout));
    // Its own pause is 45 s at most.
    world.pass(45);
    world.refresh(&mut cache, 1);
}

#[test]
fn a_second_lost_answer_ends_the_session_and_nothing_is_sent_a_third_time() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.finish(&mut cache, rotation, unanswered(ticket, TransportErrorKind::Timeout));
    let mut other = process(2);
    world.look(&mut other);
    world.pass(60);
    let (rotation, ticket) = world.begin_sending(&mut other);
    world.finish(&mut other, rotation, unanswered(ticket, TransportErrorKind::Timeout));
    let record = world.record();
    assert_eq!((&record["lost"], &record["end"]), (&2.into(), &"uncertain".into()));
    assert!(record["mark"].is_null());
    for number in 3..6 {
        world.pass(3_600);
        let mut late = process(number);
        world.look(&mut late);
        assert_eq!(world.kind(&mut late), SessionErrorKind::Uncertain);
        assert_eq!(world.error(&mut late).advice(), Advice::Uncertain);
    }
    world.login(1);
    world.look(&mut other);
    assert_eq!(world.token(&mut other), "at-1");
    assert_eq!(world.record()["lost"], 0);
}

#[test]
fn what_was_not_sent_or_not_decided_counts_for_nothing() {
    let refused = r#"{"error":"invalid_client"}"#;
    let portal = "<html>log in to the network</html>";
    for round in 0..7 {
        let mut world = World::with_session();
        let mut cache = process(1);
        for _ in 0..3 {
            let (rotation, ticket) = world.begin_sending(&mut cache);
            assert_eq!(refresh_token_of(&ticket), "rt-0");
            let event = match round {
                0 => world.answer(ticket, 503, ""),
                1 => world.answer(ticket, 429, r#"{"error":"slow_down"}"#),
                2 => unanswered(ticket, TransportErrorKind::Connect),
                3 => world.answer(ticket, 401, refused),
                // A proxy in between says that it heard nothing in time.
                4 => world.answer(ticket, 502, ""),
                5 => world.answer(ticket, 504, ""),
                _ => world.answer(ticket, 302, portal),
            };
            world.finish(&mut cache, rotation, event);
            let record = world.record();
            assert_eq!((&record["lost"], &record["mark"]), (&0.into(), &().into()), "{round}");
            assert_eq!((&record["end"], &record["vanished"]), (&().into(), &false.into()));
            assert!(!matches!(world.error(&mut cache).advice(), Advice::Reauthorize));
            world.pass(3_600);
        }
        world.refresh(&mut cache, 1);
    }
}

#[test]
fn others_need_not_wait_after_an_answer_that_decided_nothing() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 503, "");
    world.finish(&mut cache, rotation, answer);
    world.refresh(&mut process(2), 1);
}

#[test]
fn of_an_unreadable_answer_the_new_refresh_token_is_kept() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 200, r#"{"access_token":0,"refresh_token":"rt-1"}"#);
    world.finish(&mut cache, rotation, answer);
    let error = world.error(&mut cache);
    assert!(matches!(error.error(), Error::Protocol(_)), "{error:?}");
    assert_eq!(world.stored_token(), "rt-1");
    let record = world.record();
    assert_eq!((&record["lost"], &record["mark"]), (&0.into(), &().into()));
    let mut other = process(2);
    let (rotation, ticket) = world.begin_sending(&mut other);
    assert_eq!(refresh_token_of(&ticket), "rt-1");
    let answer = world.answer(ticket, 200, &tokens(2));
    world.finish(&mut other, rotation, answer);
    assert_eq!(world.token(&mut other), "at-2");
}

#[test]
fn a_refresh_token_of_an_unreadable_answer_outlives_a_store_that_fails() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[crate::shelf::Fault::Undone; 6]);
    let answer = world.answer(ticket, 200, r#"{"access_token":0,"refresh_token":"rt-1"}"#);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.stored_token(), "rt-0");
    assert!(!cache.is_idle(world.now()));
    world.pass(60);
    let (_rotation, ticket) = world.begin_sending(&mut cache);
    assert_eq!(refresh_token_of(&ticket), "rt-1");
    assert_eq!(world.stored_token(), "rt-1", "it is stored before it is sent");
}

#[test]
fn a_refresh_token_of_an_unreadable_answer_whose_save_seemed_to_fail_is_found() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.store.fail_swaps(&[crate::shelf::Fault::Done]);
    let answer = world.answer(ticket, 200, r#"{"access_token":0,"refresh_token":"rt-1"}"#);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.stored_token(), "rt-1");
    let error = world.error(&mut cache);
    assert!(matches!(error.error(), Error::Protocol(_)), "whoever asked is told: {error:?}");
}

#[test]
fn a_refresh_token_of_an_unreadable_answer_does_not_replace_what_another_got_meanwhile() {
    let mut world = World::with_session();
    let (mut slow, mut quick) = (process(1), process(2));
    let (rotation, ticket) = world.begin_sending(&mut slow);
    let answer = world.answer(ticket, 200, r#"{"access_token":0,"refresh_token":"rt-1"}"#);
    world.refresh(&mut quick, 2);
    let version = world.version();
    world.finish(&mut slow, rotation, answer);
    assert_eq!((world.stored_token(), world.version()), ("rt-2".to_owned(), version));
    assert_eq!(world.token(&mut slow), "at-2");
}

#[test]
fn an_unreadable_answer_without_a_refresh_token_is_a_lost_one() {
    for (status, body) in [(200, r#"{"access_token":0}"#), (200, "{"), (201, "{}")] {
        let mut world = World::with_session();
        let mut cache = process(1);
        let (rotation, ticket) = world.begin_sending(&mut cache);
        let answer = world.answer(ticket, status, body);
        world.finish(&mut cache, rotation, answer);
        let record = world.record();
        assert_eq!(record["lost"], 1, "{status} {body}");
        assert_eq!(record["mark"]["lost"], true);
    }
}

#[test]
fn a_web_page_is_no_answer_of_the_server() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let page = Response::new(200, b"<html>log in to the network</html>");
    let page = page.with_header("Content-Type", b"text/html");
    let answer = Event::Answered(ticket.receive(page, world.now()));
    world.finish(&mut cache, rotation, answer);
    let record = world.record();
    assert_eq!((&record["lost"], &record["mark"]), (&0.into(), &().into()));
}

#[test]
fn a_late_owner_that_knows_nothing_leaves_the_mark_of_whoever_took_over_alone() {
    for round in 0..2 {
        let mut world = World::with_session();
        let (mut slow, mut quick) = (process(1), process(2));
        let (mut waiting, its_ticket) = world.begin_sending(&mut slow);
        let (rotation, ticket) = world.begin_sending(&mut quick);
        let (record, version) = (world.record(), world.version());
        let event = match round {
            0 => world.answer(its_ticket, 503, ""),
            _ => unanswered(its_ticket, TransportErrorKind::Timeout),
        };
        waiting.take(event, world.now());
        while let Some(event) = world.event(&mut waiting) {
            waiting.take(event, world.now());
        }
        assert_eq!((world.record(), world.version()), (record, version), "{round}");
        let answer = world.answer(ticket, 200, &tokens(1));
        world.finish(&mut quick, rotation, answer);
        assert!(world.run(&mut waiting).is_none());
        slow.conclude(waiting, world.now());
        assert_eq!(world.token(&mut slow), "at-1");
    }
}
