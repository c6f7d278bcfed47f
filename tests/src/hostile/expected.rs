//! What an adapter makes of a server, and what it owes its caller then.

use std::fmt;
use std::time::Duration;

use grantflow::{Advice, Error, ProtocolErrorKind, TransportErrorKind};

/// How an exchange ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// With the server's token.
    Taken,
    /// Without a connection.
    NoConnection,
    /// With a server that TLS does not vouch for.
    Untrusted,
    /// Without a whole answer.
    Interrupted,
    /// When its time was over.
    Late,
    /// With a redirect, followed nowhere.
    Redirect,
    /// With an answer of another media type, or of two.
    NotJson,
    TwoTypes,
    /// With a body that is packed.
    Packed,
    /// With more bytes than are read.
    TooLarge,
    /// With a body that is no JSON object.
    Malformed,
    /// With a good status that is not 200.
    OddStatus,
    /// With a status that is no verdict and does not pass, or does.
    Undecided(u16),
    Passing(u16),
}

impl Verdict {
    /// What that error is; none where no row should end so.
    pub(super) fn of(error: &Error) -> Option<Self> {
        Some(match error {
            Error::Transport(error) => match error.kind() {
                TransportErrorKind::Connect => Self::NoConnection,
                TransportErrorKind::Tls => Self::Untrusted,
                TransportErrorKind::Interrupted => Self::Interrupted,
                TransportErrorKind::Timeout => Self::Late,
                _ => return None,
            },
            Error::Protocol(error) => match error.kind() {
                ProtocolErrorKind::Redirect => Self::Redirect,
                ProtocolErrorKind::ContentType => Self::NotJson,
                ProtocolErrorKind::DuplicateHeader { .. } => Self::TwoTypes,
                ProtocolErrorKind::Encoding => Self::Packed,
                ProtocolErrorKind::TooLarge { .. } => Self::TooLarge,
                ProtocolErrorKind::MalformedBody => Self::Malformed,
                ProtocolErrorKind::UnexpectedStatus { .. } => Self::OddStatus,
                _ => return None,
            },
            Error::Unavailable(error) if error.status() < 500 => Self::Undecided(error.status()),
            Error::Unavailable(error) => Self::Passing(error.status()),
            _ => return None,
        })
    }

    /// What the error's sentence has in it.
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Taken => "",
            Self::NoConnection => "no connection to the server could be made; nothing was sent",
            Self::Untrusted => "could not prove by TLS who it is; nothing was sent",
            Self::Interrupted => {
                "before a whole answer came, or what came cannot be read; the server may have acted"
            }
            Self::Late => "no complete answer came in time; the server may have acted",
            Self::Redirect => "it is a redirect, and none is followed",
            Self::NotJson => "its Content-Type is not application/json",
            Self::TwoTypes => "it has more than one content-type field",
            Self::Packed => "its body comes with a Content-Encoding",
            Self::TooLarge => "its body is larger than 1048576 bytes",
            Self::Malformed => "its body is not one JSON object in UTF-8, nested at most 128 deep",
            Self::OddStatus => "a good answer has status 200",
            Self::Undecided(_) => {
                "check the endpoint's URL and, where any were sent, the client's credentials"
            }
            Self::Passing(_) => "the server gave no verdict",
        }
    }

    /// What the error advises.
    pub(super) fn advice(self) -> Advice {
        match self {
            Self::NoConnection | Self::Interrupted | Self::Late | Self::Passing(_) => {
                Advice::RetryAfter(Duration::from_secs(1))
            }
            Self::Untrusted | Self::Redirect | Self::NotJson | Self::Undecided(_) => {
                Advice::FixConfiguration
            }
            _ => Advice::Bug,
        }
    }

    /// Whether the caller has the exchange back: not where the server itself has answered, badly.
    pub(super) fn comes_back(self) -> bool {
        self.advice() != Advice::Bug
    }

    /// Whether the server may have acted: then a refresh comes back once, and not twice.
    pub(super) fn is_in_doubt(self) -> bool {
        matches!(self, Self::Interrupted | Self::Late)
    }

    /// Whether the server can have seen nothing of the request.
    pub(super) fn is_before_the_request(self) -> bool {
        matches!(self, Self::NoConnection | Self::Untrusted)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "the token",
            Self::NoConnection => "no connection",
            Self::Untrusted => "untrusted",
            Self::Interrupted => "interrupted",
            Self::Late => "time is over",
            Self::Redirect => "a redirect",
            Self::NotJson => "not JSON's type",
            Self::TwoTypes => "two types",
            Self::Packed => "packed",
            Self::TooLarge => "too large",
            Self::Malformed => "malformed",
            Self::OddStatus => "an odd status",
            Self::Undecided(status) | Self::Passing(status) => {
                return write!(f, "no verdict, {status}");
            }
        })
    }
}
