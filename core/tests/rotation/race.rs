//! Several processes want the same refresh.

use std::time::Duration;

use grantflow::{Event, SessionErrorKind, Step, Stepwise, TokenCache};

use crate::scenario::{process, refresh_token_of, tokens};
use crate::world::World;

#[test]
fn who_finds_a_mark_waits_and_uses_the_tokens_of_whoever_set_it() {
    let mut world = World::with_session();
    let (mut winner, mut loser) = (process(1), process(2));
    let (winning, ticket) = world.begin_sending(&mut winner);
    let mut losing = world.begin(&mut loser);
    for _ in 0..5 {
        world.one(&mut losing);
        assert!(world.event(&mut losing).is_none(), "it waits");
        world.pass(1);
        losing.take(Event::Waited, world.now());
    }
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut winner, winning, answer);
    assert!(world.run(&mut losing).is_none(), "nothing is sent twice");
    loser.conclude(losing, world.now());
    assert_eq!(world.token(&mut loser), "at-1");
    assert_eq!(world.token(&mut winner), "at-1");
}

#[test]
fn of_two_who_load_the_same_record_one_sets_the_mark() {
    let mut world = World::with_session();
    let (mut one, mut other) = (process(1), process(2));
    let (mut first, mut second) = (world.begin(&mut one), world.begin(&mut other));
    world.one(&mut first);
    world.one(&mut second);
    world.one(&mut first);
    // Its swap is refused: the record is another by now.
    world.one(&mut second);
    let ticket = world.run(&mut first).unwrap();
    assert_eq!(refresh_token_of(&ticket), "rt-0");
    world.one(&mut second);
    assert!(world.event(&mut second).is_none(), "it waits");
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut one, first, answer);
    assert!(world.run(&mut second).is_none());
    other.conclude(second, world.now());
    assert_eq!(world.token(&mut other), "at-1");
}

#[test]
fn a_store_that_refuses_every_change_is_told_to_be_at_fault() {
    let world = World::with_session();
    let mut cache = process(1);
    let mut rotation = world.begin(&mut cache);
    assert_eq!(world.refuse_swaps(&mut rotation), 101);
    cache.conclude(rotation, world.now());
    assert_eq!(world.kind(&mut cache), SessionErrorKind::StoreUnavailable);
    assert!(world.error(&mut cache).to_string().contains("run the conformance kit"));
}

#[test]
fn eight_processes_send_one_request() {
    let mut world = World::with_session();
    let mut caches: Vec<TokenCache> = (0..8).map(process).collect();
    let mut rotations: Vec<_> = caches.iter_mut().map(|cache| world.begin(cache)).collect();
    // All of them have loaded before any of them swaps.
    for rotation in &mut rotations {
        world.one(rotation);
    }
    for rotation in &mut rotations {
        world.one(rotation);
    }
    let mut rest = caches.iter_mut().zip(rotations);
    let (cache, mut rotation) = rest.next().unwrap();
    let ticket = world.run(&mut rotation).unwrap();
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(cache, rotation, answer);
    for (cache, mut rotation) in rest {
        assert!(world.run(&mut rotation).is_none());
        cache.conclude(rotation, world.now());
        assert_eq!(world.token(cache), "at-1");
    }
}

#[test]
fn who_waits_polls_seldom_enough_and_never_later_than_the_mark_ends() {
    let mut world = World::with_session();
    let (_lost, _ticket) = world.begin_sending(&mut process(1));
    let mut other = process(2);
    let mut waiting = world.begin(&mut other);
    let before = (world.store.loads(), world.now());
    assert!(world.run(&mut waiting).is_some(), "the mark is taken over");
    let waited = world.now().elapsed_since(before.1).unwrap();
    assert_eq!(
        waited,
        Duration::from_secs(76),
        "a mark lasts as long as an exchange and a save take"
    );
    let loads = world.store.loads().saturating_sub(before.0);
    assert!((76..=90).contains(&loads), "{loads} loads");
}

#[test]
fn who_waits_for_longer_than_any_refresh_takes_is_told_so() {
    let mut world = World::with_session();
    let mut waiter = process(1);
    let mut waiting = world.begin(&mut waiter);
    // Each time that it looks, somebody else has set a new mark.
    let mut marks = 0_u64;
    loop {
        let mut record = world.record();
        let owner = format!("other-{marks}");
        record["mark"] = serde_json::json!({"owner": owner, "seconds": 76, "lost": false});
        world.write(&record);
        marks = marks.saturating_add(1);
        world.one(&mut waiting);
        match waiting.step(world.now()) {
            Step::Wait(time) => world.pass_time(time),
            Step::Done => break,
            other => panic!("a wait was expected, and not {other:?}"),
        }
        waiting.take(Event::Waited, world.now());
        assert!(marks < 1_000, "it does not end");
    }
    waiter.conclude(waiting, world.now());
    assert_eq!(world.kind(&mut waiter), SessionErrorKind::Busy);
}

#[test]
fn who_waits_has_the_time_of_three_marks() {
    let mut world = World::with_session();
    let mut waiting = world.begin(&mut process(1));
    let begun = world.now();
    for (owner, millis, waits) in [("a", 0, true), ("b", 3 * 76_000, true), ("c", 1, false)] {
        world.pass_time(Duration::from_millis(millis));
        let mut record = world.record();
        record["mark"] = serde_json::json!({"owner": owner, "seconds": 76, "lost": false});
        world.write(&record);
        waiting.take(Event::Waited, world.now());
        world.one(&mut waiting);
        let waited = world.now().elapsed_since(begun);
        assert_eq!(matches!(waiting.step(world.now()), Step::Wait(_)), waits, "{waited:?}");
    }
}

#[test]
fn who_waits_beside_a_clock_that_stands_still_does_not_wait_for_ever() {
    let mut world = World::with_session();
    let _other = world.begin_sending(&mut process(1));
    let mut waiter = process(2);
    let mut waiting = world.begin(&mut waiter);
    let loads = world.store.loads();
    for _ in 0..3_000 {
        match waiting.step(world.now()) {
            Step::Wait(_) => waiting.take(Event::Waited, world.now()),
            Step::Done => break,
            _ => world.one(&mut waiting),
        }
    }
    assert_eq!(world.store.loads().saturating_sub(loads), 1_001, "after a thousand it gives up");
    waiter.conclude(waiting, world.now());
    assert_eq!(world.kind(&mut waiter), SessionErrorKind::Busy);
}
