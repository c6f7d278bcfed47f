//! Leave to ask for a token.

use alloc::boxed::Box;
use core::fmt;

use super::Waiting;
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow, Granted, Refreshed, Refreshing, Requesting};
use crate::time::Timestamp;
use crate::tokens::Tokens;
use crate::wire;

/// The leave to ask for a token, given to one caller at a time. It is an [`Exchange`]: perform it,
/// and give what comes of it to [`TokenCache::complete`](super::TokenCache::complete).
#[must_use = "while it is out, nobody else asks for a token: perform it and complete it"]
pub struct Ticket {
    pub(super) id: TicketId,
    /// What the cache had when the ticket was given out.
    pub(super) settled: u64,
    /// The end of its lease.
    until: Timestamp,
    pub(super) asking: Asking,
}

/// Names a ticket when it is gone: [`TokenCache::abandon`](super::TokenCache::abandon).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TicketId(pub(super) u64);

/// What a ticket brought, on its way to the cache.
#[derive(Debug)]
#[must_use = "it is a token only after `TokenCache::complete`"]
pub struct Fetched {
    pub(super) id: TicketId,
    pub(super) tokens: Tokens,
}

#[derive(Debug)]
pub(super) enum Asking {
    Request(Flow<Requesting>),
    Refresh(Box<Flow<Refreshing>>),
}

impl Ticket {
    pub(super) fn new(id: TicketId, settled: u64, until: Timestamp, asking: Asking) -> Self {
        Self { id, settled, until, asking }
    }

    /// Its name, for the case that it gets lost.
    pub fn id(&self) -> TicketId {
        self.id
    }

    /// For whoever has another perform it, and waits as all others do.
    pub fn waiting(&self) -> Waiting {
        Waiting { ticket: self.id, until: self.until }
    }
}

impl Exchange for Ticket {
    type Output = Fetched;

    fn wire_request(&self) -> wire::Request<'_> {
        match &self.asking {
            Asking::Request(flow) => flow.wire_request(),
            Asking::Refresh(flow) => flow.wire_request(),
        }
    }

    fn receive<'a>(
        self,
        response: impl Into<wire::Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<Fetched, Failed<Self>> {
        let Self { id, settled, until, asking } = self;
        let again = |asking| Self::new(id, settled, until, asking);
        let tokens = match asking {
            Asking::Request(flow) => flow
                .receive(response, sent_at)
                .map(Flow::<Granted>::into_tokens)
                .map_err(|failed| failed.map(|flow| again(Asking::Request(flow)))),
            Asking::Refresh(flow) => flow
                .receive(response, sent_at)
                .map(Flow::<Refreshed>::into_tokens)
                .map_err(|failed| failed.map(|flow| again(Asking::Refresh(Box::new(flow))))),
        }?;
        Ok(Fetched { id, tokens })
    }

    fn may_repeat(&self) -> bool {
        match &self.asking {
            Asking::Request(flow) => flow.may_repeat(),
            Asking::Refresh(flow) => flow.may_repeat(),
        }
    }
}

impl Sealed for Ticket {
    fn note_doubt(&mut self) -> bool {
        match &mut self.asking {
            Asking::Request(flow) => flow.note_doubt(),
            Asking::Refresh(flow) => flow.note_doubt(),
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("id", &self.id).finish_non_exhaustive()
    }
}
