//! What can go wrong, by who is at fault, and what to do about each.

mod callback;
mod configuration;
mod protocol;
mod refusal;
mod session;
mod transport;

use alloc::boxed::Box;
use core::time::Duration;

pub use callback::CallbackError;
pub use configuration::{ConfigurationError, ConfigurationErrorKind};
pub use protocol::{ProtocolError, ProtocolErrorKind};
pub(crate) use refusal::ErrorAnswer;
pub use refusal::{Refusal, Unavailable};
pub use session::{SessionError, SessionErrorKind};
pub use transport::{TransportError, TransportErrorKind};

/// Why a step of a flow failed. The variants say who is at fault; [`Error::advice`] says what to
/// do next. None holds a byte of an answer's body beyond the texts that OAuth means for people,
/// and those are printed without control characters and cut to a sentence's length.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server understood and said no: `{"error": "invalid_grant"}` (RFC 6749 sections
    /// 4.1.2.1 and 5.2).
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The server did not decide: a 5xx or 429, or another status without an OAuth error in it.
    /// Never a verdict on the grant.
    #[error(transparent)]
    Unavailable(Box<Unavailable>),
    /// The server's answer is not what the protocol says.
    #[error(transparent)]
    Protocol(ProtocolError),
    /// What arrived at the redirect URI is not the answer to this login.
    #[error(transparent)]
    Callback(CallbackError),
    /// The caller's own mistake, found before anything was sent.
    #[error(transparent)]
    Configuration(ConfigurationError),
    /// No answer came: the connection, TLS or time failed.
    #[error(transparent)]
    Transport(TransportError),
    /// A session that is kept in a store has no token to give.
    #[error(transparent)]
    Session(SessionError),
}

/// What to do next about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// The same request may succeed later: after this long at the earliest.
    RetryAfter(Duration),
    /// Do nothing: what came was not meant for this login, which goes on waiting for its own
    /// callback.
    KeepWaiting,
    /// Only a new login helps: send the user through the authorization request again (fact F13).
    Reauthorize,
    /// Nobody knows whether the session lives: its refresh token was sent, and what came of that
    /// is lost. It is not sent again by itself. A new login helps for certain.
    Uncertain,
    /// Asking again will not help until somebody changes the configuration here or the
    /// client's registration there. The error's text says what.
    FixConfiguration,
    /// A defect of the server, or of the program: neither time nor settings mend it.
    Bug,
}

impl Error {
    /// What to do next.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Refused(refusal) => refusal.advice(),
            Self::Unavailable(unavailable) => unavailable.advice(),
            Self::Protocol(error) => error.advice(),
            Self::Callback(error) => error.advice(),
            Self::Configuration(error) => error.advice(),
            Self::Transport(error) => error.advice(),
            Self::Session(error) => error.advice(),
        }
    }

    /// Whether the request may have reached the server though no answer came.
    pub(crate) fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Transport(error) if error.may_have_arrived())
    }

    /// The parameter, member or argument at fault, as the wire or the function calls it, where it
    /// is one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Protocol(error) => error.field(),
            Self::Callback(error) => error.field(),
            Self::Configuration(error) => Some(error.field()),
            _ => None,
        }
    }

    /// The HTTP status of the answer at fault, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => refusal.status(),
            Self::Unavailable(unavailable) => Some(unavailable.status()),
            Self::Protocol(error) => Some(error.status()),
            _ => None,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<Unavailable> for Error {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(Box::new(unavailable))
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<CallbackError> for Error {
    fn from(error: CallbackError) -> Self {
        Self::Callback(error)
    }
}

impl From<ConfigurationError> for Error {
    fn from(error: ConfigurationError) -> Self {
        Self::Configuration(error)
    }
}

impl From<SessionError> for Error {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

/// Whether a status says that it will pass: nothing was decided, and the same request may succeed
/// later.
pub(crate) fn will_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}

/// What to do about an error code (RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core section
/// 3.1.2.6, RFC 8628 section 3.5). Without a user, a new login is no help.
pub(crate) fn advice_for(code: &str, user: bool, retry_after: Option<Duration>) -> Advice {
    let retry = |pause| Advice::RetryAfter(retry_after.unwrap_or(pause));
    match code {
        "temporarily_unavailable" | "server_error" => retry(DEFAULT_PAUSE),
        // The user is still busy at the other device.
        "authorization_pending" | "slow_down" => retry(DEFAULT_INTERVAL),
        "invalid_grant"
        | "access_denied"
        | "expired_token"
        | "login_required"
        | "consent_required"
        | "interaction_required"
        | "account_selection_required"
            if user =>
        {
            Advice::Reauthorize
        }
        _ => Advice::FixConfiguration,
    }
}

/// How long a device waits between two questions where nobody said (RFC 8628 section 3.2).
pub(crate) const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

/// The pause before another try where the server names none.
pub(crate) const DEFAULT_PAUSE: Duration = Duration::from_secs(1);
