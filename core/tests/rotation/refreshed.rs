//! How a refresh goes.

use grantflow::{Advice, Lookup, MemoryStore, Stepwise};

use crate::scenario::{
    Stop, answer, at, drive, login, logout, process, record, refresh_token_of, rotation, send,
    tokens,
};

#[test]
fn new_tokens_are_stored_before_they_are_handed_out() {
    let store = MemoryStore::new();
    login(&store);
    let mut cache = process(1);
    let mut first = rotation(cache.get(at(3_600)));
    let ticket = send(drive(&mut first, &store, at(3_600)));
    assert_eq!(refresh_token_of(&ticket), "rt-0");
    assert!(record(&store).is_in_flight());
    first.take(answer(ticket, 200, &tokens(1), at(3_601)), at(3_601));
    assert!(matches!(cache.get(at(3_601)), Lookup::Wait(_)));
    assert!(matches!(drive(&mut first, &store, at(3_601)), Stop::Done));
    let stored = serde_json::to_value(record(&store)).unwrap();
    assert_eq!(stored["tokens"]["refresh_token"], "rt-1");
    cache.conclude(first, at(3_602));
    let Lookup::Ready(tokens) = cache.get(at(3_602)) else { panic!() };
    assert_eq!(tokens.access_token().expose(), "at-1");
    assert!(tokens.refresh_token().is_none());
    assert!(!record(&store).is_in_flight());
}

#[test]
fn the_first_look_at_a_mark_is_soon_repeated() {
    let store = MemoryStore::new();
    login(&store);
    let mut first = rotation(process(1).get(at(3_600)));
    let _ticket = send(drive(&mut first, &store, at(3_600)));
    let mut second = rotation(process(2).get(at(3_600)));
    let Stop::Wait(pause) = drive(&mut second, &store, at(3_600)) else { panic!() };
    assert_eq!(pause.as_millis(), 20);
}

#[test]
fn after_a_logout_there_is_no_session() {
    let store = MemoryStore::new();
    login(&store);
    logout(&store, at(10));
    assert!(record(&store).tokens().is_none());
    let mut cache = process(1);
    let mut only = rotation(cache.get(at(11)));
    assert!(matches!(drive(&mut only, &store, at(11)), Stop::Done));
    cache.conclude(only, at(11));
    let Lookup::Refused(error) = cache.get(at(11)) else { panic!() };
    assert_eq!(error.advice(), Advice::Reauthorize);
}
