//! Processes over one store, step by step.

use std::time::Duration;

use grantflow::wire::Response;
use grantflow::{
    Client, Event, Exchange, Login, Logout, Lookup, MemoryStore, Provider, Rotation, Secret,
    SessionRecord, Step, Stepwise, Store, Ticket, Timestamp, TokenCache, TokenKey,
};

const START: u64 = 1_700_000_000;
pub(crate) const NAME: &str = "anna";

pub(crate) fn at(second: u64) -> Timestamp {
    Timestamp::from_unix_seconds(START + second).with_monotonic(Duration::from_secs(second))
}

pub(crate) fn client() -> Client {
    let provider = Provider::new("https://as.example.com/token".parse().unwrap());
    Client::new("app", Secret::new("s3cr3t-s3cr3t").unwrap(), provider).unwrap()
}

/// A process that knows nothing of the session yet.
pub(crate) fn process(number: u128) -> TokenCache {
    TokenCache::of_session(NAME, &client(), number)
}

/// Stores a login with `at-0` and `rt-0`, good for an hour from 0 s.
pub(crate) fn login(store: &MemoryStore) {
    let record = format!(
        r#"{{"format":1,"client_id":"app","token_endpoint":"https://as.example.com/token",
            "access_token":"at-0","refresh_token":"rt-0","sent_at":{START},"expires_in":3600}}"#
    );
    let session = client().resume(serde_json::from_str(&record).unwrap()).unwrap();
    let mut login = Login::new(NAME, &session);
    drive(&mut login, store, at(0));
    login.finish(session).unwrap();
}

pub(crate) fn logout(store: &MemoryStore, now: Timestamp) {
    let mut logout = Logout::new(NAME, &client());
    drive(&mut logout, store, now);
    logout.finish().unwrap();
}

/// Where a machine stops that has a store and nothing else.
#[derive(Debug)]
pub(crate) enum Stop {
    Send(Ticket),
    Wait(Duration),
    Done,
}

/// Does the store's steps.
pub(crate) fn drive(machine: &mut impl Stepwise, store: &impl Store, now: Timestamp) -> Stop {
    loop {
        let event = match machine.step(now) {
            Step::Load(key) => Event::Loaded(store.load(key)),
            Step::Swap { key, expected, new } => {
                Event::Swapped(store.compare_and_swap(key, expected, new))
            }
            Step::Send(ticket) => return Stop::Send(ticket),
            Step::Wait(time) => return Stop::Wait(time),
            Step::Done => return Stop::Done,
        };
        machine.take(event, now);
    }
}

/// The ticket, once the mark is set.
pub(crate) fn send(stop: Stop) -> Ticket {
    match stop {
        Stop::Send(ticket) => ticket,
        other => panic!("something to send was expected, and not {other:?}"),
    }
}

/// The refresh token that a ticket would send.
pub(crate) fn refresh_token_of(ticket: &Ticket) -> String {
    let request = ticket.wire_request();
    let mut pairs = form_urlencoded::parse(request.body());
    pairs.find(|(name, _)| name == "refresh_token").unwrap().1.into_owned()
}

pub(crate) fn rotation(lookup: Lookup) -> Rotation {
    match lookup {
        Lookup::Rotate(_, rotation) => *rotation,
        other => panic!("a rotation was expected, and not {other:?}"),
    }
}

/// The token answer with these two, good for an hour.
pub(crate) fn tokens(number: u32) -> String {
    format!(
        r#"{{"access_token":"at-{number}","token_type":"Bearer","expires_in":3600,
            "refresh_token":"rt-{number}"}}"#
    )
}

/// The server's answer, in JSON.
pub(crate) fn answer(ticket: Ticket, status: u16, body: &str, now: Timestamp) -> Event {
    let response =
        Response::new(status, body.as_bytes()).with_header("Content-Type", b"application/json");
    Event::Answered(ticket.receive(response, now))
}

pub(crate) fn record(store: &MemoryStore) -> SessionRecord {
    let key = TokenKey::of_session(NAME, &client());
    let found = Store::load(store, &key).unwrap().unwrap();
    serde_json::from_slice(found.bytes()).unwrap()
}
