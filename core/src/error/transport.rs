//! No answer came.

use alloc::boxed::Box;
use core::fmt;

use super::{Advice, DEFAULT_PAUSE};

/// The request found no answer: what failed, and whether the request may have reached the server
/// all the same. Made by whoever carries the exchange; the HTTP client's own error is the
/// [`source`](core::error::Error::source).
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Box<dyn core::error::Error + Send + Sync>,
}

/// What failed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: nothing was sent.
    Connect,
    /// The TLS handshake failed, by an untrusted certificate for one: nothing was sent.
    Tls,
    /// The name of an endpoint that was [discovered](crate::Endpoint::discovered) leads to an address
    /// that is not public: nothing was sent.
    NotPublic,
    /// The connection failed after it stood, or what came over it is no answer that can be read in
    /// one way only: the request may have arrived.
    Interrupted,
    /// The time that the exchange may take was over: the request may have arrived.
    Timeout,
    /// Whoever carried the exchange gave it up, and so it did a second time: the request may have
    /// arrived.
    Abandoned,
}

impl TransportError {
    /// An error of `kind`, caused by `source`.
    pub fn new(
        kind: TransportErrorKind,
        source: impl Into<Box<dyn core::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, source: source.into() }
    }

    /// What failed.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether the server may have received the request. A code or a refresh token that was in it
    /// may then be spent: try it once more at most, and take a refusal as the need for a new
    /// login (RFC 9700 section 4.14).
    pub fn may_have_arrived(&self) -> bool {
        match self.kind {
            TransportErrorKind::Connect
            | TransportErrorKind::Tls
            | TransportErrorKind::NotPublic => false,
            TransportErrorKind::Interrupted
            | TransportErrorKind::Timeout
            | TransportErrorKind::Abandoned => true,
        }
    }

    /// Notes that what was in the request may be spent, and says what to do where it may be so for the
    /// second time: then it has been risked once too often (RFC 9700 section 4.14).
    pub(crate) fn note_risk(&self, in_doubt: &mut bool) -> Option<Advice> {
        let is_twice = self.may_have_arrived() && core::mem::replace(in_doubt, true);
        is_twice.then_some(Advice::Reauthorize)
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        match self.kind {
            TransportErrorKind::Tls | TransportErrorKind::NotPublic => Advice::FixConfiguration,
            _ => Advice::RetryAfter(DEFAULT_PAUSE),
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Connect => {
                "no connection to the server could be made; nothing was sent, so try again later"
            }
            TransportErrorKind::Tls => {
                "the server could not prove by TLS who it is; nothing was sent: check the host \
                 name and the trusted root certificates"
            }
            TransportErrorKind::NotPublic => {
                "the endpoint was named by somebody else than the configuration, and its name leads \
                 into a private network; nothing was sent: if that network is yours, configure the \
                 endpoint, and for what an issuer names, say so (Issuer::in_private_network)"
            }
            TransportErrorKind::Interrupted => {
                "the connection broke before a whole answer came, or what came cannot be read; the \
                 server may have acted on the request"
            }
            TransportErrorKind::Timeout => {
                "no complete answer came in time; the server may have acted on the request"
            }
            TransportErrorKind::Abandoned => {
                "two requests in a row were given up before their answer came; the server may have \
                 acted on them"
            }
        })
    }
}

impl core::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&*self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_sent_cannot_have_arrived_and_time_mends_no_configuration() {
        let error = |kind| TransportError::new(kind, "nothing came");
        for kind in [TransportErrorKind::Tls, TransportErrorKind::NotPublic] {
            assert!(!error(kind).may_have_arrived(), "{kind:?}");
            assert_eq!(error(kind).advice(), Advice::FixConfiguration, "{kind:?}");
        }
        assert!(!error(TransportErrorKind::Connect).may_have_arrived());
    }
}
