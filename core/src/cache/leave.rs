//! Whether somebody may ask, and the leave to do so.

use alloc::boxed::Box;
use core::time::Duration;

use super::grant::Leave;
use super::lookup::Out;
use super::span::Span;
use super::{Lookup, TicketId, TokenCache, TokenError, Waiting};
use crate::error::Advice;
use crate::rotation::{Rotation, Terms};
use crate::time::Timestamp;

impl TokenCache {
    pub(super) fn get_without_token(&mut self, now: Timestamp) -> Lookup {
        if let Some(out) = self.out.as_mut()
            && !out.waiting.lease.is_over(now)
        {
            return Lookup::Wait(out.waiting);
        }
        let mut only_looks = false;
        if let Some(failure) = self.failure.as_mut()
            && !failure.is_over(now)
        {
            if !self.grant.is_of_stored_session() || !failure.is_look_due(now) {
                return Lookup::Refused(failure.error.clone());
            }
            // Where it is over for good, the record says so.
            only_looks = failure.pause.is_some();
        }
        match self.leave(only_looks, now) {
            Ok(Leave::Ticket(ticket)) => Lookup::Send(ticket),
            Ok(Leave::Rotation(rotation)) => Lookup::Rotate(None, rotation),
            Err(error) => Lookup::Refused(error),
        }
    }

    /// Whether a ticket may be given out: none is, and no pause has to be kept.
    pub(super) fn may_ask(&mut self, now: Timestamp) -> bool {
        self.is_nothing_out(now) && self.failure.as_mut().is_none_or(|failure| failure.is_over(now))
    }

    pub(super) fn is_nothing_out(&mut self, now: Timestamp) -> bool {
        self.out.as_mut().is_none_or(|out| out.waiting.lease.is_over(now))
    }

    pub(super) fn leave(&mut self, only_looks: bool, now: Timestamp) -> Result<Leave, TokenError> {
        if let Some(lost) = self.out.take() {
            self.note_loss(*lost);
        }
        let number = self.issued.saturating_add(1);
        let id = TicketId { cache: self.id, number };
        let is_stored = self.grant.is_stored();
        let exchange = Duration::from(self.lease);
        let lease = if is_stored { Rotation::lease(exchange) } else { exchange };
        let lease = Span::lease(now, lease);
        let waiting = Waiting { ticket: id, lease };
        let out = Out { waiting, settled: self.settled, rotation: self.rotation };
        let margin = self.margin.map(Duration::from);
        let terms = Terms { out, margin, exchange, only_looks };
        match self.grant.ask(self.held.as_ref(), terms, now) {
            Ok(given) => {
                self.issued = number;
                self.out = Some(Box::new(out));
                Ok(given)
            }
            Err(error) => Err(self.remember(error.into(), Advice::Reauthorize, id, now)),
        }
    }
}
