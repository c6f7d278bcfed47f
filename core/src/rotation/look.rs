//! What to do about what stands in the store.

use alloc::boxed::Box;
use core::time::Duration;

use super::limits::TO_SEND;
use super::pending::{MOST_LOST, News, Pending, Verdict, Watched};
use super::record::{End, Mark, SessionRecord};
use super::{Outcome, Rotation, Sent, State, Subject, Swap, Then};
use crate::cache::held::Held;
use crate::cache::ticket::{Asking, Refresh, Ticket};
use crate::client::Client;
use crate::dialect::RefreshPolicy;
use crate::error::{SessionError, SessionErrorKind};
use crate::flow::{Refreshing, TokenRecord};
use crate::store::Stored;
use crate::time::Timestamp;
use crate::tokens::Tokens;

impl Rotation {
    pub(super) fn look(&mut self, found: Option<Stored>, now: Timestamp) {
        let version = found.as_ref().map(Stored::version);
        let record = found.map(|found| SessionRecord::read(found.bytes())).transpose();
        match (&self.subject, record) {
            (Subject::Request(_), record) => {
                self.look_for_request(version, record.ok().flatten(), now);
            }
            (Subject::Session(_), Err(error)) => self.fail(error),
            (Subject::Session(client), Ok(record)) => {
                let client = client.clone();
                self.look_at_session(&client, version, record, now);
            }
        }
    }

    fn look_at_session(
        &mut self,
        client: &Client,
        version: Option<u64>,
        record: Option<SessionRecord>,
        now: Timestamp,
    ) {
        while !self.memory.pending.is_empty() {
            let pending = self.memory.pending.remove(0);
            // Its own mark, of which it could not be sure, is there to be used.
            if pending.is_mark_of(&self.owner) {
                continue;
            }
            match pending.verdict(record.as_ref()) {
                Verdict::Write(new) => return self.write(pending, version, &new, now),
                Verdict::Stands if self.end_with(pending) => return,
                Verdict::Stands | Verdict::Superseded => {}
            }
        }
        let (Some(version), Some(mut record)) = (version, record) else {
            return self.fail_as(SessionErrorKind::Missing);
        };
        let Some(tokens) = record.tokens.take() else {
            return self.fail_as(SessionErrorKind::Missing);
        };
        let tokens = match client.resume(tokens) {
            Ok(session) => session.into_parts().1,
            Err(error) => return self.fail(error),
        };
        if self.are_good(&tokens, now) {
            return self.finish(Outcome::Tokens(tokens));
        }
        let kind = match record.end {
            Some(End::Refused) => SessionErrorKind::Refused,
            Some(End::Uncertain) => SessionErrorKind::Uncertain,
            None if tokens.refresh_token().is_none() || is_without_refresh(client) => {
                SessionErrorKind::NotRefreshable
            }
            None if self.only_looks => return self.finish(Outcome::Nothing),
            None => return self.go_on(client, version, record, tokens, now),
        };
        // There will be no others; these may have some time left.
        let lives = !self.are_spent(&tokens) && Held::lives(&tokens, now);
        let (error, living) = (SessionError::new(kind).into(), lives.then(|| Box::new(tokens)));
        self.finish(Outcome::Failed { error, unsaved: None, living });
    }

    /// There is a refresh token to send, unless somebody else is at it.
    fn go_on(
        &mut self,
        client: &Client,
        version: u64,
        mut record: SessionRecord,
        tokens: Tokens,
        now: Timestamp,
    ) {
        self.looks = self.looks.saturating_add(1);
        record.tokens = Some(TokenRecord::new(client, &tokens));
        let mut dead_mark = None;
        match record.mark.take() {
            Some(mark) if self.may_have_marked && mark.owner == self.owner && !mark.lost => {
                record.mark = Some(mark);
                // An older mark of ours, which was thought to have failed, may have been seen before.
                if self.marked.is_some_and(|(newest, _)| newest == version) && self.may_send(now) {
                    return self.send(version, record, tokens);
                }
            }
            Some(mark) => match self.time_left(version, mark.seconds, now) {
                Some(pause) if mark.lost => {
                    return self.fail_as(SessionErrorKind::AnswerLost { pause });
                }
                Some(left) => return self.wait(left, now),
                None if !mark.lost && record.lost.saturating_add(1) >= MOST_LOST => {
                    // It would be sent a third time.
                    let owner = mark.owner.clone();
                    record.mark = Some(mark);
                    let pending = Pending::of(&owner, &record, News::Lost);
                    return self.settle(pending, version, &record, now);
                }
                None if !mark.lost => {
                    dead_mark = Some(version);
                    record.vanished = true;
                    record.lost = record.lost.saturating_add(1);
                }
                None => {}
            },
            None => {}
        }
        self.dead_mark = dead_mark;
        self.mark(version, record, tokens, now);
    }

