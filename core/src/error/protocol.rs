//! Answers that the protocol does not allow.

use super::{Advice, ConfigurationError, DEFAULT_PAUSE, will_pass};

/// The server's answer cannot be read as what was asked for. Says which part of the answer and
/// what was expected there, and never repeats what stood there instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's answer (HTTP status {status}) cannot be used: {kind}")]
pub struct ProtocolError {
    status: u16,
    kind: ProtocolErrorKind,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolErrorKind {
    /// A 2xx status that is not the documented one.
    #[error("a good answer has status {expected}{}", if *.created { " or 201" } else { "" })]
    UnexpectedStatus {
        /// The status of a good answer.
        expected: u16,
        /// Whether the dialect takes 201 as well.
        created: bool,
    },
    /// A 3xx status. Redirects are refused: they would carry the credentials elsewhere (RFC 9700
    /// section 4.12).
    #[error("it is a redirect, and none is followed; configure the final URL, or the issuer there")]
    Redirect,
    /// The media type is not JSON's.
    #[error("its Content-Type is not application/json; check the endpoint's URL")]
    ContentType,
    /// A header field that may come once came twice.
    #[error("it has more than one {name} field")]
    DuplicateHeader {
        /// The field's name.
        name: &'static str,
    },
    /// The body is still compressed.
    #[error("its body comes with a Content-Encoding, and only an uncompressed one is read")]
    Encoding,
    /// The body is larger than what is read.
    #[error("its body is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body is not one JSON object.
    #[error("its body is not one JSON object in UTF-8, nested at most 128 deep")]
    MalformedBody,
    /// A member came twice (RFC 6749 section 3.2).
    #[error("its member {field} occurs twice")]
    DuplicateField {
        /// The member's name.
        field: &'static str,
    },
    /// A required member is not there.
    #[error("its member {field} is missing")]
    MissingField {
        /// The member's name.
        field: &'static str,
    },
    /// A member is there but is not what it should be.
    #[error("its member {field} is not {expected}")]
    InvalidField {
        /// The member's name.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A member is a URL that must not be used.
    #[error("its member {error}")]
    Url {
        /// The member's name.
        field: &'static str,
        /// What is wrong with it.
        error: ConfigurationError,
    },
    /// A document about another server than the one that was asked for, to the letter (RFC 8414
    /// section 3.3).
    #[error(
        "its issuer is not the one that was asked for, to the letter; check the configured issuer \
         (a slash at its end, its case), and do not take the other one unseen"
    )]
    IssuerMismatch,
    /// A document about another resource than the one that was asked for, to the letter (RFC 9728
    /// section 3.3).
    #[error("its resource is not the one that was asked for, to the letter; do not use it")]
    ResourceMismatch,
    /// A token that is over when it comes: its lifetime is zero, or shorter than the answer took.
    #[error(
        "its token had expired when it arrived, for expires_in is 0 or shorter than the answer took"
    )]
    ExpiredOnArrival,
    /// A token of a type that this client cannot use (RFC 6749 section 7.1).
    #[error(
        "its token_type is not Bearer, the only type this client can use; ask the server's operator \
         for a client whose tokens are not bound to a key"
    )]
    UnsupportedTokenType,
}

impl ProtocolError {
    pub(crate) fn new(status: u16, kind: ProtocolErrorKind) -> Self {
        Self { status, kind }
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What is wrong with the answer.
    pub fn kind(&self) -> &ProtocolErrorKind {
        &self.kind
    }

    /// The member of the body or the header field at fault, where it is one.
    pub fn field(&self) -> Option<&'static str> {
        match self.kind {
            ProtocolErrorKind::DuplicateField { field }
            | ProtocolErrorKind::MissingField { field }
            | ProtocolErrorKind::InvalidField { field, .. }
            | ProtocolErrorKind::Url { field, .. } => Some(field),
            ProtocolErrorKind::IssuerMismatch => Some("issuer"),
            ProtocolErrorKind::ResourceMismatch => Some("resource"),
            ProtocolErrorKind::ExpiredOnArrival => Some("expires_in"),
            ProtocolErrorKind::UnsupportedTokenType => Some("token_type"),
            ProtocolErrorKind::DuplicateHeader { name } => Some(name),
            _ => None,
        }
    }

    /// Whether the answer is likely not the authorization server's: a redirect or a web page, from
    /// a proxy or a captive portal.
    pub(crate) fn is_from_elsewhere(&self) -> bool {
        matches!(self.kind, ProtocolErrorKind::Redirect | ProtocolErrorKind::ContentType)
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        match self.kind {
            ProtocolErrorKind::ExpiredOnArrival => Advice::RetryAfter(DEFAULT_PAUSE),
            _ if will_pass(self.status) => Advice::RetryAfter(DEFAULT_PAUSE),
            _ if self.is_from_elsewhere() => Advice::FixConfiguration,
            ProtocolErrorKind::Url { .. }
            | ProtocolErrorKind::IssuerMismatch
            | ProtocolErrorKind::ResourceMismatch
            | ProtocolErrorKind::UnsupportedTokenType => Advice::FixConfiguration,
            _ => Advice::Bug,
        }
    }
}
