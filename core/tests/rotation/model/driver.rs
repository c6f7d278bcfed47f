//! Drives the real machines as an adapter does.

use grantflow::{
    Error, Event, Failed, Login, Logout, Lookup, ProtocolErrorKind, Rotation, SessionErrorKind,
    Step, Stepwise, Stored, Ticket, Timestamp, TokenCache, TokenError, TransportError,
    TransportErrorKind, Waiting,
};

use super::entry::number_of;
use super::machines::{Answer, End, Told};
use crate::scenario::{NAME, answer, client, process, refresh_token_of, tokens};

/// What a machine wants, with the record itself.
pub(super) enum Raw {
    Load,
    Swap(Option<u64>, Stored),
    Send(u8),
    Wait,
    Nothing(Option<End>, bool),
}

pub(super) enum Driver {
    Process(Box<Process>),
    Login(Box<Login>),
    Logout(Box<Logout>),
}

pub(super) struct Process {
    number: u128,
    cache: TokenCache,
    rotation: Option<(Box<Rotation>, Waiting)>,
    ticket: Option<(Ticket, Timestamp)>,
}

impl Driver {
    pub(super) fn start(told: Told, stored: Option<Stored>, now: Timestamp) -> (Self, Raw) {
        match told {
            Told::Login(_) => {
                let mut login = Login::new(NAME, &session(&stored.unwrap()));
                let raw = wanted(&mut login, now).unwrap();
                (Self::Login(Box::new(login)), raw)
            }
            Told::Logout => {
                let mut logout = Logout::new(NAME, &client());
                let raw = wanted(&mut logout, now).unwrap();
                (Self::Logout(Box::new(logout)), raw)
            }
            Told::Process(number) => {
                let new = Process::new(number.into());
                (Self::Process(Box::new(new)), Raw::Nothing(None, true))
            }
            other => panic!("a machine does not start with {other:?}"),
        }
    }

    pub(super) fn tell(&mut self, told: Told, stored: Option<Stored>, now: Timestamp) -> Raw {
        match self {
            Self::Process(process) => process.tell(told, stored, now),
            Self::Login(login) => tell(&mut **login, told, stored, now),
            Self::Logout(logout) => tell(&mut **logout, told, stored, now),
        }
    }
}

impl Process {
    fn new(number: u128) -> Self {
        Self { number, cache: process(number), rotation: None, ticket: None }
    }

    fn tell(&mut self, told: Told, stored: Option<Stored>, now: Timestamp) -> Raw {
        match told {
            Told::Get => {
                let lookup = self.cache.get(now);
                if let Lookup::Ready(tokens) = &lookup {
                    self.cache.reject(tokens.access_token(), now);
                    return self.get(now);
                }
                self.found(lookup, now)
            }
            Told::Holding(_) => {
                let _ = self.get(now);
                if !matches!(
                    self.tell(Told::Loaded(None), stored, now),
                    Raw::Nothing(Some(End::Tokens(_)), true)
                ) {
                    // By its clock they are not good any more.
                    *self = Self::new(self.number + 1_000);
                }
                self.rest(None)
            }
            Told::Dropped => {
                self.ticket = None;
                if let Some((rotation, _)) = self.rotation.take() {
                    self.cache.conclude(*rotation, now);
                }
                self.rest(None)
            }
            told => {
                let event = match told {
                    Told::Answered(answer) => self.answer(answer),
                    told => event_of_store(told, stored),
                };
                self.rotation.as_mut().unwrap().0.take(event, now);
                self.step(now)
            }
        }
    }

    fn get(&mut self, now: Timestamp) -> Raw {
        let lookup = self.cache.get(now);
        self.found(lookup, now)
    }

    fn found(&mut self, lookup: Lookup, now: Timestamp) -> Raw {
        match lookup {
            Lookup::Rotate(_, rotation) => {
                let waiting = rotation.waiting();
                self.rotation = Some((rotation, waiting));
                self.step(now)
            }
            Lookup::Ready(tokens) => {
                let number = number_of(tokens.access_token().expose());
                self.rest(Some(End::Tokens(number)))
            }
            Lookup::Refused(error) => self.rest(Some(end_of(&error))),
            other => panic!("nobody else is driving, so this cannot be: {other:?}"),
        }
    }

