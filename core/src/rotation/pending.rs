//! What a process knows and the store does not.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::record::{End, Mark, SessionRecord};
use crate::error::Error;
use crate::flow::{Flow, Refreshed};
use crate::time::Timestamp;
use crate::tokens::RefreshToken;

/// What is kept from one rotation to the next. The first that is pending is the first to be dealt
/// with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(super) pending: Vec<Pending>,
    pub(super) watched: Option<Watched>,
}

/// A record with somebody's mark, and since when it has been seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    pub(super) version: u64,
    pub(super) since: Timestamp,
}

/// What came of a refresh, on its way into the store.
#[derive(Debug)]
pub(super) struct Pending {
    /// The mark under which it was made.
    owner: String,
    /// The login that it came from.
    origin: String,
    /// The refresh token that was sent.
    base: RefreshToken,
    pub(super) news: News,
    /// What to tell whoever asked for it.
    pub(super) error: Option<Error>,
}

#[derive(Clone, Debug)]
pub(super) enum News {
    /// New tokens.
    Tokens(Arc<Flow<Refreshed>>),
    /// A new refresh token, in an answer that could not be read otherwise.
    Rotated(RefreshToken),
    /// The server has not used the refresh token.
    Unused,
    /// Nobody knows whether it has.
    Lost,
    /// The server has refused it.
    Refused,
}

/// What is to be done about something pending, by what stands in the store.
#[derive(Debug)]
pub(super) enum Verdict {
    /// This is to stand there.
    Write(Box<SessionRecord>),
    /// It stands there already.
    Stands,
    /// The session has gone on without it, or has ended.
    Superseded,
}

impl Verdict {
    fn write(record: SessionRecord) -> Self {
        Self::Write(Box::new(record))
    }
}

impl Memory {
    /// Takes note of something. Of what is only about a mark, the last is enough; a refresh token is
    /// never dropped for another.
    pub(super) fn note(&mut self, pending: Option<Pending>) {
        let Some(pending) = pending else { return };
        if !pending.has_token() {
            self.pending.retain(Pending::has_token);
        }
        self.pending.push(pending);
    }

    /// Takes back what was lent, as far as it is still pending, and what is new.
    pub(crate) fn take_back(&mut self, lent: &[String], back: Self) {
        // What is not here any more has been stored by another.
        let here = self.owners();
        self.pending.retain(|pending| !lent.contains(&pending.owner));
        let is_open = |it: &Pending| !lent.contains(&it.owner) || here.contains(&it.owner);
        back.pending.into_iter().filter(is_open).for_each(|pending| self.note(Some(pending)));
        self.watched = back.watched.or(self.watched);
    }

    /// The names of what is pending.
    pub(super) fn owners(&self) -> Vec<String> {
        self.pending.iter().map(|pending| pending.owner.clone()).collect()
    }

    /// Whether there is a new refresh token that nobody has stored.
    pub(crate) fn has_tokens(&self) -> bool {
        self.pending.iter().any(Pending::has_token)
    }

    /// The new tokens that nobody has stored.
    pub(crate) fn unsaved(&self) -> Option<&Arc<Flow<Refreshed>>> {
        self.pending.iter().rev().find_map(|pending| match &pending.news {
            News::Tokens(refreshed) => Some(refreshed),
            _ => None,
        })
    }
}

/// Without the error, which only the first to hear of it tells.
impl Clone for Pending {
    fn clone(&self) -> Self {
        Self {
            owner: self.owner.clone(),
            origin: self.origin.clone(),
            base: self.base.clone(),
            news: self.news.clone(),
            error: None,
        }
    }
}

impl Pending {
    /// With what to tell whoever asked.
    pub(super) fn saying(self, error: Option<Error>) -> Self {
        Self { error, ..self }
    }

    /// Of a refresh with the token of this record.
    pub(super) fn of(owner: &str, record: &SessionRecord, news: News) -> Option<Self> {
        let base = record.tokens.as_ref()?.refresh_token()?.clone();
        let origin = record.origin.clone();
        Some(Self { owner: owner.into(), origin, base, news, error: None })
    }

    /// What is to be done, where this record stands in the store.
    pub(super) fn verdict(&self, record: Option<&SessionRecord>) -> Verdict {
        let refreshed =
            |tokens| Verdict::write(SessionRecord::of_refresh(tokens, &self.origin, &self.base));
        let Some(record) = record else {
            // A logout leaves a record, so the store has lost this one.
            return match &self.news {
                News::Tokens(new) => refreshed(new.record()),
                _ => Verdict::Superseded,
            };
        };
        let Some(tokens) = record.tokens.as_ref().filter(|_| record.origin == self.origin) else {
            return Verdict::Superseded;
        };
        let comes_next = tokens.refresh_token().is_some_and(|token| token.matches(&self.base));
        let mark = record.mark.as_ref();
        let is_ours = |lost| mark.is_some_and(|it| it.owner == self.owner && it.lost == lost);
        let is_under_way = comes_next && is_ours(false);
        match &self.news {
            News::Tokens(new) if comes_next && (is_under_way || !tokens.is_of(new.tokens())) => {
                refreshed(new.record())
            }
            News::Tokens(new) if tokens.is_of(new.tokens()) => Verdict::Stands,
            // Of two answers to one refresh token, the one that was asked for later counts.
            News::Tokens(new)
                if record.came_from(&self.base)
                    && new.tokens().sent_at().unix_seconds() > tokens.sent_at().unix_seconds() =>
            {
                refreshed(new.record())
            }
            News::Rotated(new) if comes_next => {
                let mut tokens = tokens.copy();
                tokens.set_refresh_token(Some(new.clone()));
                refreshed(tokens)
            }
            News::Rotated(new) if tokens.refresh_token().is_some_and(|it| it.matches(new)) => {
                Verdict::Stands
            }
            News::Unused if is_under_way => Verdict::write(record.with(|it| it.mark = None)),
            News::Lost if is_under_way => Verdict::write(record.with(|it| {
                it.lost = it.lost.saturating_add(1);
                let pause = Mark { owner: self.owner.clone(), seconds: PAUSE_SECONDS, lost: true };
                it.mark = Some(pause).filter(|_| it.lost < MOST_LOST);
                it.end = Some(End::Uncertain).filter(|_| it.lost >= MOST_LOST);
            })),
            News::Refused if is_under_way => Verdict::write(record.with(|it| {
                it.mark = None;
                it.end = Some(if it.vanished { End::Uncertain } else { End::Refused });
            })),
            // A swap that seemed to fail was made.
            News::Unused if comes_next && mark.is_none() => Verdict::Stands,
            News::Lost if comes_next && (is_ours(true) || record.end.is_some()) => Verdict::Stands,
            News::Refused if comes_next && record.end.is_some() => Verdict::Stands,
            _ => Verdict::Superseded,
        }
    }

    /// Whether it is of a rotation that has not sent anything, and has more to do.
    pub(super) fn is_mark_of(&self, owner: &str) -> bool {
        self.owner == owner && matches!(self.news, News::Unused) && self.error.is_none()
    }

    /// Whether it was made by this rotation.
    pub(super) fn is_of(&self, owner: &str) -> bool {
        self.owner == owner
    }

    /// Whether a new refresh token is in it.
    fn has_token(&self) -> bool {
        matches!(self.news, News::Tokens(_) | News::Rotated(_))
    }
}

/// A refresh token whose answer was lost is sent once more, and not a third time (RFC 9700 section
/// 4.14).
pub(super) const MOST_LOST: u8 = 2;

/// A server that hung may need a while to come back.
const PAUSE_SECONDS: u64 = 30;
