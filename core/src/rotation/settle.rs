//! What came of a refresh, on its way into the store.

use alloc::sync::Arc;

use super::limits::{MOST_CONFLICTS, NEVER_SWAPS};
use super::pending::{News, Pending, Verdict};
use super::record::SessionRecord;
use super::{Outcome, Rotation, State, Subject, Swap, Then};
use crate::cache::ticket::{Asking, Fetched, Ticket};
use crate::error::{Advice, Error, SessionError, SessionErrorKind};
use crate::flow::{Failed, Refreshed};
use crate::store::StoreError;
use crate::time::Timestamp;

impl Rotation {
    pub(super) fn answer_session(
        &mut self,
        version: u64,
        record: &SessionRecord,
        answer: Result<Fetched, Failed<Ticket>>,
        now: Timestamp,
    ) {
        let Subject::Session(client) = &self.subject else { return };
        let (news, error) = match answer {
            Ok(fetched) => {
                let refreshed = Refreshed::flow(client.clone(), fetched.tokens);
                (News::Tokens(Arc::new(refreshed)), None)
            }
            Err(failed) => {
                let (error, ticket) = failed.into_parts();
                (news_of(&error, ticket), Some(error))
            }
        };
        let pending = Pending::of(&self.owner, record, news);
        self.settle(pending.map(|it| it.saying(error)), version, record, now);
    }

    /// Stores what is pending, over this record, which stood there when the request was sent.
    pub(super) fn settle(
        &mut self,
        pending: Option<Pending>,
        version: u64,
        record: &SessionRecord,
        now: Timestamp,
    ) {
        let Some(pending) = pending else { return self.state = State::Look };
        let verdict = match pending.news {
            // Somebody may have a newer one by now: look again before believing it.
            News::Refused => Verdict::Superseded,
            _ => pending.verdict(Some(record)),
        };
        match verdict {
            Verdict::Write(new) => self.write(pending, Some(version), &new, now),
            Verdict::Stands | Verdict::Superseded => {
                self.memory.pending.insert(0, pending);
                self.state = State::Look;
            }
        }
    }

    pub(super) fn write(
        &mut self,
        mut pending: Pending,
        expected: Option<u64>,
        new: &SessionRecord,
        now: Timestamp,
    ) {
        if new.is_uncertain()
            && let Some(error) = pending.error.take()
        {
            let error = SessionError::caused(SessionErrorKind::Uncertain, error);
            pending.error = Some(error.into());
        }
        self.memory.pending.insert(0, pending);
        // Where the store has lost the record, the version goes on from the last one that is known.
        let newest = expected.or(self.marked.map(|(newest, _)| newest));
        let new = new.stored(newest, now);
        self.state = State::Swap(Swap { expected, new, then: Then::Settled });
    }

    pub(super) fn swapped(&mut self, swap: Swap, done: Result<bool, StoreError>, now: Timestamp) {
        self.may_have_marked |= !matches!(done, Ok(false));
        match (done, swap.then) {
            // A client's token is as good without a store.
            (_, Then::Shared(tokens)) => self.finish(Outcome::Tokens(*tokens)),
            (Ok(done), then) => {
                self.swap_faults = 0;
                self.state = State::Look;
                self.conflicts = if done { 0 } else { self.conflicts.saturating_add(1) };
                if self.conflicts > MOST_CONFLICTS {
                    return self.give_up(NEVER_SWAPS.into(), false);
                }
                match then {
                    Then::Send(marked) if done && self.may_send(now) => {
                        self.send(swap.new.version(), marked.0, marked.1);
                    }
                    Then::Send(marked) if done => {
                        self.note(&marked.0, News::Unused);
                    }
                    Then::Settled if done => {
                        let pending = self.memory.pending.remove(0);
                        if matches!(pending.news, News::Lost) {
                            // The pause counts from here.
                            self.watch(swap.new.version(), now);
                        }
                        self.end_with(pending);
                    }
                    _ => {}
                }
            }
            // It may be done all the same: the next look shows it.
            (Err(error), Then::Send(marked)) => {
                self.note(&marked.0, News::Unused);
                self.swap_fault(State::Look, error);
            }
            (Err(error), Then::Settled) => {
                self.swap_fault(State::Swap(Swap { then: Then::Settled, ..swap }), error);
            }
        }
    }

    /// It is stored: tells whoever asked for it. `false` where nobody did: then there is more to do.
    pub(super) fn end_with(&mut self, pending: Pending) -> bool {
        let is_own = pending.is_of(&self.owner);
        match (pending.news, pending.error) {
            // They may be old by now.
            (News::Tokens(_), _) if !is_own => return false,
            (News::Tokens(refreshed), _) => {
                let tokens = match Arc::try_unwrap(refreshed) {
                    Ok(refreshed) => refreshed.into_tokens(),
                    Err(shared) => shared.tokens().copy(),
                };
                self.finish(Outcome::Tokens(tokens));
            }
            (_, Some(error)) => self.fail(error),
            (_, None) => return false,
        }
        true
    }

    /// The store has failed too often in a row. What is pending stays so. Where it `is_confirmed`,
    /// the store was asked, and only the note of it failed.
    pub(super) fn give_up(&mut self, error: StoreError, is_confirmed: bool) {
        let caused = |kind| Error::from(SessionError::caused(kind, error));
        let unsaved = self.memory.unsaved().cloned();
        let pending = self.memory.pending.first_mut();
        let error = match pending.map(|pending| (&pending.news, pending.error.take())) {
            Some((News::Tokens(_) | News::Rotated(_), _)) => caused(SessionErrorKind::Unsaved),
            Some((News::Refused, _)) if !is_confirmed => caused(SessionErrorKind::Unconfirmed),
            Some((_, Some(error))) => error,
            _ => caused(SessionErrorKind::StoreUnavailable),
        };
        self.finish(Outcome::Failed { error, unsaved, living: None });
    }
}

/// What a failed refresh says of the refresh token.
fn news_of(error: &Error, ticket: Ticket) -> News {
    if let Asking::Refresh(refresh) = ticket.asking
        && !refresh.flow.refresh_token().matches(&refresh.sent)
    {
        return News::Rotated(refresh.flow.refresh_token().clone());
    }
    match error {
        Error::Refused(refusal) if refusal.advice() == Advice::Reauthorize => News::Refused,
        // The server has rotated, for all that anybody knows, and its answer cannot be read. A 5xx or
        // 429 is no such answer: nobody has decided.
        Error::Protocol(error)
            if matches!(error.status(), 200..300) && !error.is_from_elsewhere() =>
        {
            News::Lost
        }
        error if error.may_have_arrived() => News::Lost,
        _ => News::Unused,
    }
}
