//! A mark whose owner vanished: its refresh token counts as sent, and is sent once more.

use grantflow::{Advice, Event, SessionErrorKind, Step, Stepwise, TransportErrorKind};

use crate::scenario::{process, refresh_token_of, tokens};
use crate::world::{World, unanswered};

/// How long a mark lasts, where an exchange may take 60 s.
const MARK: u64 = 76;

/// Whoever comes now is told, and sends nothing.
fn is_uncertain(world: &mut World, number: u128) {
    let mut cache = process(number);
    world.look(&mut cache);
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Uncertain);
    assert_eq!(world.error(&mut cache).advice(), Advice::Uncertain);
    let record = world.record();
    assert_eq!((&record["end"], &record["mark"]), (&"uncertain".into(), &().into()));
}

#[test]
fn where_two_vanished_the_third_sends_nothing() {
    let mut world = World::with_session();
    for number in 1..=2 {
        let (_vanished, ticket) = world.begin_sending(&mut process(number));
        assert_eq!(refresh_token_of(&ticket), "rt-0");
    }
    assert_eq!(world.record()["lost"], 1, "whoever took over counts the one before");
    let before = world.now();
    is_uncertain(&mut world, 3);
    let waited = world.now().elapsed_since(before).unwrap();
    assert!(waited.as_secs() >= MARK, "the second one had its time: {waited:?}");
    assert_eq!(world.record()["lost"], 2);
    is_uncertain(&mut world, 4);
}

#[test]
fn who_took_over_and_hears_nothing_knows_that_it_was_the_second_time() {
    let mut world = World::with_session();
    let _vanished = world.begin_sending(&mut process(1));
    let mut cache = process(2);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.finish(&mut cache, rotation, unanswered(ticket, TransportErrorKind::Timeout));
    assert_eq!(world.kind(&mut cache), SessionErrorKind::Uncertain);
    assert_eq!(world.error(&mut cache).advice(), Advice::Uncertain);
    for number in 3..6 {
        world.pass(3_600);
        is_uncertain(&mut world, number);
    }
}

#[test]
fn who_vanishes_after_a_lost_answer_is_the_second_too() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    world.finish(&mut cache, rotation, unanswered(ticket, TransportErrorKind::Timeout));
    world.pass(46);
    let _vanished = world.begin_sending(&mut cache);
    is_uncertain(&mut world, 2);
}

#[test]
fn a_program_that_crashes_at_each_start_sends_twice_and_no_more() {
    let mut world = World::with_session();
    let mut sent = 0;
    for number in 1..=8 {
        let mut rotation = world.begin(&mut process(number));
        sent += u32::from(world.run(&mut rotation).is_some());
        world.pass(1);
    }
    assert_eq!(sent, 2);
    assert_eq!(world.record()["end"], "uncertain");
}

#[test]
fn a_second_one_that_was_thought_to_have_vanished_revives_the_session_by_its_answer() {
    let mut world = World::with_session();
    let _vanished = world.begin_sending(&mut process(1));
    let mut slow = process(2);
    let (rotation, ticket) = world.begin_sending(&mut slow);
    let answer = world.answer(ticket, 200, &tokens(1));
    is_uncertain(&mut world, 3);
    world.finish(&mut slow, rotation, answer);
    assert_eq!(world.token(&mut slow), "at-1");
    let record = world.record();
    assert_eq!((&record["end"], &record["lost"]), (&().into(), &0.into()));
}

#[test]
fn a_takeover_that_decides_nothing_leaves_one_more_try() {
    let mut world = World::with_session();
    let _vanished = world.begin_sending(&mut process(1));
    let mut cache = process(2);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 503, "");
    world.finish(&mut cache, rotation, answer);
    let record = world.record();
    assert_eq!((&record["lost"], &record["mark"]), (&1.into(), &().into()));
    // The one that vanished still counts.
    let _vanished = world.begin_sending(&mut process(3));
    is_uncertain(&mut world, 4);
}

#[test]
fn who_took_over_says_so_and_so_does_what_came_of_it_and_the_next_one_took_nothing_over() {
    let mut world = World::with_session();
    let (vanished, _ticket) = world.begin_sending(&mut process(1));
    assert!(!vanished.took_over() && vanished.result().is_none());
    let mut cache = process(2);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    assert!(rotation.took_over() && rotation.result().is_none());
    rotation.take(world.answer(ticket, 503, ""), world.now());
    assert!(world.run(&mut rotation).is_none());
    let error = rotation.result().unwrap().unwrap_err();
    assert_eq!(error.status(), Some(503));
    cache.conclude(rotation, world.now());
    world.pass(60);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    assert!(!rotation.took_over());
    rotation.take(world.answer(ticket, 200, &tokens(1)), world.now());
    assert!(world.run(&mut rotation).is_none());
    let brought = rotation.result().unwrap().unwrap();
    assert_eq!(brought.access_token().expose(), "at-1");
}

#[test]
fn a_late_answer_that_keeps_the_refresh_token_is_stored_after_a_takeover_that_decided_nothing() {
    let mut world = World::with_session();
    let (mut slow, mut quick) = (process(1), process(2));
    let (waiting, its_ticket) = world.begin_sending(&mut slow);
    let kept = r#"{"access_token":"at-1","token_type":"Bearer","expires_in":3600}"#;
    let its_answer = world.answer(its_ticket, 200, kept);
    let (rotation, ticket) = world.begin_sending(&mut quick);
    let answer = world.answer(ticket, 503, "");
    world.finish(&mut quick, rotation, answer);
    world.finish(&mut slow, waiting, its_answer);
    assert_eq!(world.token(&mut slow), "at-1");
    let record = world.record();
    assert_eq!(record["tokens"]["access_token"], "at-1");
    assert_eq!(record["tokens"]["refresh_token"], "rt-0");
}

