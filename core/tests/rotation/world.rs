//! A store and a clock that do as they are told, and those who use them.

use std::time::Duration;

use grantflow::{
    Error, Event, Failed, Login, Logout, Lookup, Rotation, SessionError, SessionErrorKind, Step,
    Stepwise, Store, Stored, Ticket, Timestamp, TokenCache, TokenError, TokenKey, TransportError,
    TransportErrorKind,
};
use serde_json::{Value, json};

use crate::scenario::{NAME, at, client, rotation, tokens};
use crate::shelf::Shelf;

/// A store, and the present.
pub(crate) struct World {
    pub(crate) store: Shelf,
    wall: Duration,
    monotonic: Option<Duration>,
}

impl World {
    /// With nothing stored, at 0 s.
    pub(crate) fn empty() -> Self {
        let wall = at(0).since_unix_epoch();
        Self { store: Shelf::default(), wall, monotonic: Some(Duration::ZERO) }
    }

    /// With a session (`at-0`, `rt-0`), at 3600 s: its access token has just ended.
    pub(crate) fn with_session() -> Self {
        let mut world = Self::empty();
        world.login(0);
        world.pass(3_600);
        world
    }

    pub(crate) fn without_monotonic_clock(self) -> Self {
        Self { monotonic: None, ..self }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let wall = Timestamp::from_unix(self.wall);
        self.monotonic.map_or(wall, |reading| wall.with_monotonic(reading))
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.pass_time(Duration::from_secs(seconds));
    }

    pub(crate) fn pass_time(&mut self, time: Duration) {
        self.wall = self.wall.saturating_add(time);
        self.monotonic = self.monotonic.map(|reading| reading.saturating_add(time));
    }

    /// Somebody sets the wall clock.
    pub(crate) fn set_forward(&mut self, seconds: u64) {
        self.wall = self.wall.saturating_add(Duration::from_secs(seconds));
    }

    pub(crate) fn set_back(&mut self, seconds: u64) {
        self.wall = self.wall.saturating_sub(Duration::from_secs(seconds));
    }

    /// Stores a login with these tokens, asked for now.
    pub(crate) fn login(&self, number: u32) {
        let session = client().resume(serde_json::from_value(self.session(number)).unwrap());
        let session = session.unwrap();
        let mut login = Login::new(NAME, &session);
        while let Some(event) = self.event(&mut login) {
            login.take(event, self.now());
        }
        login.finish(session).unwrap();
    }

    pub(crate) fn logout(&self) {
        let mut logout = Logout::new(NAME, &client());
        while let Some(event) = self.event(&mut logout) {
            logout.take(event, self.now());
        }
        assert!(logout.finish().unwrap().is_some());
    }

    /// Tokens as data, asked for now, good for an hour.
    pub(crate) fn session(&self, number: u32) -> Value {
        json!({
            "format": 1, "client_id": "app", "token_endpoint": "https://as.example.com/token",
            "access_token": format!("at-{number}"), "refresh_token": format!("rt-{number}"),
            "sent_at": self.wall.as_secs(), "expires_in": 3600,
        })
    }

    /// What the store does for one step; `None` where the step is not the store's.
    pub(crate) fn event(&self, machine: &mut impl Stepwise) -> Option<Event> {
        match machine.step(self.now()) {
            Step::Load(key) => Some(Event::Loaded(self.store.load(key))),
            Step::Swap { key, expected, new } => {
                Some(Event::Swapped(self.store.compare_and_swap(key, expected, new)))
            }
            Step::Wait(_) | Step::Done => None,
            Step::Send(_) => panic!("it was not yet time to send"),
        }
    }

    /// Does one step of the store's.
    pub(crate) fn one(&self, machine: &mut impl Stepwise) {
        let event = self.event(machine).unwrap();
        machine.take(event, self.now());
    }

    /// Does all steps until there is something to send, or nothing more to do; waits pass.
    pub(crate) fn run(&mut self, machine: &mut impl Stepwise) -> Option<Ticket> {
        for _ in 0..5_000 {
            let event = match machine.step(self.now()) {
                Step::Load(key) => Event::Loaded(self.store.load(key)),
                Step::Swap { key, expected, new } => {
                    Event::Swapped(self.store.compare_and_swap(key, expected, new))
                }
                Step::Wait(time) => {
                    self.pass_time(time);
                    Event::Waited
                }
                Step::Send(ticket) => return Some(ticket),
                Step::Done => return None,
            };
            machine.take(event, self.now());
        }
        panic!("it does not end");
    }