    fn mark(&mut self, version: u64, mut record: SessionRecord, tokens: Tokens, now: Timestamp) {
        if self.is_long(now) {
            return self.fail_as(SessionErrorKind::Busy);
        }
        let mark = Mark { owner: self.owner.clone(), seconds: self.mark_seconds(), lost: false };
        record.mark = Some(mark);
        // No two marks of one rotation have the same version.
        let newest = self.marked.map_or(version, |(newest, _)| newest.max(version));
        let new = record.stored(Some(newest), now);
        self.marked = Some((new.version(), now));
        let then = Then::Send(Box::new((record, tokens)));
        self.state = State::Swap(Swap { expected: Some(version), new, then });
    }

    /// An owner that is late does not send: others may think by then that it vanished.
    pub(super) fn may_send(&self, now: Timestamp) -> bool {
        let waited = self.marked.and_then(|(_, since)| now.waited_since(since));
        waited.is_some_and(|waited| waited <= TO_SEND)
    }

    pub(super) fn send(&mut self, version: u64, record: SessionRecord, mut tokens: Tokens) {
        let Subject::Session(client) = &self.subject else { return };
        let Some(sent) = tokens.take_refresh_token() else {
            return self.fail_as(SessionErrorKind::NotRefreshable);
        };
        match Refreshing::again(client.clone(), sent.clone(), Some(tokens), false) {
            Ok(flow) => {
                let asking = Asking::Refresh(Box::new(Refresh { flow, sent }));
                let ticket = Box::new(Ticket { out: self.out, asking });
                let record = Box::new(record);
                self.took_over |= self.dead_mark.is_some();
                self.state = State::Send(ticket, Sent::Session { version, record });
            }
            Err(error) => self.fail(error),
        }
    }

    /// For how long somebody's mark still counts; `None`: it is over. By the clock that stands still
    /// while this machine sleeps.
    fn time_left(&mut self, version: u64, seconds: u64, now: Timestamp) -> Option<Duration> {
        let watched = self.memory.watched.filter(|watched| watched.version == version);
        let since = watched.map_or(now, |watched| watched.since);
        // Where there is but one clock, and it was set back, the wait begins anew.
        let waited = now.ran_since(since);
        let since = if waited.is_some() { since } else { now };
        self.watch(version, since);
        let left = Duration::from_secs(seconds).saturating_sub(waited.unwrap_or_default());
        Some(left).filter(|left| !left.is_zero())
    }

    pub(super) fn watch(&mut self, version: u64, since: Timestamp) {
        self.memory.watched = Some(Watched { version, since });
    }

    /// Whether it has taken longer than everything that there may be to wait for.
    fn is_long(&self, now: Timestamp) -> bool {
        let is_over = |time: Duration| time > self.patience();
        self.looks > MOST_LOOKS || now.ran_since(self.began).is_some_and(is_over)
    }

    fn wait(&mut self, left: Duration, now: Timestamp) {
        if self.is_long(now) {
            return self.fail_as(SessionErrorKind::Busy);
        }
        let pause = FIRST_POLL.saturating_mul(2_u32.saturating_pow(self.looks.min(10)));
        self.state = State::Wait(pause.min(LONGEST_POLL).min(left), Box::new(State::Look));
    }
}

fn is_without_refresh(client: &Client) -> bool {
    client.provider().dialect().refresh == RefreshPolicy::Never
}

const FIRST_POLL: Duration = Duration::from_millis(10);
const LONGEST_POLL: Duration = Duration::from_secs(1);
const MOST_LOOKS: u32 = 1_000;
