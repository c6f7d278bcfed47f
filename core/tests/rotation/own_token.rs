//! A client's own token, shared by way of a store (facts M7, C7).

use grantflow::{
    Client, Exchange, Provider, Scope, Secret, SessionErrorKind, Stepwise, Ticket, TokenCache,
    TokenKey,
};

use crate::scenario::tokens;
use crate::shelf::Fault::Undone;
use crate::world::{World, unanswered};

fn client(id: &str, secret: &str) -> Client {
    let provider = Provider::new("https://as.example.com/token".parse().unwrap());
    Client::new(id, Secret::new(secret).unwrap(), provider).unwrap()
}

fn cache_of(client: &Client) -> TokenCache {
    TokenCache::of_tenant("", client.client_credentials(Scope::default()).unwrap())
}

fn cache() -> TokenCache {
    cache_of(&client("app", "s3cr3t"))
}

fn is_for_the_client(ticket: &Ticket) -> bool {
    let request = ticket.wire_request();
    let mut pairs = form_urlencoded::parse(request.body());
    pairs.any(|(name, value)| name == "grant_type" && value == "client_credentials")
}

#[test]
fn two_processes_share_a_token_that_one_of_them_asked_for() {
    let mut world = World::empty();
    let (mut one, mut other) = (cache(), cache());
    let (rotation, ticket) = world.begin_sending(&mut one);
    assert!(is_for_the_client(&ticket));
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut one, rotation, answer);
    assert_eq!(world.token(&mut one), "at-1");
    world.look(&mut other);
    assert_eq!(world.token(&mut other), "at-1");
}

#[test]
fn a_refresh_token_that_came_along_is_neither_stored_nor_sent() {
    let mut world = World::empty();
    let mut cache = cache();
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    let request = client("app", "s3cr3t").client_credentials(Scope::default()).unwrap();
    let stored = world.store.stored(&TokenKey::of_request("", &request)).unwrap();
    assert!(!String::from_utf8_lossy(stored.bytes()).contains("rt-1"));
    world.pass(3_600);
    let (_rotation, ticket) = world.begin_sending(&mut cache);
    assert!(is_for_the_client(&ticket));
}

#[test]
fn a_store_that_is_down_costs_a_request_and_no_more() {
    let mut world = World::empty();
    let (mut one, mut other) = (cache(), cache());
    world.store.fail_loads(1);
    let before = world.now();
    let (rotation, ticket) = world.begin_sending(&mut one);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut one, rotation, answer);
    assert_eq!(world.token(&mut one), "at-1");
    // It can be read again, and not written.
    world.store.fail_swaps(&[Undone]);
    let (rotation, ticket) = world.begin_sending(&mut other);
    let answer = world.answer(ticket, 200, &tokens(2));
    world.finish(&mut other, rotation, answer);
    assert_eq!(world.token(&mut other), "at-2");
    assert!(world.now().elapsed_since(before).unwrap().is_zero(), "nobody waits for it");
}

#[test]
fn where_another_was_quicker_both_tokens_are_good() {
    let mut world = World::empty();
    let (mut one, mut other) = (cache(), cache());
    let (first, its_ticket) = world.begin_sending(&mut one);
    let (second, ticket) = world.begin_sending(&mut other);
    let answer = world.answer(its_ticket, 200, &tokens(1));
    world.finish(&mut one, first, answer);
    let answer = world.answer(ticket, 200, &tokens(2));
    world.finish(&mut other, second, answer);
    assert_eq!((world.token(&mut one), world.token(&mut other)), ("at-1".into(), "at-2".into()));
    let mut third = cache();
    world.look(&mut third);
    assert_eq!(world.token(&mut third), "at-1");
}

#[test]
fn a_rejected_token_is_not_taken_from_the_store_again() {
    let mut world = World::empty();
    let (mut one, mut other) = (cache(), cache());
    let (rotation, ticket) = world.begin_sending(&mut one);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut one, rotation, answer);
    world.look(&mut other);
    for (cache, sends) in [(&mut one, true), (&mut other, false)] {
        let grantflow::Lookup::Ready(held) = cache.get(world.now()) else { panic!() };
        cache.reject(held.access_token(), world.now());
        let mut rotation = world.begin(cache);
        let ticket = world.run(&mut rotation);
        assert_eq!(ticket.is_some(), sends, "the other finds the new one");
        if let Some(ticket) = ticket {
            rotation.take(world.answer(ticket, 200, &tokens(2)), world.now());
            assert!(world.run(&mut rotation).is_none());
        }
        cache.conclude(rotation, world.now());
        assert_eq!(world.token(cache), "at-2");
    }
}

#[test]
fn what_else_stands_in_its_place_is_overwritten() {
    let mut world = World::empty();
    let request = client("app", "s3cr3t").client_credentials(Scope::default()).unwrap();
    let key = TokenKey::of_request("", &request);
    world.store.put(key, grantflow::Stored::new(7, b"what is this".to_vec()));
    let mut cache = cache();
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-1");
    let stored = world.store.stored(&key).unwrap();
    assert!(String::from_utf8_lossy(stored.bytes()).contains("at-1"));
}

#[test]
fn other_clients_secrets_scopes_and_tenants_share_nothing() {
    let mut world = World::empty();
    let mut first = cache();
    let (rotation, ticket) = world.begin_sending(&mut first);
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut first, rotation, answer);
    let wider = client("app", "s3cr3t").client_credentials("read".parse().unwrap()).unwrap();
    let request = client("app", "s3cr3t").client_credentials(Scope::default()).unwrap();
    for mut cache in [
        cache_of(&client("other", "s3cr3t")),
        cache_of(&client("app", "another")),
        TokenCache::of_tenant("", wider),
        TokenCache::of_tenant("tenant-2", request),
    ] {
        let (_rotation, ticket) = world.begin_sending(&mut cache);
        assert!(is_for_the_client(&ticket));
    }
}

#[test]
fn a_failure_is_the_callers_and_nobody_elses() {
    let mut world = World::empty();
    let (mut one, mut other) = (cache(), cache());
    let (rotation, ticket) = world.begin_sending(&mut one);
    world.finish(&mut one, rotation, unanswered(ticket, grantflow::TransportErrorKind::Timeout));
    assert!(matches!(world.error(&mut one).error(), grantflow::Error::Transport(_)));
    let (rotation, ticket) = world.begin_sending(&mut other);
    let answer = world.answer(ticket, 401, r#"{"error":"invalid_client"}"#);
    world.finish(&mut other, rotation, answer);
    let error = world.error(&mut other);
    assert_eq!(error.error().status(), Some(401));
    let kind = |error: &grantflow::Error| match error {
        grantflow::Error::Session(error) => Some(error.kind()),
        _ => None,
    };
    assert_eq!(kind(error.error()), None::<SessionErrorKind>);
}

#[test]
fn a_request_whose_answer_is_lost_is_made_again() {
    let mut world = World::empty();
    let mut cache = cache();
    let (mut rotation, ticket) = world.begin_sending(&mut cache);
    drop(ticket);
    let again = world.run(&mut rotation).unwrap();
    let answer = world.answer(again, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-1");
}
