//! How a refresh goes.

use grantflow::{Lookup, MemoryStore, Stepwise};

use crate::scenario::{
    Stop, answer, at, drive, login, process, record, refresh_token_of, rotation, send, tokens,
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
