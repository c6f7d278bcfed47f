//! A refresh that is not lost while anybody has it.

mod change;
mod limits;
mod look;
mod pending;
mod record;
mod request;
mod settle;
mod state;
mod steps;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

pub use change::{Login, Logout};
pub(crate) use pending::Memory;
pub use record::SessionRecord;
pub(crate) use state::{Outcome, Spent, Subject, Terms};
pub use steps::{Event, Step, Stepwise};

use self::limits::{MOST_FAULTS, MOST_FAULTS_OF_SAVE, mark, pause_after};
use self::pending::{News, Pending};
use self::state::{Sent, State, Swap, Then};
use crate::cache::held::Held;
use crate::cache::lookup::Out;
use crate::cache::ticket::{Fetched, Ticket};
use crate::cache::{TokenKey, Waiting};
use crate::error::{Error, SessionError, SessionErrorKind};
use crate::exchange::sealed::Sealed;
use crate::flow::Failed;
use crate::store::StoreError;
use crate::time::Timestamp;
use crate::tokens::Tokens;

/// Gets a token by way of a [`Store`](crate::Store): a session's, so that its refresh token is not
/// lost and no two processes use it at once (facts F10, F11, F13; what is [promised](crate::sessions),
/// and what cannot be); or a client's own, so that several processes share it.
///
/// It is a machine without I/O: [`step`](Stepwise::step) says what to do, [`take`](Stepwise::take)
/// takes what came of it, until it is done. A [`TokenCache`](crate::TokenCache) gives it out and
/// [takes it back](crate::TokenCache::conclude), whatever state it is in: what it knows and the
/// store does not is kept for the next one.
///
/// ```text
///            ┌──────────────────────── lost the race ──────────────────────┐
///            ▼                                                             │
///  ──▶  Load the record ── somebody has marked it ──▶ Wait ──▶ Load        │
///            │ token still good: done                                      │
///            ▼                                                             │
///       Swap in a mark: "I refresh it, for so many seconds" ───────────────┘
///            │                     ▲
///            ▼                     │ the mark's time is over: take over
///       Send the record's refresh token
///            │
///            ├─ new tokens ──▶ Swap them in, the mark out ──▶ hand out the access token
///            ├─ no answer ───▶ Swap in a pause; then it is tried once more
///            ├─ not decided ─▶ Swap the mark out
///            └─ refused ─────▶ Load again: has somebody a newer one? else Swap in the end
/// ```
/// - The mark is lock and evidence in one: who finds it past its time knows that somebody vanished,
///   and that the refresh token may be spent.
/// - A mark's time is counted by whoever waits, from when it first saw the mark, and by the owner
///   from before it set it. So the clocks of two machines need not agree, and may jump. An owner
///   that is late does not send.
/// - Whoever has new tokens keeps them until a store has them, or until the record is another
///   session's or none's: a login and a logout count for more than a refresh that began before.
#[must_use = "others wait for it: do its steps, and give it back to the cache"]
pub struct Rotation {
    pub(crate) out: Out,
    key: TokenKey,
    subject: Subject,
    /// The name of this very rotation, in marks.
    owner: String,
    spent: Option<Spent>,
    margin: Option<Duration>,
    /// How long an exchange takes at most.
    exchange: Duration,
    /// Whether it is too early to send anything.
    only_looks: bool,
    began: Timestamp,
    /// What was in its memory when it began.
    lent: Vec<String>,
    memory: Memory,
    /// The version of the newest mark, and an instant before it was to be set.
    marked: Option<(u64, Timestamp)>,
    /// Whether any mark may have been set: it may be another's otherwise, whatever its name.
    may_have_marked: bool,
    /// The version with the mark of somebody who vanished, where its own mark was to replace that.
    dead_mark: Option<u64>,
    took_over: bool,
    looks: u32,
    /// How often in a row the store could not be asked, and could not be changed.
    faults: u32,
    swap_faults: u32,
    /// How often in a row somebody else was faster.
    conflicts: u32,
    state: State,
}

impl Rotation {
    /// `memory` is lent: what it knows stays where it is as well, until this is back.
    pub(crate) fn new(
        key: TokenKey,
        subject: Subject,
        process: &str,
        memory: Memory,
        spent: Option<Spent>,
        terms: Terms,
        now: Timestamp,
    ) -> Self {
        let Terms { out, margin, exchange, only_looks } = terms;
        Self {
            key,
            subject,
            owner: format!("{process}-{}", out.waiting.ticket.number),
            spent,
            margin,
            exchange,
            only_looks,
            began: now,
            lent: memory.owners(),
            memory,
            marked: None,
            may_have_marked: false,
            dead_mark: None,
            took_over: false,
            looks: 0,
            faults: 0,
            swap_faults: 0,
            conflicts: 0,
            state: State::Look,
            out,
        }
    }

    pub(crate) fn key(&self) -> TokenKey {
        self.key
    }

    /// For whoever has another perform it, and waits as all others do.
    pub fn waiting(&self) -> Waiting {
        self.out.waiting
    }

    fn mark_seconds(&self) -> u64 {
        mark(self.exchange).as_secs()
    }

    /// How long it may have to wait for others.
    fn patience(&self) -> Duration {
        mark(self.exchange).saturating_mul(3)
    }

    /// How long it takes in all, at most: it waits for others, and then goes its own way.
    pub(crate) fn lease(exchange: Duration) -> Duration {
        mark(exchange).saturating_mul(4)
    }

    /// Whether a request is out.
    pub(crate) fn is_sent(&self) -> bool {
        matches!(self.state, State::Sent(_))
    }