    fn step(&mut self, now: Timestamp) -> Raw {
        let (mut rotation, waiting) = self.rotation.take().unwrap();
        let raw = match rotation.step(now) {
            Step::Send(ticket) => {
                let token = number_of(&refresh_token_of(&ticket));
                self.ticket = Some((ticket, now));
                Raw::Send(token)
            }
            Step::Done => {
                self.cache.conclude(*rotation, now);
                let lookup = self.cache.get_after(&waiting, now);
                return self.found(lookup, now);
            }
            step => raw_of(&step),
        };
        self.rotation = Some((rotation, waiting));
        raw
    }

    fn answer(&mut self, what: Answer) -> Event {
        let (ticket, sent_at) = self.ticket.take().unwrap();
        let none = |ticket, kind| {
            let error = TransportError::new(kind, "the model says so");
            Event::Answered(Err(Failed::unanswered(ticket, error)))
        };
        match what {
            Answer::Tokens(number) => answer(ticket, 200, &tokens(number.into()), sent_at),
            Answer::Refused => answer(ticket, 400, r#"{"error":"invalid_grant"}"#, sent_at),
            Answer::Unavailable => answer(ticket, 503, "{}", sent_at),
            Answer::Unconnected => none(ticket, TransportErrorKind::Connect),
            Answer::Lost => none(ticket, TransportErrorKind::Interrupted),
        }
    }

    /// Whether something is lost with it, it says when it is printed.
    fn rest(&self, end: Option<End>) -> Raw {
        Raw::Nothing(end, format!("{:?}", self.cache).contains("pending: []"))
    }
}

fn tell(machine: &mut impl Stepwise, told: Told, stored: Option<Stored>, now: Timestamp) -> Raw {
    machine.take(event_of_store(told, stored), now);
    wanted(machine, now).unwrap_or(Raw::Nothing(None, true))
}

fn event_of_store(told: Told, stored: Option<Stored>) -> Event {
    match told {
        Told::Loaded(_) => Event::Loaded(Ok(stored)),
        Told::Unloaded => Event::Loaded(Err("the model says so".into())),
        Told::Swapped(done) => Event::Swapped(Ok(done)),
        Told::Unswapped => Event::Swapped(Err("the model says so".into())),
        Told::Waited => Event::Waited,
        other => panic!("no machine takes {other:?}"),
    }
}

/// What it wants next, if it is not done.
fn wanted(machine: &mut impl Stepwise, now: Timestamp) -> Option<Raw> {
    match machine.step(now) {
        Step::Done => None,
        step => Some(raw_of(&step)),
    }
}

fn raw_of(step: &Step<'_>) -> Raw {
    match step {
        Step::Load(_) => Raw::Load,
        Step::Swap { expected, new, .. } => Raw::Swap(*expected, (*new).clone()),
        Step::Wait(_) => Raw::Wait,
        Step::Send(_) | Step::Done => panic!("not a step of a store: {step:?}"),
    }
}

fn session(stored: &Stored) -> grantflow::Flow<grantflow::flow::Authorized> {
    let record: serde_json::Value = serde_json::from_slice(stored.bytes()).unwrap();
    client().resume(serde_json::from_value(record["tokens"].clone()).unwrap()).unwrap()
}

fn end_of(error: &TokenError) -> End {
    if let Some(unsaved) = error.unsaved() {
        return End::Unsaved(number_of(unsaved.tokens().access_token().expose()));
    }
    match error.error() {
        Error::Refused(_) => End::Refused,
        Error::Unavailable(_) => End::Unavailable,
        Error::Session(error) => match error.kind() {
            SessionErrorKind::Missing => End::Missing,
            SessionErrorKind::Refused => End::Refused,
            SessionErrorKind::Uncertain => End::Uncertain,
            SessionErrorKind::AnswerLost { .. } => End::Lost,
            SessionErrorKind::StoreUnavailable | SessionErrorKind::Unconfirmed => End::Store,
            _ => End::Other,
        },
        Error::Transport(error) => match error.kind() {
            TransportErrorKind::Connect => End::Unconnected,
            TransportErrorKind::Abandoned => End::Abandoned,
            _ => End::Lost,
        },
        Error::Protocol(error) if *error.kind() == ProtocolErrorKind::ExpiredOnArrival => End::Over,
        _ => End::Other,
    }
}
