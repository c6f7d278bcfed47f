//! Secrets and requests that are replaced while the cache goes on.

use grantflow::{
    Client, Exchange, Lookup, Provider, Scope, Secret, Ticket, TokenCache, TransportErrorKind,
};

use crate::scenario::{client, process, refresh_token_of, tokens};
use crate::world::{World, unanswered};

const INVALID_CLIENT: &str = r#"{"error":"invalid_client"}"#;

fn client_with(secret: &str) -> Client {
    let provider = Provider::new("https://as.example.com/token".parse().unwrap());
    Client::new("app", Secret::new(secret).unwrap(), provider).unwrap()
}

fn tenant(scope: &str) -> TokenCache {
    TokenCache::of_tenant("", client().client_credentials(scope.parse().unwrap()).unwrap())
}

fn scope_of(ticket: &Ticket) -> String {
    let request = ticket.wire_request();
    let mut pairs = form_urlencoded::parse(request.body());
    pairs.find(|(name, _)| name == "scope").unwrap().1.into_owned()
}

fn credentials_of(ticket: &Ticket) -> String {
    let request = ticket.wire_request();
    let mut headers = request.headers();
    headers.find(|(name, _)| name.eq_ignore_ascii_case("authorization")).unwrap().1.to_owned()
}

#[test]
fn what_the_old_secret_brings_late_does_not_stop_the_new_one() {
    for round in 0..2 {
        let mut world = World::with_session();
        let mut cache = process(1);
        let (rotation, ticket) = world.begin_sending(&mut cache);
        let old = credentials_of(&ticket);
        cache.ask_as(&client_with("n3w-s3cr3t-n3w"));
        let event = match round {
            0 => world.answer(ticket, 401, INVALID_CLIENT),
            _ => unanswered(ticket, TransportErrorKind::Connect),
        };
        world.finish(&mut cache, rotation, event);
        let (rotation, ticket) = world.begin_sending(&mut cache);
        assert_eq!(refresh_token_of(&ticket), "rt-0", "{round}");
        assert_ne!(credentials_of(&ticket), old);
        let answer = world.answer(ticket, 200, &tokens(1));
        world.finish(&mut cache, rotation, answer);
        assert_eq!(world.token(&mut cache), "at-1");
    }
}

#[test]
fn a_pause_of_the_old_secret_does_not_stop_the_new_one() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    let answer = world.answer(ticket, 401, INVALID_CLIENT);
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.error(&mut cache).error().status(), Some(401));
    cache.ask_as(&client_with("n3w-s3cr3t-n3w"));
    world.refresh(&mut cache, 1);
}

#[test]
fn tokens_that_the_old_secret_brings_late_are_stored_all_the_same() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    cache.ask_as(&client_with("n3w-s3cr3t-n3w"));
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.stored_token(), "rt-1");
    assert_eq!(world.token(&mut cache), "at-1");
}

#[test]
fn a_token_that_the_old_secret_brought_is_used_on() {
    let mut world = World::empty();
    world.login(0);
    let mut cache = process(1);
    world.look(&mut cache);
    cache.ask_as(&client_with("n3w-s3cr3t-n3w"));
    assert_eq!(world.token(&mut cache), "at-0");
}

#[test]
fn the_same_secret_once_more_changes_nothing() {
    let mut world = World::with_session();
    let mut cache = process(1);
    let (rotation, ticket) = world.begin_sending(&mut cache);
    cache.ask_as(&client());
    assert!(matches!(cache.get(world.now()), Lookup::Wait(_)), "it is still under way");
    let answer = world.answer(ticket, 401, INVALID_CLIENT);
    world.finish(&mut cache, rotation, answer);
    cache.ask_as(&client());
    assert_eq!(world.error(&mut cache).error().status(), Some(401), "the pause stays");
    world.pass(46);
    world.refresh(&mut cache, 1);
    cache.ask_as(&client());
    assert_eq!(world.token(&mut cache), "at-1", "and so does the token");
}

#[test]
fn a_stored_session_is_not_replaced() {
    let mut world = World::empty();
    world.login(0);
    let mut cache = process(1);
    world.look(&mut cache);
    let (record, version) = (world.record(), world.version());
    cache.replace(TokenCache::of_session("bob", &client(), 2));
    cache.replace(tenant("read"));
    cache.replace(client().client_credentials(Scope::default()).unwrap());
    assert_eq!(world.token(&mut cache), "at-0");
    assert_eq!((world.record(), world.version()), (record, version));
    world.pass(3_600);
    let (_rotation, ticket) = world.begin_sending(&mut cache);
    assert_eq!(refresh_token_of(&ticket), "rt-0", "it is still anna's");
}

#[test]
fn a_stored_tenant_takes_the_new_request() {
    let mut world = World::empty();
    let mut cache = tenant("read");
    let (rotation, ticket) = world.begin_sending(&mut cache);
    assert_eq!(scope_of(&ticket), "read");
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-1");
    cache.replace(tenant("write"));
    // Neither what is held nor what is stored is the new request's.
    let (rotation, ticket) = world.begin_sending(&mut cache);
    assert_eq!(scope_of(&ticket), "write");
    let answer = world.answer(ticket, 200, &tokens(2));
    world.finish(&mut cache, rotation, answer);
    assert_eq!(world.token(&mut cache), "at-2");
    let mut other = tenant("write");
    world.look(&mut other);
    assert_eq!(world.token(&mut other), "at-2", "it is shared as before");
}

#[test]
fn what_a_request_brings_that_was_replaced_is_dropped() {
    let mut world = World::empty();
    let mut cache = tenant("read");
    let (rotation, ticket) = world.begin_sending(&mut cache);
    cache.replace(tenant("write"));
    let answer = world.answer(ticket, 200, &tokens(1));
    world.finish(&mut cache, rotation, answer);
    let (_rotation, ticket) = world.begin_sending(&mut cache);
    assert_eq!(scope_of(&ticket), "write");
}
