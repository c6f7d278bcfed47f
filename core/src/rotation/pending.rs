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
        let Some(pending) = pending else { return };
        let is_newer =
            |old: &RefreshToken| pending.new_refresh_token().is_some() && pending.base.matches(old);
        let old = self.pending.as_ref().and_then(Pending::new_refresh_token);
        if old.is_none_or(is_newer) {
            self.pending = Some(pending);
        }
    }

    /// What another rotation of the same cache knew.
    pub(crate) fn merge(&mut self, other: Self) {
        self.note(other.pending);
        self.watched = other.watched.or(self.watched);
    }

    /// Whether there is a new refresh token that nobody has stored.
    pub(super) fn has_tokens(&self) -> bool {
        self.pending.as_ref().and_then(Pending::new_refresh_token).is_some()
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
        let mark = record.mark.as_ref();
        let is_ours = |lost| mark.is_some_and(|it| it.owner == self.owner && it.lost == lost);
        let is_under_way = comes_next && is_ours(false);
        match &self.news {
            News::Tokens(new) if comes_next && (is_under_way || !tokens.is_of(new.tokens())) => {
                Verdict::write(SessionRecord::of_login(new.record()))
            }
            News::Tokens(new) if tokens.is_of(new.tokens()) => Verdict::Stands,
            News::Rotated(new) if comes_next => {
                let mut tokens = tokens.copy();
                tokens.set_refresh_token(Some(new.clone()));
                Verdict::write(SessionRecord::of_login(tokens))
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

    /// The new refresh token.
    fn new_refresh_token(&self) -> Option<&RefreshToken> {
        match &self.news {
            News::Tokens(new) => new.tokens().refresh_token(),
            News::Rotated(new) => Some(new),
            News::Unused | News::Lost | News::Refused => None,
        }
    }
}

/// A refresh token whose answer was lost is sent once more, and not a third time (RFC 9700 section
/// 4.14).
const MOST_LOST: u8 = 2;

/// A server that hung may need a while to come back.
const PAUSE_SECONDS: u64 = 30;
