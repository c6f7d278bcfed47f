//! What becomes of a ticket.

use super::held::Held;
use super::lookup::Failure;
use super::span::Span;
use super::{Fetched, Ticket, TicketId, TokenCache, TokenError};
use crate::error::{
    Advice, Error, ProtocolError, ProtocolErrorKind, TransportError, TransportErrorKind,
};
use crate::flow::Failed;
use crate::time::Timestamp;

impl TokenCache {
    /// Takes what came of a ticket. What is late counts as far as it is news: a token that is newer
    /// than the one held, never an error about what is no longer held. What came of another
    /// cache's ticket is dropped.
    pub fn complete(&mut self, outcome: Result<Fetched, Failed<Ticket>>, now: Timestamp) {
        match outcome {
            Ok(fetched) => self.take(fetched, now),
            Err(failed) => self.fail(failed, now),
        }
    }

    fn take(&mut self, fetched: Fetched, now: Timestamp) {
        let Fetched { id, mut tokens, rotated } = fetched;
        self.is_back(id);
        if id.cache != self.id || id.number <= self.settled {
            return;
        }
        (self.settled, self.lost, self.failure) = (id.number, 0, None);
        self.grant.take(&mut tokens, rotated);
        self.hold(Some(Held::arrived(tokens, now)));
        if self.standing(now).is_some() {
            self.pauses.reset();
        } else {
            // Without this, everybody who waits would ask again, and get the same.
            let error = ProtocolError::new(200, ProtocolErrorKind::ExpiredOnArrival);
            let advice = error.advice();
            self.remember(error.into(), advice, id, now);
        }
    }

    fn fail(&mut self, failed: Failed<Ticket>, now: Timestamp) {
        let advice = failed.advice();
        let (error, ticket) = failed.into_parts();
        let id = ticket.id();
        let was_out = self.is_back(id);
        if id.cache != self.id || ticket.settled != self.settled {
            return;
        }
        self.lost = 0;
        if was_out && error.may_have_arrived() {
            self.grant.note_loss();
        }
        if self.grant.take_back(ticket.asking, advice) {
            self.settled = id.number;
        }
        // An older ticket's failure is no news beside a newer one's.
        if self.failure.as_ref().is_none_or(|failure| failure.ticket <= id) {
            self.remember(error, advice, id, now);
        }
    }

    pub(super) fn remember(
        &mut self,
        error: Error,
        advice: Advice,
        ticket: TicketId,
        now: Timestamp,
    ) -> TokenError {
        let pause = self.pauses.after(advice, now);
        let error = TokenError::new(error, advice, pause, now);
        let pause = pause.map(|pause| Span::new(now, pause));
        self.failure = Some(Failure { error: error.clone(), ticket, pause });
        error
    }

    /// For a ticket of which nothing more will be heard: its task was dropped, its thread died.
    /// Another is given out at once; but two in a row count as a failure. Whether the request was
    /// sent is not known: a refresh token is risked a second time, and not a third (RFC 9700
    /// section 4.14).
    ///
    /// A ticket that could not be sent is better completed, with [`Failed::unanswered`].
    pub fn abandon(&mut self, ticket: TicketId, now: Timestamp) {
        if !self.is_back(ticket) {
            return;
        }
        self.note_loss(ticket);
        self.lost = self.lost.saturating_add(1);
        if self.lost > 1 {
            let error = TransportError::new(
                TransportErrorKind::Interrupted,
                "two fetches in a row came to no end: their tasks were dropped, or panicked",
            );
            let advice = error.advice();
            self.remember(error.into(), advice, ticket, now);
        }
    }

    /// Whether it was the one that is out.
    fn is_back(&mut self, ticket: TicketId) -> bool {
        self.out.take_if(|out| out.ticket == ticket).is_some()
    }

    pub(super) fn note_loss(&mut self, ticket: TicketId) {
        if ticket.number > self.settled {
            self.grant.note_loss();
        }
    }
}