    /// The store refuses each change, as if somebody else were faster: how often, to the end.
    pub(crate) fn refuse_swaps(&self, machine: &mut impl Stepwise) -> u32 {
        let mut refused = 0;
        for _ in 0..5_000 {
            match machine.step(self.now()) {
                Step::Swap { .. } => {
                    refused += 1;
                    machine.take(Event::Swapped(Ok(false)), self.now());
                }
                Step::Load(_) => self.one(machine),
                Step::Done => return refused,
                other => panic!("a store's step was expected, and not {other:?}"),
            }
        }
        panic!("it does not end");
    }

    pub(crate) fn begin(&self, cache: &mut TokenCache) -> Rotation {
        rotation(cache.get(self.now()))
    }

    /// Goes on until the request can be sent.
    pub(crate) fn begin_sending(&mut self, cache: &mut TokenCache) -> (Rotation, Ticket) {
        let mut rotation = self.begin(cache);
        let ticket = self.run(&mut rotation).unwrap();
        (rotation, ticket)
    }

    /// Goes on from the server's answer to the end; there is nothing more to send.
    pub(crate) fn finish(&mut self, cache: &mut TokenCache, mut rotation: Rotation, answer: Event) {
        rotation.take(answer, self.now());
        assert!(self.run(&mut rotation).is_none());
        cache.conclude(rotation, self.now());
    }

    /// A refresh that sends nothing.
    pub(crate) fn look(&mut self, cache: &mut TokenCache) {
        let mut rotation = self.begin(cache);
        assert!(self.run(&mut rotation).is_none(), "something was sent");
        cache.conclude(rotation, self.now());
    }

    /// A refresh that goes well.
    pub(crate) fn refresh(&mut self, cache: &mut TokenCache, number: u32) {
        let (rotation, ticket) = self.begin_sending(cache);
        let answer = self.answer(ticket, 200, &tokens(number));
        self.finish(cache, rotation, answer);
        assert_eq!(self.token(cache), format!("at-{number}"));
    }

    /// The server answers now.
    pub(crate) fn answer(&self, ticket: Ticket, status: u16, body: &str) -> Event {
        crate::scenario::answer(ticket, status, body, self.now())
    }

    /// The token that a caller has at once.
    pub(crate) fn token(&self, cache: &mut TokenCache) -> String {
        match cache.get(self.now()) {
            Lookup::Ready(tokens) => tokens.access_token().expose().to_owned(),
            other => panic!("a token was expected, and not {other:?}"),
        }
    }

    pub(crate) fn error(&self, cache: &mut TokenCache) -> TokenError {
        match cache.get(self.now()) {
            Lookup::Refused(error) => error,
            other => panic!("an error was expected, and not {other:?}"),
        }
    }

    pub(crate) fn kind(&self, cache: &mut TokenCache) -> SessionErrorKind {
        session_error(self.error(cache).error()).kind()
    }

    /// The record, in JSON.
    pub(crate) fn record(&self) -> Value {
        serde_json::from_slice(self.store.stored(&key()).unwrap().bytes()).unwrap()
    }

    pub(crate) fn version(&self) -> u64 {
        self.store.stored(&key()).unwrap().version()
    }

    /// Puts something else under the session's name.
    pub(crate) fn write(&self, record: &Value) {
        let version = self.version().saturating_add(1);
        self.store.put(key(), Stored::new(version, record.to_string().into_bytes()));
    }

    /// The refresh token that stands in the store.
    pub(crate) fn stored_token(&self) -> String {
        self.record()["tokens"]["refresh_token"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn key() -> TokenKey {
    TokenKey::of_session(NAME, &client())
}

pub(crate) fn session_error(error: &Error) -> &SessionError {
    match error {
        Error::Session(error) => error,
        other => panic!("an error of a stored session was expected, and not {other:?}"),
    }
}

/// No answer comes.
pub(crate) fn unanswered(ticket: Ticket, kind: TransportErrorKind) -> Event {
    Event::Answered(Err(Failed::unanswered(ticket, TransportError::new(kind, "no answer"))))
}
