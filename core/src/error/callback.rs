//! What arrived at the redirect URI is not the answer to this login.

use alloc::string::String;
use core::fmt;

use super::Advice;
use crate::wire::text::Shown;

/// Why a callback was refused. Where the state was not the one of this login, the callback is a
/// stranger's and the login goes on waiting; all others end it (RFC 9700 section 4.7).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// Longer than any callback has reason to be.
    #[error("the callback is longer than {limit} bytes and was not read")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Scheme, host, port or path are not those of the redirect URI of this login.
    #[error(
        "the callback did not arrive at this login's redirect URI (scheme, host, port, path, own \
             query); give its whole URL, and start the login again"
    )]
    RedirectUriMismatch,
    /// In the URL, where a posted form was asked for, or the other way round.
    #[error("the callback came in another way (URL or posted form) than this login asked for")]
    UnexpectedMode,
    /// A form that was posted with another media type.
    #[error("the posted callback is not application/x-www-form-urlencoded")]
    ContentType,
    /// Percent-encoding or UTF-8 that means nothing.
    #[error(
        "the callback is not well encoded (a stray % or bytes that are not UTF-8); start the login \
             again"
    )]
    InvalidEncoding,
    /// No `state`.
    #[error("the callback has no state, so it is not this login's; the login goes on waiting")]
    StateMissing,
    /// Another `state`.
    #[error(
        "the callback's state is not this login's: it answers another login, or a forged one; the \
             login goes on waiting"
    )]
    StateMismatch,
    /// The login was started too long ago.
    #[error("the login was started too long ago to be finished now; start it again")]
    Expired,
    /// A parameter occurs twice (RFC 6749 section 3.1).
    #[error("the callback's parameter {field} occurs twice, so neither is believed")]
    DuplicateField {
        /// The parameter's name.
        field: &'static str,
    },
    /// Both a code and an error.
    #[error(
        "the callback has both a code and an error, so neither is believed; start the login again"
    )]
    Ambiguous,
    /// A required parameter is not there.
    #[error("the callback has no {field}; start the login again")]
    MissingField {
        /// The parameter's name.
        field: &'static str,
    },
    /// A parameter has characters that it may not have.
    #[error("the callback's {field} has characters that it may not have; start the login again")]
    InvalidField {
        /// The parameter's name.
        field: &'static str,
    },
    /// A token where only a code may be (RFC 9700 section 2.1.2), or an `iss` from a server that
    /// sends none (RFC 9207 section 2.4).
    #[error(
        "the callback has {field}, which was not asked for and which this server has no reason to \
             send; start the login again"
    )]
    UnexpectedParameter {
        /// The parameter's name.
        field: &'static str,
    },
    /// The server always names itself, and did not (RFC 9207 section 2.4).
    #[error(
        "the callback does not say which server it is from (iss), though this server always does{}; \
             start the login again, and where it never says so, correct its IssParameter",
        Said(error.as_deref())
    )]
    IssuerMissing {
        /// The `error` that it brought, for some servers leave their name out of those. It is
        /// anybody's word.
        error: Option<String>,
    },
    /// Another server's answer (RFC 9207 section 2.4).
    #[error(
        "the callback says (iss) that it is from another server than the one asked; start the \
             login again"
    )]
    IssuerMismatch,
    /// A signed answer (JARM), which was not asked for and is not read.
    #[error(
        "the callback is a signed response (JARM), which this client does not read; ask the server \
             for plain ones"
    )]
    Unsupported,
}

impl CallbackError {
    /// The parameter at fault, where it is one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::DuplicateField { field }
            | Self::MissingField { field }
            | Self::InvalidField { field }
            | Self::UnexpectedParameter { field } => Some(field),
            Self::StateMissing | Self::StateMismatch => Some("state"),
            Self::IssuerMissing { .. } | Self::IssuerMismatch => Some("iss"),
            Self::Unsupported => Some("response"),
            _ => None,
        }
    }

    /// Whether the login goes on waiting for its own callback: what came bears no sign that it
    /// answers this login, and a stranger must not be able to end it.
    pub fn leaves_login_waiting(&self) -> bool {
        matches!(
            self,
            Self::TooLarge { .. }
                | Self::UnexpectedMode
                | Self::ContentType
                | Self::StateMissing
                | Self::StateMismatch
                | Self::Unsupported
                | Self::DuplicateField { field: "state" }
        )
    }

    /// What to do next: wait for the right callback, or start the login again.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Unsupported | Self::ContentType | Self::UnexpectedMode => {
                Advice::FixConfiguration
            }
            _ if self.leaves_login_waiting() => Advice::KeepWaiting,
            _ => Advice::Reauthorize,
        }
    }
}

/// An error code that may be anybody's.
struct Said<'a>(Option<&'a str>);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(code) => write!(f, " (it says {}, which may be why)", Shown(code)),
            None => Ok(()),
        }
    }
}
