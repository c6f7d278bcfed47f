//! Why there is no token.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use crate::error::{Advice, Error};
use crate::flow::{Flow, Refreshed};
use crate::time::Timestamp;

/// There is no access token, and why: the error of the last request for one, shared by all who
/// want to know.
#[derive(Clone)]
pub struct TokenError(Arc<Inner>);

struct Inner {
    error: Error,
    advice: Advice,
    /// `None`: for good.
    pause: Option<Duration>,
    at: Timestamp,
    unsaved: Option<Arc<Flow<Refreshed>>>,
}

impl TokenError {
    pub(super) fn new(
        error: Error,
        advice: Advice,
        pause: Option<Duration>,
        unsaved: Option<Arc<Flow<Refreshed>>>,
        at: Timestamp,
    ) -> Self {
        Self(Arc::new(Inner { error, advice, pause, at, unsaved }))
    }

    /// The error itself, with the partner's own words in it (fact M13).
    pub fn error(&self) -> &Error {
        &self.0.error
    }

    /// What to do next. The wait that is advised counts from the failure: until then nobody asks
    /// the server again.
    pub fn advice(&self) -> Advice {
        match (self.0.advice, self.0.pause) {
            (Advice::RetryAfter(_), Some(pause)) => Advice::RetryAfter(pause),
            (advice, _) => advice,
        }
    }

    /// The new tokens of a session, where the store does not take them
    /// ([`Unsaved`](crate::SessionErrorKind::Unsaved)). The old refresh token is dead (fact F10), so
    /// they are all that is left of the session: this process keeps them and tries to store them at
    /// the next call. If it may end before that, put their [`record`](Flow::record) somewhere safe.
    pub fn unsaved(&self) -> Option<&Flow<Refreshed>> {
        self.0.unsaved.as_deref()
    }

    /// When the server, or the store, will be asked again, at the earliest; `None`: not before a new
    /// login.
    pub fn retry_at(&self) -> Option<Timestamp> {
        self.0.pause.map(|pause| self.0.at.saturating_add(pause))
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the pause that the error itself advises: the cache's is longer.
        write!(f, "no access token: {:#}", self.0.error)?;
        match self.0.pause {
            // It has its own way to say so.
            _ if matches!(self.0.error, Error::Session(_)) => Ok(()),
            Some(pause) => {
                let seconds = pause.as_secs().saturating_add(1);
                write!(f, "; the server is asked again {seconds} s after that, at the earliest")
            }
            None if self.error().may_have_arrived() => {
                f.write_str("; a refresh token is not risked a third time: log the user in again")
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenError")
            .field("error", &self.0.error)
            .field("pause", &self.0.pause)
            .finish_non_exhaustive()
    }
}

impl core::error::Error for TokenError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        core::error::Error::source(&self.0.error)
    }
}
