//! What can go wrong with a session that is kept in a store.

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use super::{Advice, DEFAULT_PAUSE};

/// A stored session has no token to give: what is known of it, and what is not.
#[derive(Debug)]
pub struct SessionError {
    kind: SessionErrorKind,
    cause: Option<Box<dyn core::error::Error + Send + Sync>>,
}

/// What is known of a session that has no token to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionErrorKind {
    /// Nothing is stored under its name, or the user has logged out.
    Missing,
    /// The access token is over, and the server gave no refresh token, or the dialect knows none.
    NotRefreshable,
    /// The server refused the newest refresh token that anybody has stored, and nobody can have a
    /// newer one.
    Refused,
    /// The refresh token was sent, and nobody knows what came of it: twice no answer came, or
    /// whoever sent it vanished and the server refuses it now.
    Uncertain,
    /// The refresh token was sent and no answer came. It is sent once more, after a while.
    AnswerLost {
        /// How long nobody sends it.
        pause: Duration,
    },
    /// It took longer than it may: others refresh the session all the time, or the store is slow.
    Busy,
    /// The store could not be asked; nothing was sent.
    StoreUnavailable,
    /// The server refused the refresh token, and the store could not be asked whether somebody has
    /// a newer one.
    Unconfirmed,
    /// The new tokens are there, and the store did not take them.
    Unsaved,
    /// What stands in the store is not a session that this version reads.
    Unreadable,
}

impl SessionError {
    pub(crate) fn new(kind: SessionErrorKind) -> Self {
        Self { kind, cause: None }
    }

    pub(crate) fn caused(
        kind: SessionErrorKind,
        cause: impl Into<Box<dyn core::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, cause: Some(cause.into()) }
    }

    /// What is known.
    pub fn kind(&self) -> SessionErrorKind {
        self.kind
    }

    /// What the store said, or the server. It is part of the text.
    pub fn cause(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.cause {
            Some(cause) => Some(&**cause),
            None => None,
        }
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        match self.kind {
            SessionErrorKind::Missing
            | SessionErrorKind::NotRefreshable
            | SessionErrorKind::Refused => Advice::Reauthorize,
            SessionErrorKind::Uncertain => Advice::Uncertain,
            SessionErrorKind::AnswerLost { pause } => Advice::RetryAfter(pause),
            SessionErrorKind::Busy
            | SessionErrorKind::StoreUnavailable
            | SessionErrorKind::Unconfirmed
            | SessionErrorKind::Unsaved => Advice::RetryAfter(DEFAULT_PAUSE),
            SessionErrorKind::Unreadable => Advice::FixConfiguration,
        }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            SessionErrorKind::Missing => {
                "no session is stored under this name, or the user has logged out; log the user in"
            }
            SessionErrorKind::NotRefreshable => {
                "the session's access token is over, and the server gave no refresh token; log the \
                 user in again, with a scope that brings one (often offline_access)"
            }
            SessionErrorKind::Refused => {
                "the server refused the session's newest refresh token; log the user in again"
            }
            SessionErrorKind::Uncertain => {
                "the session's refresh token was sent, and nobody knows what came of it, so it is \
                 not sent again; log the user in again, unless a process that vanished comes back \
                 with the answer"
            }
            SessionErrorKind::AnswerLost { pause } => {
                let seconds = pause.as_secs().saturating_add(1);
                return write!(
                    f,
                    "the session's refresh token was sent and no answer came; it is sent once \
                     more, in {seconds} s at the earliest"
                );
            }
            SessionErrorKind::Busy => {
                "the session could not be refreshed in time, because others are at it or the store \
                 is slow; try again later"
            }
            SessionErrorKind::StoreUnavailable => {
                "the store of the session could not be asked, so nothing was sent; see to the \
                 store and try again"
            }
            SessionErrorKind::Unconfirmed => {
                "the server refused the session's refresh token, and the store could not be asked \
                 whether another process has a newer one; see to the store and try again"
            }
            SessionErrorKind::Unsaved => {
                "the session's new tokens are here, and the store did not take them; see to the \
                 store, and do not lose them: the old ones may be dead"
            }
            SessionErrorKind::Unreadable => {
                "what is stored under the session's name cannot be read; has another program, or a \
                 later version of this one, written it?"
            }
        })?;
        match &self.cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

/// What the text says is not said again by a source.
impl core::error::Error for SessionError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.cause.as_ref().and_then(|cause| cause.source())
    }
}
