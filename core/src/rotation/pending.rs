//! What a process knows and the store does not.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;

use super::record::{End, Mark, SessionRecord};
use crate::error::Error;
use crate::flow::{Flow, Refreshed};
use crate::time::Timestamp;
use crate::tokens::RefreshToken;

/// What is kept from one rotation to the next.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(super) pending: Option<Pending>,
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
    /// The refresh token that was sent.
    base: RefreshToken,
    pub(super) news: News,
    /// What to tell whoever asked for it.
    pub(super) error: Option<Error>,
}

#[derive(Debug)]
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
    /// Takes note of something, unless what is noted already counts for more.
    pub(super) fn note(&mut self, pending: Option<Pending>) {
        if pending.is_some() && !self.has_tokens() {
            self.pending = pending;
        }
    }

    /// What another rotation of the same cache knew.
    pub(crate) fn merge(&mut self, other: Self) {
        self.note(other.pending);
        self.watched = other.watched.or(self.watched);
    }

    /// Whether there are new tokens that nobody has stored.
    pub(super) fn has_tokens(&self) -> bool {
        self.unsaved().is_some()
            || matches!(&self.pending, Some(it) if matches!(it.news, News::Rotated(_)))
    }

    /// The new tokens that nobody has stored.
    pub(crate) fn unsaved(&self) -> Option<&Arc<Flow<Refreshed>>> {
        match &self.pending {
            Some(Pending { news: News::Tokens(refreshed), .. }) => Some(refreshed),
            _ => None,
        }
    }

    /// Whether something is lost when it is dropped.
    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_none()
    }
}

impl Pending {
    pub(super) fn new(owner: &str, base: RefreshToken, news: News) -> Self {
        Self { owner: owner.into(), base, news, error: None }
    }

    /// With what to tell whoever asked.
    pub(super) fn saying(self, error: Option<Error>) -> Self {
        Self { error, ..self }
    }

    /// Of a refresh with the token of this record.
    pub(super) fn of(owner: &str, record: &SessionRecord, news: News) -> Option<Self> {
        let base = record.tokens.as_ref()?.refresh_token()?.clone();
        Some(Self::new(owner, base, news))
    }

    /// What is to be done, where this record stands in the store.
    pub(super) fn verdict(&self, record: Option<&SessionRecord>) -> Verdict {
        let is_base = |token: &RefreshToken| token.matches(&self.base);
        let Some(record) = record else {
            // A logout leaves a record, so the store has lost this one.
            return match &self.news {
                News::Tokens(new) => Verdict::write(SessionRecord::of_login(new.record())),
                _ => Verdict::Superseded,
            };
        };
        let Some(tokens) = &record.tokens else { return Verdict::Superseded };
        let comes_next = tokens.refresh_token().is_some_and(is_base);
        let is_ours = record.mark.as_ref().is_some_and(|mark| mark.owner == self.owner);
        match &self.news {
            // Even the same access token may come with more time, or another refresh token.
            News::Tokens(new) if !(comes_next && is_ours) && tokens.is_of(new.tokens()) => {
                Verdict::Stands
            }
            News::Tokens(new) if comes_next => {
                Verdict::write(SessionRecord::of_login(new.record()))
            }
            News::Rotated(new) if tokens.refresh_token().is_some_and(|it| it.matches(new)) => {
                Verdict::Stands
            }
            News::Rotated(new) if comes_next => {
                let mut tokens = tokens.copy();
                tokens.set_refresh_token(Some(new.clone()));
                Verdict::write(SessionRecord::of_login(tokens))
            }
            News::Unused if comes_next && is_ours => {
                Verdict::write(record.with(|it| it.mark = None))
            }
            News::Lost if comes_next && is_ours => Verdict::write(record.with(|it| {
                it.lost = it.lost.saturating_add(1);
                let pause = Mark { owner: self.owner.clone(), seconds: PAUSE_SECONDS, lost: true };
                it.mark = Some(pause).filter(|_| it.lost < MOST_LOST);
                it.end = Some(End::Uncertain).filter(|_| it.lost >= MOST_LOST);
            })),
            News::Refused if comes_next && is_ours => Verdict::write(record.with(|it| {
                it.mark = None;
                it.end = Some(if it.vanished { End::Uncertain } else { End::Refused });
            })),
            _ => Verdict::Superseded,
        }
    }
}

/// A refresh token whose answer was lost is sent once more, and not a third time (RFC 9700 section
/// 4.14).
const MOST_LOST: u8 = 2;

/// A server that hung may need a while to come back.
const PAUSE_SECONDS: u64 = 30;
