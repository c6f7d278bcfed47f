//! The caller's own mistakes, found before anything is sent.

use alloc::borrow::Cow;
use alloc::format;

use super::Advice;

/// A value that cannot be used: which one, what is wrong with it, and what was expected. The
/// value itself is never repeated: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {message}")]
pub struct ConfigurationError {
    kind: ConfigurationErrorKind,
    field: Cow<'static, str>,
    message: Cow<'static, str>,
}

/// Which kind of mistake a [`ConfigurationError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigurationErrorKind {
    /// A value that the protocol does not allow there.
    InvalidArgument,
    /// A URL that cannot be read in one way only.
    InvalidUrl,
    /// A URL without TLS.
    InsecureUrl,
    /// A URL that was learned and not configured, with a host that is not public.
    NotPublic,
    /// A request to an origin that the token was not meant for.
    OriginNotAllowed,
    /// A scope wider than the one that was granted.
    ScopeExceeded,
    /// What is there cannot be used any more, or never could: only a new login helps.
    LoginNeeded,
    /// The server takes logins only where their parameters were pushed (RFC 9126).
    PushRequired,
    /// The server offers PKCE by the method `plain` only, which protects nothing.
    PkceUnsupported,
}

impl ConfigurationError {
    /// Which kind of mistake it is.
    pub fn kind(&self) -> ConfigurationErrorKind {
        self.kind
    }

    /// The parameter, field or argument at fault, as the wire or the function calls it.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        match self.kind {
            ConfigurationErrorKind::LoginNeeded => Advice::Reauthorize,
            _ => Advice::FixConfiguration,
        }
    }

    pub(crate) fn new(
        kind: ConfigurationErrorKind,
        field: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { kind, field: field.into(), message: message.into() }
    }

    pub(crate) fn invalid(
        field: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ConfigurationErrorKind::InvalidArgument, field, message)
    }

    pub(crate) fn url(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ConfigurationErrorKind::InvalidUrl, field, message)
    }

    pub(crate) fn insecure(field: &'static str, message: &'static str) -> Self {
        Self::new(ConfigurationErrorKind::InsecureUrl, field, message)
    }

    pub(crate) fn login_needed(field: &'static str, message: &'static str) -> Self {
        Self::new(ConfigurationErrorKind::LoginNeeded, field, message)
    }

    /// The same about a field of another name.
    pub(crate) fn named(self, field: &'static str) -> Self {
        Self { field: field.into(), ..self }
    }

    pub(crate) fn empty(field: &'static str) -> Self {
        Self::invalid(field, "is empty; leave it out or give it a value")
    }

    pub(crate) fn character(field: &'static str, at: usize, expected: &str) -> Self {
        let place = at.saturating_add(1);
        Self::invalid(
            field,
            format!(
                "has a character, number {place}, that may not stand there; expected {expected}"
            ),
        )
    }
}
