//! What a rotation is about, and how far it has come.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::time::Duration;

use super::Rotation;
use super::record::SessionRecord;
use crate::cache::Ticket;
use crate::cache::lookup::Out;
use crate::client::Client;
use crate::error::Error;
use crate::flow::{Flow, Refreshed, Requesting};
use crate::store::Stored;
use crate::time::Timestamp;
use crate::tokens::{AccessToken, Tokens};

impl Rotation {
    /// What came of it: tokens, or why there are none. `None` while it is not done, and where the store
    /// had nothing new and it was too early to ask the server.
    pub fn result(&self) -> Option<Result<&Tokens, &Error>> {
        match &self.state {
            State::Done(Outcome::Tokens(tokens)) => Some(Ok(tokens)),
            State::Done(Outcome::Failed { error, .. }) => Some(Err(error)),
            _ => None,
        }
    }

    /// Whether it has sent a refresh token in place of a process that vanished while it did: the
    /// token may be spent.
    pub fn took_over(&self) -> bool {
        self.took_over
    }
}

/// The token that is held and no longer good.
#[derive(Debug)]
pub(crate) struct Spent {
    pub(crate) token: AccessToken,
    /// When it was sent for; `None` where an API has rejected it.
    pub(crate) sent_at: Option<Timestamp>,
}

/// On what terms a cache gives out a rotation.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) out: Out,
    pub(crate) margin: Option<Duration>,
    /// How long an exchange takes at most.
    pub(crate) exchange: Duration,
    /// Whether it is too early to send anything.
    pub(crate) only_looks: bool,
}

/// Whose token it is about.
#[derive(Debug)]
pub(crate) enum Subject {
    /// The client's own, asked for by this request (facts M7, C7).
    Request(Flow<Requesting>),
    /// A user's.
    Session(Client),
}

impl Subject {
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Request(flow) => Self::Request(flow.again()),
            Self::Session(client) => Self::Session(client.clone()),
        }
    }
}

#[derive(Debug)]
pub(super) enum State {
    Look,
    Swap(Swap),
    /// The exchange has yet to be given out.
    Send(Box<Ticket>, Sent),
    Sent(Sent),
    Wait(Duration, Box<State>),
    Done(Outcome),
}

#[derive(Debug)]
pub(super) struct Swap {
    pub(super) expected: Option<u64>,
    pub(super) new: Stored,
    pub(super) then: Then,
}

/// What a swap is for.
#[derive(Debug)]
pub(super) enum Then {
    /// The mark of this record: now these tokens' refresh token is sent.
    Send(Box<(SessionRecord, Tokens)>),
    /// What is pending.
    Settled,
    /// A client's token, for others.
    Shared(Box<Tokens>),
}

/// What stood in the store when the request was sent.
#[derive(Debug)]
pub(super) enum Sent {
    Session {
        version: u64,
        record: Box<SessionRecord>,
    },
    Request {
        expected: Option<u64>,
        /// Whether the store could be asked.
        sharing: bool,
    },
}

/// How it ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Tokens(Tokens),
    Failed {
        error: Error,
        /// New ones, which the store did not take.
        unsaved: Option<Arc<Flow<Refreshed>>>,
        /// Those of the store, where they are not quite over.
        living: Option<Box<Tokens>>,
    },
    /// There is nothing new in the store, and it was not to send anything.
    Nothing,
}