    /// Ends it where it stands: how it ended, if it did, and what it knows, which goes back to where
    /// it came from.
    pub(crate) fn end(mut self, memory: Option<&mut Memory>) -> Option<Outcome> {
        let mut outcome = None;
        match core::mem::replace(&mut self.state, State::Look) {
            State::Done(done) => outcome = Some(done),
            State::Sent(Sent::Session { record, .. }) => self.note(&record, News::Lost),
            State::Send(_, Sent::Session { record, .. }) => self.note(&record, News::Unused),
            State::Swap(Swap { then: Then::Send(marked), .. }) => {
                self.note(&marked.0, News::Unused);
            }
            _ => {}
        }
        if let Some(memory) = memory {
            memory.take_back(&self.lent, self.memory);
        }
        outcome
    }

    /// Takes note of what became of its refresh with the token of this record.
    fn note(&mut self, record: &SessionRecord, news: News) {
        self.memory.note(Pending::of(&self.owner, record, news));
    }

    fn fail(&mut self, error: impl Into<Error>) {
        let unsaved = self.memory.unsaved().cloned();
        self.finish(Outcome::Failed { error: error.into(), unsaved, living: None });
    }

    fn fail_as(&mut self, kind: SessionErrorKind) {
        self.fail(SessionError::new(kind));
    }

    fn finish(&mut self, outcome: Outcome) {
        self.state = State::Done(match outcome {
            Outcome::Failed { living: Some(tokens), .. } if self.only_looks => {
                Outcome::Tokens(*tokens)
            }
            Outcome::Failed { .. } if self.only_looks => Outcome::Nothing,
            outcome => outcome,
        });
    }

    /// Whether these tokens are the ones that are over.
    fn are_spent(&self, tokens: &Tokens) -> bool {
        // A server may give the same token once more, with more time.
        let is_later = |then: Timestamp| tokens.sent_at().unix_seconds() > then.unix_seconds();
        self.spent.as_ref().is_some_and(|spent| {
            spent.token.matches(tokens.access_token()) && !spent.sent_at.is_some_and(is_later)
        })
    }

    /// Whether these tokens can be handed out, and no renewal is due.
    fn are_good(&self, tokens: &Tokens, now: Timestamp) -> bool {
        !self.are_spent(tokens) && Held::is_fresh(tokens, self.margin, now)
    }

    fn answer(&mut self, sent: Sent, answer: Result<Fetched, Failed<Ticket>>, now: Timestamp) {
        match sent {
            Sent::Request { expected, sharing } => {
                self.answer_request(expected, sharing, answer, now);
            }
            Sent::Session { version, record } => {
                self.answer_session(version, &record, answer, now);
            }
        }
    }

    /// The exchange got lost, with whoever carried it.
    fn lose(&mut self, sent: Sent, now: Timestamp) {
        match sent {
            Sent::Request { .. } => self.state = State::Look,
            Sent::Session { version, record } => {
                let pending = Pending::of(&self.owner, &record, News::Lost);
                self.settle(pending, version, &record, now);
            }
        }
    }

    /// The store could not be changed.
    fn swap_fault(&mut self, again: State, error: StoreError) {
        self.swap_faults = self.swap_faults.saturating_add(1);
        self.fault(self.swap_faults, again, error);
    }

    /// The store could not be asked: once more after a while, or not any more.
    fn fault(&mut self, faults: u32, again: State, error: StoreError) {
        let most = if self.memory.has_tokens() { MOST_FAULTS_OF_SAVE } else { MOST_FAULTS };
        if faults < most {
            self.state = State::Wait(pause_after(faults), Box::new(again));
        } else {
            let is_confirmed = matches!(again, State::Swap(_));
            self.give_up(error, is_confirmed);
        }
    }
}

impl Sealed for Rotation {}

impl Stepwise for Rotation {
    fn step(&mut self, now: Timestamp) -> Step<'_> {
        match core::mem::replace(&mut self.state, State::Look) {
            State::Send(_, Sent::Session { record, .. }) if !self.may_send(now) => {
                self.note(&record, News::Unused);
            }
            State::Send(ticket, sent) => {
                self.state = State::Sent(sent);
                return Step::Send(*ticket);
            }
            State::Sent(sent) => self.lose(sent, now),
            state => self.state = state,
        }
        match &self.state {
            State::Look => Step::Load(&self.key),
            State::Swap(Swap { expected, new, .. }) => {
                Step::Swap { key: &self.key, expected: *expected, new }
            }
            State::Wait(time, _) => Step::Wait(*time),
            // The first two were dealt with above.
            State::Send(..) | State::Sent(_) | State::Done(_) => Step::Done,
        }
    }

    fn take(&mut self, event: Event, now: Timestamp) {
        match (core::mem::replace(&mut self.state, State::Look), event) {
            (State::Look, Event::Loaded(Ok(found))) => {
                self.faults = 0;
                self.look(found, now);
            }
            (State::Look, Event::Loaded(Err(error))) => match &self.subject {
                Subject::Request(_) => self.request(None, false),
                Subject::Session(_) => {
                    self.faults = self.faults.saturating_add(1);
                    self.fault(self.faults, State::Look, error);
                }
            },
            (State::Swap(swap), Event::Swapped(done)) => self.swapped(swap, done, now),
            (State::Sent(sent), Event::Answered(answer)) => self.answer(sent, answer, now),
            (State::Wait(_, then), Event::Waited) => self.state = *then,
            (state, _) => self.state = state,
        }
    }
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rotation")
            .field("key", &self.key)
            .field("owner", &self.owner)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
