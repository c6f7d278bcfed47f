//! Which tokens out of a store are good enough, and which an API has rejected.

use grantflow::{Lookup, Stepwise};

use crate::scenario::{process, refresh_token_of, tokens};
use crate::world::World;

#[test]
fn a_token_that_is_still_good_is_used_without_a_request() {
    let mut world = World::empty();
    world.login(0);
    world.pass(3_569);
    let mut cache = process(1);
    let version = world.version();
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-0");
    assert_eq!(world.version(), version);
    let mut late = process(2);
    world.pass(1);
    let (_rotation, ticket) = world.begin_sending(&mut late);
    assert_eq!(refresh_token_of(&ticket), "rt-0", "30 s before its end it is renewed");
}

#[test]
fn a_margin_that_is_set_counts_in_the_store_too() {
    let mut world = World::empty();
    world.login(0);
    world.pass(1_801);
    let mut cache = process(1).with_margin(std::time::Duration::from_secs(1_800));
    assert!(world.run(&mut world.begin(&mut cache)).is_some());
}

#[test]
fn a_writer_whose_clock_is_a_little_ahead_is_no_reason_to_refresh() {
    for (ahead, sends) in [(30, false), (60, false), (61, true), (3_600, true)] {
        let mut world = World::empty();
        world.pass(10_000);
        world.set_forward(ahead);
        world.login(0);
        world.set_back(ahead);
        let mut cache = process(1);
        let mut rotation = world.begin(&mut cache);
        assert_eq!(world.run(&mut rotation).is_some(), sends, "{ahead} s ahead");
        if !sends {
            cache.conclude(rotation, world.now());
            assert_eq!(world.token(&mut cache), "at-0");
            // It is not held for longer than it lives.
            world.pass(3_600);
            assert!(matches!(cache.get(world.now()), Lookup::Rotate(None, _)));
        }
    }
}

#[test]
fn a_token_that_an_api_rejects_is_refreshed_though_it_is_not_over() {
    let mut world = World::empty();
    world.login(0);
    let mut cache = process(1);
    world.look(&mut cache);
    let Lookup::Ready(held) = cache.get(world.now()) else { panic!() };
    cache.reject(held.access_token(), world.now());
    world.refresh(&mut cache, 1);
    assert_eq!(world.stored_token(), "rt-1");
}

#[test]
fn a_rejected_token_is_not_refreshed_where_the_store_has_another_already() {
    let mut world = World::empty();
    world.login(0);
    let (mut cache, mut other) = (process(1), process(2));
    for cache in [&mut cache, &mut other] {
        world.look(cache);
        let Lookup::Ready(held) = cache.get(world.now()) else { panic!() };
        cache.reject(held.access_token(), world.now());
    }
    world.refresh(&mut other, 1);
    world.look(&mut cache);
    assert_eq!(world.token(&mut cache), "at-1");
}

#[test]
fn a_token_that_the_server_gave_once_more_is_used_unless_an_api_has_rejected_it() {
    for is_rejected in [false, true] {
        let mut world = World::empty();
        world.login(0);
        let mut cache = process(1);
        world.look(&mut cache);
        if is_rejected {
            let Lookup::Ready(held) = cache.get(world.now()) else { panic!() };
            cache.reject(held.access_token(), world.now());
        }
        world.pass(3_600);
        world.refresh(&mut process(2), 0);
        let mut rotation = world.begin(&mut cache);
        assert_eq!(world.run(&mut rotation).is_some(), is_rejected);
        cache.conclude(rotation, world.now());
        if !is_rejected {
            assert_eq!(world.token(&mut cache), "at-0");
        }
    }
}

#[test]
fn a_token_that_is_over_is_not_taken_from_the_store_again_by_a_clock_that_is_set_back() {
    let mut world = World::empty();
    world.login(0);
    let mut cache = process(1);
    world.look(&mut cache);
    world.pass(3_600);
    let mut rotation = world.begin(&mut cache);
    world.set_back(3_000);
    assert_eq!(refresh_token_of(&world.run(&mut rotation).unwrap()), "rt-0");
}

#[test]
fn a_late_rejection_of_an_old_token_leaves_the_new_one_alone() {
    let mut world = World::empty();
    world.login(0);
    let mut cache = process(1);
    world.look(&mut cache);
    let Lookup::Ready(old) = cache.get(world.now()) else { panic!() };
    cache.reject(old.access_token(), world.now());
    world.refresh(&mut cache, 1);
    cache.reject(old.access_token(), world.now());
    assert_eq!(world.token(&mut cache), "at-1");
}

#[test]
fn shortly_before_its_end_a_token_is_used_while_it_is_renewed() {
    let mut world = World::empty();
    world.login(0);
    let mut cache = process(1);
    world.look(&mut cache);
    world.pass(3_595);
    let Lookup::Rotate(Some(held), mut rotation) = cache.get(world.now()) else { panic!() };
    assert_eq!(held.access_token().expose(), "at-0");
    assert_eq!(world.token(&mut cache), "at-0", "one rotation is out at a time");
    let ticket = world.run(&mut *rotation).unwrap();
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, *rotation, answer);
    assert_eq!(world.token(&mut cache), "at-1");
}

#[test]
fn the_lifetime_of_a_refreshed_token_counts_from_its_request() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    let sent = world.now();
    world.pass(20);
    rotation.take(crate::scenario::answer(ticket, 200, &tokens(1), sent), world.now());
    assert!(world.run(&mut rotation).is_none());
    cache.conclude(rotation, world.now());
    world.pass(3_579);
    assert!(matches!(cache.get(world.now()), Lookup::Rotate(Some(_), _)));
    let sent_at = world.record()["tokens"]["sent_at"].as_u64().unwrap();
    assert_eq!(sent_at, sent.unix_seconds());
}
