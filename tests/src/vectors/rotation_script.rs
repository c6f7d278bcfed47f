//! The token endpoint and the store of a sequence of renewals.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use grantflow::flow::Authorized;
use grantflow::{
    Client, Event, Exchange, Failed, Fetched, Flow, Login, MemoryStore, Scope, SessionRecord, Step,
    Stepwise, Store, StoreError, Stored, Ticket, Timestamp, TokenKey, TransportError,
    TransportErrorKind,
};
use serde_json::Value;

use super::login;
use super::members::Members;
use super::outcome::Stop;
use super::replies::Reply;
use super::setup::NOW;

/// What the server answers, what the store does, and what was sent.
pub(super) struct Script {
    client: Client,
    store: Shelf,
    /// `None`: no answer comes. The last one is given again and again.
    replies: Vec<Option<Reply>>,
    /// What a sibling has stored by the time that a renewal has failed.
    sibling: Option<Value>,
    /// The sessions that there are.
    names: Vec<String>,
    writes_fail: bool,
    /// The parameters of each request.
    pub(super) sent: Vec<HashMap<String, String>>,
}

impl Script {
    pub(super) fn new(input: &Members, client: &Client) -> Result<Self, Stop> {
        let mut replies = Vec::new();
        for reply in input.objects("responses")? {
            let is_lost = reply.flag("timeout")?;
            replies.push(if is_lost { None } else { Some(Reply::read(&reply)?) });
        }
        Ok(Self {
            client: client.clone(),
            store: Shelf::default(),
            replies,
            sibling: input.get("store_after_failure").cloned(),
            names: Vec::new(),
            writes_fail: input.flag("store_write_fails")?,
            sent: Vec::new(),
        })
    }

    /// Stores a session.
    pub(super) fn log_in(&mut self, name: &str, session: &Flow<Authorized>) -> Result<(), Stop> {
        self.names.push(name.to_owned());
        let mut login = Login::new(name, session);
        self.drive(&mut login, &mut NOW.clone())
    }

    /// Does all steps of a machine; its pauses pass.
    pub(super) fn drive(
        &mut self,
        machine: &mut impl Stepwise,
        now: &mut Timestamp,
    ) -> Result<(), Stop> {
        for _ in 0..MOST_STEPS {
            let event = match machine.step(*now) {
                Step::Load(key) => Event::Loaded(self.store.load(key)),
                Step::Swap { key, expected, new } => {
                    Event::Swapped(self.store.compare_and_swap(key, expected, new))
                }
                Step::Send(ticket) => Event::Answered(self.perform(ticket, *now)?),
                Step::Wait(time) => {
                    *now = now.saturating_add(time);
                    Event::Waited
                }
                Step::Done => return Ok(()),
            };
            machine.take(event, *now);
        }
        Err(Stop::Wrong("a rotation that does not end".to_owned()))
    }

    /// Sends a request, and gives the next reply.
    pub(super) fn perform(
        &mut self,
        ticket: Ticket,
        now: Timestamp,
    ) -> Result<Result<Fetched, Failed<Ticket>>, Stop> {
        let index = self.sent.len();
        self.sent.push(parameters(&ticket)?);
        // What is written from here on is what the server answered.
        self.store.writes_fail.store(self.writes_fail, Ordering::Relaxed);
        let reply = self.replies.get(index).or(self.replies.last());
        let reply = reply.ok_or_else(|| Stop::Malformed("responses are missing".to_owned()))?;
        let outcome = if let Some(reply) = reply {
            ticket.receive(reply.response(), now)
        } else {
            let error = TransportError::new(TransportErrorKind::Timeout, "no answer came");
            Err(Failed::unanswered(ticket, error))
        };
        if outcome.is_err()
            && let Some(tokens) = self.sibling.take()
        {
            self.store_for_sibling(&tokens, now)?;
        }
        Ok(outcome)
    }

    fn store_for_sibling(&mut self, tokens: &Value, now: Timestamp) -> Result<(), Stop> {
        let text = |name| tokens.get(name).and_then(Value::as_str).unwrap_or_default();
        let record = fresh(text("access_token"), text("refresh_token"), now);
        let session = login::held(&self.client, record)?;
        for name in core::mem::take(&mut self.names) {
            self.log_in(&name, &session)?;
        }
        Ok(())
    }

    /// The refresh token that is held; one that was refused is held no more.
    pub(super) fn refresh_token(&self, name: &str) -> Result<Option<String>, Stop> {
        let wrong = |error: &dyn std::fmt::Display| Stop::Wrong(format!("the store: {error}"));
        let key = TokenKey::of_session(name, &self.client);
        let Some(stored) = self.store.load(&key).map_err(|error| wrong(&error))? else {
            return Ok(None);
        };
        let record = serde_json::from_slice::<SessionRecord>(stored.bytes());
        let record = serde_json::to_value(record.map_err(|error| wrong(&error))?);
        let record = record.map_err(|error| wrong(&error))?;
        let token = record.pointer("/tokens/refresh_token").and_then(Value::as_str);
        let is_refused = record.get("end").and_then(Value::as_str) == Some("refused");
        Ok(token.filter(|_| !is_refused).map(str::to_owned))
    }
}

/// The record of a grant whose access token was asked for now.
pub(super) fn fresh(access_token: &str, refresh_token: &str, now: Timestamp) -> Value {
    let mut record = login::record(access_token, refresh_token, &Scope::default());
    if let Value::Object(record) = &mut record {
        record.insert("sent_at".to_owned(), now.unix_seconds().into());
    }
    record
}

/// A form's, or a JSON object's texts.
fn parameters(ticket: &Ticket) -> Result<HashMap<String, String>, Stop> {
    let request = ticket.wire_request();
    if request.body().starts_with(b"{") {
        let read = serde_json::from_slice(request.body());
        return read.map_err(|error| Stop::Wrong(format!("a request that is no JSON: {error}")));
    }
    Ok(form_urlencoded::parse(request.body()).into_owned().collect())
}

/// A store that may take no more writes.
#[derive(Default)]
struct Shelf {
    records: MemoryStore,
    writes_fail: AtomicBool,
}

impl Store for Shelf {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        Store::load(&self.records, key)
    }

    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        if self.writes_fail.load(Ordering::Relaxed) {
            return Err("the disk is full".into());
        }
        Store::compare_and_swap(&self.records, key, expected, new)
    }
}

/// More than any machine takes.
const MOST_STEPS: u32 = 1_000;
