//! Leave to ask for a token.

use alloc::boxed::Box;
use core::fmt;

use super::lookup::{Out, Waiting};
use crate::error::{Advice, TransportError};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow, Refreshing, Requesting};
use crate::time::Timestamp;
use crate::tokens::{RefreshToken, Tokens};
use crate::wire;

/// The leave to ask for a token, given to one caller at a time. It is an [`Exchange`]: perform it,
/// and give what comes of it to [`TokenCache::complete`](super::TokenCache::complete).
#[must_use = "while it is out, nobody else asks for a token: perform it and complete it"]
pub struct Ticket {
    pub(crate) out: Out,
    pub(crate) asking: Asking,
}

/// Names a ticket when it is gone: [`TokenCache::abandon`](super::TokenCache::abandon).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketId {
    pub(crate) cache: usize,
    pub(crate) number: u32,
}

/// What a ticket brought, on its way to the cache.
#[derive(Debug)]
#[must_use = "it is a token only after `TokenCache::complete`"]
pub struct Fetched {
    pub(crate) id: TicketId,
    pub(crate) tokens: Tokens,
    /// Whether there is a new refresh token among them.
    pub(crate) rotated: bool,
}

impl Fetched {
    /// The tokens, to be looked at: to be used, they have to be the cache's.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }
}

#[derive(Debug)]
pub(crate) enum Asking {
    Request(Flow<Requesting>),
    Refresh(Box<Refresh>),
}

#[derive(Debug)]
pub(crate) struct Refresh {
    pub(crate) flow: Flow<Refreshing>,
    /// The flow may have another when the answer was there.
    pub(crate) sent: RefreshToken,
}

impl Ticket {
    /// Its name, for the case that it gets lost.
    pub fn id(&self) -> TicketId {
        self.out.waiting.ticket
    }

    /// For whoever has another perform it, and waits as all others do.
    pub fn waiting(&self) -> Waiting {
        self.out.waiting
    }

    /// Whether it sends a refresh token.
    pub fn is_refresh(&self) -> bool {
        matches!(self.asking, Asking::Refresh(_))
    }
}

impl Exchange for Ticket {
    type Output = Fetched;

    fn wire_request(&self) -> wire::Request<'_> {
        match &self.asking {
            Asking::Request(flow) => flow.wire_request(),
            Asking::Refresh(refresh) => refresh.flow.wire_request(),
        }
    }

    fn receive<'a>(
        self,
        response: impl Into<wire::Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<Fetched, Failed<Self>> {
        let Self { out, asking } = self;
        let again = |asking| Self { out, asking };
        let id = out.waiting.ticket;
        match asking {
            Asking::Request(flow) => match flow.receive(response, sent_at) {
                Ok(granted) => {
                    let tokens = granted.into_tokens();
                    Ok(Fetched { id, rotated: tokens.refresh_token().is_some(), tokens })
                }
                Err(failed) => Err(failed.map(|flow| again(Asking::Request(flow)))),
            },
            Asking::Refresh(refresh) => {
                let Refresh { flow, sent } = *refresh;
                match flow.receive(response, sent_at) {
                    Ok(refreshed) => {
                        let tokens = refreshed.into_tokens();
                        let new = tokens.refresh_token();
                        Ok(Fetched {
                            id,
                            rotated: new.is_some_and(|new| !new.matches(&sent)),
                            tokens,
                        })
                    }
                    Err(failed) => {
                        Err(failed
                            .map(|flow| again(Asking::Refresh(Box::new(Refresh { flow, sent })))))
                    }
                }
            }
        }
    }

    fn may_repeat(&self) -> bool {
        match &self.asking {
            Asking::Request(flow) => flow.may_repeat(),
            Asking::Refresh(refresh) => refresh.flow.may_repeat(),
        }
    }
}

impl Sealed for Ticket {
    fn note_unanswered(&mut self, error: &TransportError) -> Option<Advice> {
        match &mut self.asking {
            Asking::Request(flow) => flow.note_unanswered(error),
            Asking::Refresh(refresh) => refresh.flow.note_unanswered(error),
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("id", &self.id()).finish_non_exhaustive()
    }
}
