//! Sessions in a store.

use grantflow::{
    BodyFormat, Client, ClientAuth, Event, Login, Logout, Lookup, MemoryStore, Rotation, Step,
    Stepwise, Store, Stored, Ticket, TokenCache, TokenKey,
};
use grantflow_tests::scratch::Scratch;

use super::{Cast, Held, NOW, leaves_nothing, leaves_nothing_in_the_heap, receive};

#[test]
fn a_stored_session_leaves_nothing() {
    leaves_nothing(70, |cast, held| live(cast, &MemoryStore::new(), held));
}

#[test]
fn a_session_in_files_leaves_nothing() {
    leaves_nothing(71, |cast, held| {
        let directory = Scratch::new(env!("CARGO_TARGET_TMPDIR"), "freed");
        live(cast, &directory.store().unwrap(), held);
    });
}

#[test]
fn a_refresh_that_is_given_up_leaves_nothing() {
    leaves_nothing(72, |cast, held| {
        let (client, store) = (cast.client(ClientAuth::Post, BodyFormat::Form), MemoryStore::new());
        log_in(cast, &client, &store);
        let mut cache = TokenCache::of_session(NAME, &client, 1);
        let mut rotation = due(&mut cache, &store);
        let ticket = drive(&mut rotation, &store).unwrap();
        held(&[cast.refresh]);
        drop(ticket);
        cache.conclude(rotation, NOW);
    });
}

#[test]
fn a_record_that_cannot_be_read_leaves_nothing() {
    leaves_nothing_in_the_heap(73, |cast, held| {
        let (client, store) = (cast.client(ClientAuth::Post, BodyFormat::Form), MemoryStore::new());
        log_in(cast, &client, &store);
        let key = TokenKey::of_session(NAME, &client);
        let old = Store::load(&store, &key).unwrap().unwrap();
        let mut bytes = Vec::with_capacity(old.bytes().len());
        bytes.extend_from_slice(&old.bytes()[..old.bytes().len() - 1]);
        let new = Stored::new(old.version() + 1, bytes);
        assert!(Store::compare_and_swap(&store, &key, Some(old.version()), &new).unwrap());
        held(&[cast.access, cast.refresh]);
        let mut cache = TokenCache::of_session(NAME, &client, 1);
        let mut rotation = rotation(cache.get(NOW));
        assert!(drive(&mut rotation, &store).is_none());
        cache.conclude(rotation, NOW);
        assert!(matches!(cache.get(NOW), Lookup::Refused(_)));
    });
}

/// A login, a refresh, and a logout.
fn live(cast: &Cast, store: &impl Store, held: Held<'_>) {
    let client = cast.client(ClientAuth::Post, BodyFormat::Form);
    log_in(cast, &client, store);
    let mut cache = TokenCache::of_session(NAME, &client, 1);
    let mut rotation = due(&mut cache, store);
    let ticket = drive(&mut rotation, store).unwrap();
    held(&[cast.secret, cast.access, cast.refresh]);
    rotation.take(Event::Answered(receive(ticket, 200, &cast.short_answer())), NOW);
    assert!(drive(&mut rotation, store).is_none());
    cache.conclude(rotation, NOW);
    assert!(matches!(cache.get(NOW), Lookup::Ready(_)));
    let mut logout = Logout::new(NAME, &client);
    drive(&mut logout, store);
    drop(logout.finish().unwrap());
}

fn log_in(cast: &Cast, client: &Client, store: &impl Store) {
    let session = cast.session(client);
    let mut login = Login::new(NAME, &session);
    drive(&mut login, store);
    login.finish(session).unwrap();
}

/// The rotation of a session whose token an API has rejected.
fn due(cache: &mut TokenCache, store: &impl Store) -> Rotation {
    let mut first = rotation(cache.get(NOW));
    assert!(drive(&mut first, store).is_none());
    cache.conclude(first, NOW);
    let Lookup::Ready(tokens) = cache.get(NOW) else { panic!() };
    cache.reject(tokens.access_token(), NOW);
    rotation(cache.get(NOW))
}

fn rotation(lookup: Lookup) -> Rotation {
    let Lookup::Rotate(_, rotation) = lookup else { panic!("{lookup:?}") };
    *rotation
}

/// Does the store's steps, until there is something to send.
fn drive(machine: &mut impl Stepwise, store: &impl Store) -> Option<Ticket> {
    loop {
        let event = match machine.step(NOW) {
            Step::Load(key) => Event::Loaded(store.load(key)),
            Step::Swap { key, expected, new } => {
                Event::Swapped(store.compare_and_swap(key, expected, new))
            }
            Step::Send(ticket) => return Some(ticket),
            _ => return None,
        };
        machine.take(event, NOW);
    }
}

const NAME: &str = "profile";
