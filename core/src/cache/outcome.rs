//! What becomes of a ticket.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::held::Held;
use super::lookup::{Failure, Out};
use super::span::Span;
use super::{Fetched, Ticket, TicketId, TokenCache, TokenError};
use crate::error::{
    Advice, Error, ProtocolError, ProtocolErrorKind, TransportError, TransportErrorKind,
};
use crate::flow::{Failed, Flow, Refreshed};
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

    pub(super) fn take(&mut self, fetched: Fetched, now: Timestamp) {
        let Fetched { id, mut tokens, rotated } = fetched;
        self.is_back(id);
        if id.cache != self.id || id.number <= self.settled {
            return;
        }
        (self.settled, self.lost) = (id.number, 0);
        if rotated {
            self.note_rotation();
        }
        self.grant.take(&mut tokens, rotated);
        self.hold(Some(Held::arrived(tokens, now)));
        if self.standing(now).is_some() {
            self.failure = None;
            self.pauses.reset();
        } else {
            // Without this, everybody who waits would ask again, and get the same.
            let error = ProtocolError::new(200, ProtocolErrorKind::ExpiredOnArrival);
            let advice = error.advice();
            self.remember_news(error.into(), advice, None, id, now);
        }
    }

    fn fail(&mut self, failed: Failed<Ticket>, now: Timestamp) {
        let advice = failed.advice();
        let (error, Ticket { out, asking }) = failed.into_parts();
        let id = out.waiting.ticket;
        self.is_back(id);
        if id.cache != self.id || id.number <= self.settled {
            return;
        }
        let is_session = self.grant.session().is_some();
        if self.grant.take_rotated(&asking) {
            self.note_rotation();
            self.settled = id.number;
        } else if out.rotation != self.rotation || !(is_session || out.settled == self.settled) {
            return;
        } else {
            self.grant.take_back(&asking, advice);
        }
        self.lost = 0;
        self.remember_news(error, advice, None, id, now);
    }

    /// There is a new refresh token: what was said of the one before does not matter any more.
    fn note_rotation(&mut self) {
        self.rotation = self.rotation.saturating_add(1);
        self.failure = None;
    }

    /// An older ticket's failure is no news beside a newer one's, and none is beside one for good.
    pub(super) fn remember_news(
        &mut self,
        error: Error,
        advice: Advice,
        unsaved: Option<Arc<Flow<Refreshed>>>,
        ticket: TicketId,
        now: Timestamp,
    ) {
        let may_end = self.grant.is_of_stored_session();
        let is_news = self
            .failure
            .as_ref()
            .is_none_or(|failure| failure.ticket <= ticket && (failure.pause.is_some() || may_end));
        if is_news {
            self.remember_with(error, advice, unsaved, ticket, now);
        }
    }

    pub(super) fn remember(
        &mut self,
        error: Error,
        advice: Advice,
        ticket: TicketId,
        now: Timestamp,
    ) -> TokenError {
        self.remember_with(error, advice, None, ticket, now)
    }

    fn remember_with(
        &mut self,
        error: Error,
        advice: Advice,
        unsaved: Option<Arc<Flow<Refreshed>>>,
        ticket: TicketId,
        now: Timestamp,
    ) -> TokenError {
        let is_risk = error.may_have_arrived() && self.grant.is_of_session();
        let pause = self.pauses.after(advice, is_risk, now);
        let error = TokenError::new(error, advice, pause, unsaved, now);
        let pause = pause.map(|pause| Span::pause(now, pause));
        let failure = Failure { error: error.clone(), ticket, pause, looked_at: now };
        self.failure = Some(Box::new(failure));
        error
    }

    /// For a ticket of which nothing more will be heard: its task was dropped, its thread died.
    /// Another is given out at once; but two in a row count as a failure. Where the request may have
    /// arrived, a refresh token that was in it is risked a second time, and not a third (RFC 9700
    /// section 4.14).
    ///
    /// A ticket that could not be sent is better completed, with [`Failed::unanswered`].
    pub fn abandon(&mut self, ticket: TicketId, may_have_arrived: bool, now: Timestamp) {
        let Some(lost) = self.is_back(ticket) else {
            return;
        };
        if may_have_arrived {
            self.note_loss(lost);
        }
        self.lost = self.lost.saturating_add(1);
        if let Some(error) = self.grant.end() {
            self.remember(error.into(), Advice::Reauthorize, ticket, now);
        } else if self.lost > 1 {
            self.note_abandoned(ticket, may_have_arrived, now);
        }
    }

    /// Two in a row of which nothing was heard.
    pub(super) fn note_abandoned(
        &mut self,
        ticket: TicketId,
        may_have_arrived: bool,
        now: Timestamp,
    ) {
        let (kind, cause) = if may_have_arrived {
            (TransportErrorKind::Abandoned, "the tasks were dropped, or they panicked")
        } else {
            (TransportErrorKind::Connect, "two tasks in a row were dropped before they sent it")
        };
        let error = TransportError::new(kind, cause);
        let advice = error.advice();
        self.remember(error.into(), advice, ticket, now);
    }

    /// Takes in the one that is out, if it is that.
    pub(super) fn is_back(&mut self, ticket: TicketId) -> Option<Out> {
        self.out.take_if(|out| out.waiting.ticket == ticket).map(|out| *out)
    }

    /// The request may have arrived, and no answer will come.
    pub(super) fn note_loss(&mut self, lost: Out) {
        if lost.rotation == self.rotation {
            self.grant.note_loss();
        }
    }
}