#[test]
fn a_fork_does_not_take_the_mark_of_its_twin_for_its_own() {
    let mut world = World::with_session();
    let (mut one, mut twin) = (process(1), process(1));
    let (rotation, ticket) = world.begin_sending(&mut one);
    let mut waiting = world.begin(&mut twin);
    for _ in 0..3 {
        world.one(&mut waiting);
        assert!(matches!(waiting.step(world.now()), Step::Wait(_)), "it waits as others do");
        waiting.take(Event::Waited, world.now());
    }
    world.pass(MARK - 1);
    world.one(&mut waiting);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut one, rotation, answer);
    assert!(world.run(&mut waiting).is_none());
    twin.conclude(waiting, world.now());
    assert_eq!(world.token(&mut twin), "at-1");
}

#[test]
fn an_owner_that_marked_late_and_was_dropped_leaves_nothing_that_its_process_waits_for() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let mut rotation = world.begin(&mut cache);
    world.one(&mut rotation);
    let event = world.event(&mut rotation).unwrap();
    world.pass(6);
    rotation.take(event, world.now());
    cache.conclude(rotation, world.now());
    assert!(!world.record()["mark"].is_null());
    let before = world.now();
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let waited = world.now().elapsed_since(before).unwrap();
    assert!(waited.is_zero(), "it waited for itself: {waited:?}");
    let record = world.record();
    assert_eq!((&record["lost"], &record["vanished"]), (&0.into(), &false.into()));
    let answer = world.answer(ticket, 400, r#"{"error":"invalid_grant"}"#);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.record()["end"], "refused", "nobody vanished");
}

#[test]
fn an_owner_that_was_dropped_before_its_ticket_went_out_late_leaves_nothing_either() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let mut rotation = world.begin(&mut cache);
    world.one(&mut rotation);
    world.one(&mut rotation);
    world.pass(6);
    assert!(matches!(rotation.step(world.now()), Step::Load(_)), "it is too late to send");
    cache.conclude(rotation, world.now());
    let before = world.now();
    world.refresh(&mut cache, 1);
    assert!(world.now().elapsed_since(before).unwrap().is_zero(), "it waited for itself");
}

#[test]
fn of_two_answers_to_one_token_the_one_that_was_asked_for_later_stays() {
    for late_is_first in [false, true] {
        let mut world = World::with_session();
        let (mut slow, mut quick) = (process(1), process(2));
        let (mut early, ticket) = world.begin_sending(&mut slow);
        early.take(world.answer(ticket, 200, &tokens(1)), world.now());
        // It stands still before it saves, and its mark is taken over.
        let (mut late, ticket) = world.begin_sending(&mut quick);
        assert_eq!(refresh_token_of(&ticket), "rt-0");
        late.take(world.answer(ticket, 200, &tokens(2)), world.now());
        let in_order =
            if late_is_first { [&mut late, &mut early] } else { [&mut early, &mut late] };
        for rotation in in_order {
            assert!(world.run(rotation).is_none());
        }
        slow.conclude(early, world.now());
        quick.conclude(late, world.now());
        assert_eq!(world.stored_token(), "rt-2", "the late one is first: {late_is_first}");
        assert_eq!(world.token(&mut quick), "at-2");
        assert!(slow.unsaved(world.now()).is_none() && quick.unsaved(world.now()).is_none());
    }
}

#[test]
fn of_two_answers_that_were_asked_for_in_one_second_the_one_that_is_stored_first_stays() {
    let mut world = World::with_session();
    let (mut slow, mut quick) = (process(1), process(2));
    let (early, its_ticket) = world.begin_sending(&mut slow);
    let its_answer = world.answer(its_ticket, 200, &tokens(1));
    let (late, ticket) = world.begin_sending(&mut quick);
    // Another machine's clock goes behind, by just as much as the mark lasted.
    world.set_back(MARK);
    let answer = world.answer(ticket, 200, &tokens(2));
    world.finish(&mut slow, early, its_answer);
    let version = world.version();
    world.finish(&mut quick, late, answer);
    assert_eq!((world.stored_token(), world.version()), ("rt-1".to_owned(), version));
    assert_eq!(world.token(&mut quick), "at-1");
}

#[test]
fn an_answer_from_two_refreshes_ago_stays_old_though_its_clock_went_ahead() {
    let mut world = World::with_session();
    let (mut slow, mut quick) = (process(1), process(2));
    world.set_forward(100_000);
    let (rotation, ticket) = world.begin_sending(&mut slow);
    let answer = world.answer(ticket, 200, &tokens(9));
    world.set_back(100_000);
    world.refresh(&mut quick, 1);
    world.pass(3_600);
    world.refresh(&mut quick, 2);
    world.finish(&mut slow, rotation, answer);
    assert_eq!(world.stored_token(), "rt-2");
    assert_eq!(world.token(&mut slow), "at-2");
}

#[test]
fn a_fork_whose_twin_was_quicker_to_mark_waits_as_well() {
    for (before, after) in [(0, 0), (0, 1), (1, 0)] {
        let mut world = World::with_session();
        let (mut one, mut twin) = (process(1), process(1));
        let mut slow = world.begin(&mut twin);
        world.one(&mut slow);
        world.pass(before);
        let (_rotation, _ticket) = world.begin_sending(&mut one);
        let version = world.version();
        world.pass(after);
        // Its own mark is not set; it looks.
        world.one(&mut slow);
        world.one(&mut slow);
        let step = slow.step(world.now());
        assert!(matches!(step, Step::Wait(_)), "{before}, {after}: {step:?}");
        assert_eq!(world.version(), version);
    }
}
