//! Answers, waits and failures.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::time::Duration;

use super::error::TokenError;
use super::span::Span;
use super::ticket::{Ticket, TicketId};
use crate::rotation::Rotation;
use crate::time::Timestamp;
use crate::tokens::Tokens;

/// What a [`TokenCache`](super::TokenCache) has to say. All there is to say, so whoever asks deals
/// with each.
#[derive(Debug)]
#[must_use = "it may hold a ticket, which somebody has to perform"]
pub enum Lookup {
    /// Use it.
    Ready(Arc<Tokens>),
    /// Use it; and perform the ticket meanwhile, for it will soon be over.
    Renew(Arc<Tokens>, Ticket),
    /// There is no token, and nobody is fetching one: perform the ticket and
    /// [`complete`](super::TokenCache::complete) it.
    Send(Ticket),
    /// The token is kept in a store: perform the rotation and
    /// [`conclude`](super::TokenCache::conclude) it. Where there are tokens, use them meanwhile; where
    /// there are none, wait for it as all others do.
    Rotate(Option<Arc<Tokens>>, Box<Rotation>),
    /// There is no token, and somebody is fetching one: wait, and then ask by
    /// [`get_after`](super::TokenCache::get_after).
    Wait(Waiting),
    /// There is no token, and it is too early to ask for one again.
    Refused(TokenError),
}

/// What a caller waits for.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    pub(crate) ticket: TicketId,
    pub(super) lease: Span,
}

/// A ticket that is under way, and what the cache had when it was given out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    pub(crate) waiting: Waiting,
    pub(super) settled: u32,
    pub(crate) rotation: u32,
}

/// The last request for a token, where it brought none.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: TokenError,
    pub(super) ticket: TicketId,
    /// `None`: for good.
    pub(super) pause: Option<Span>,
    /// When the store was last looked at.
    pub(super) looked_at: Timestamp,
}

impl Waiting {
    /// How long to wait at most: then the fetch is given up, and
    /// [`get_after`](super::TokenCache::get_after) gives out another ticket.
    pub fn time_left(&self, now: Timestamp) -> Duration {
        self.lease.left(now)
    }
}

impl Failure {
    /// Whether it is time to look whether another process has logged the user in.
    pub(super) fn is_look_due(&self, now: Timestamp) -> bool {
        now.waited_since(self.looked_at).is_none_or(|time| time >= BETWEEN_LOOKS)
    }

    pub(super) fn is_over(&mut self, now: Timestamp) -> bool {
        self.pause.as_mut().is_some_and(|pause| pause.is_over(now))
    }
}

/// A session that cannot be refreshed costs one look into the store in this time.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
