//! What an authorization server gave.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::de::DeserializeOwned;

use crate::error::ConfigurationError;
use crate::scope::Scope;
use crate::secret::{Hidden, check_text, check_token, secret_text};
use crate::time::Timestamp;
use crate::wire::json::Members;

secret_text! {
    /// What API requests carry (RFC 6749 section 1.4). Opaque: never decoded, of any length (fact
    /// C4), and of visible ASCII, so that it fits in a header field.
    AccessToken, "access_token", check_token
}

secret_text! {
    /// What gets the next access token (RFC 6749 section 1.5). Where the server rotates, each use
    /// kills it (fact F10).
    RefreshToken, "refresh_token", check_text
}

secret_text! {
    /// The value of an `Authorization` header field: as much a secret as the token in it.
    Authorization, "authorization", check_text
}

impl AccessToken {
    /// The value of the `Authorization` header field: `Bearer` in exactly this spelling, which
    /// servers insist on, and the token (RFC 6750 section 2.1).
    pub fn authorization(&self) -> Authorization {
        let mut value = String::with_capacity(self.expose().len().saturating_add(7));
        value.push_str("Bearer ");
        value.push_str(self.expose());
        Authorization(Hidden::new(value))
    }

    /// The same as an `http::HeaderValue`, marked as sensitive. Its bytes are zeroed with its last
    /// clone.
    #[cfg(feature = "http")]
    pub fn header(&self) -> http::HeaderValue {
        // A token is of visible ASCII, so it always fits.
        Hidden::header(self.authorization().0)
            .unwrap_or_else(|_| http::HeaderValue::from_static("Bearer"))
    }

    /// Compares in a time that depends on the lengths only.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.0.matches(other.expose())
    }

    /// Not for everybody: each copy is one more place to zero.
    pub(crate) fn copy(&self) -> Self {
        Self(Hidden::clone(&self.0))
    }
}

/// Out of the value of an `Authorization` header field: the way back from
/// [`header`](AccessToken::header).
#[cfg(feature = "http")]
impl TryFrom<&http::HeaderValue> for AccessToken {
    type Error = ConfigurationError;

    fn try_from(value: &http::HeaderValue) -> Result<Self, ConfigurationError> {
        let text = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        match text {
            Some(token) => Self::new(token),
            None => {
                Err(ConfigurationError::invalid("authorization", "does not begin with `Bearer `"))
            }
        }
    }
}

impl RefreshToken {
    /// Compares in a time that depends on the lengths only.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.0.matches(other.expose())
    }
}

/// An access token with all that came with it.
///
/// The lifetime counts from when the request was **sent**, so that a slow answer does not
/// prolong it. Nothing in it is ever printed: `{:?}` shows what may be seen.
#[derive(Debug)]
pub struct Tokens {
    pub(crate) access_token: AccessToken,
    pub(crate) sent_at: Timestamp,
    /// In whole seconds, as it travels.
    pub(crate) lifetime: Option<u32>,
    pub(crate) more: Option<Box<More>>,
}

/// What most clients' own tokens come without.
#[derive(Clone, Debug)]
pub(crate) struct More {
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) scope: Scope,
    /// What the refresh token stands for, where the access token is for less.
    pub(crate) wider: Option<Scope>,
    pub(crate) scope_differs: bool,
    pub(crate) extra: Members,
    pub(crate) deviations: Vec<Deviation>,
}

/// How an access token stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Validity {
    /// Use it.
    Valid,
    /// It still answers, and it is time for the next one.
    RenewalDue,
    /// Its lifetime is over, or the clock says that it has not begun.
    Expired,
    /// The server did not say how long it lives. Use it until it is refused.
    Unknown,
}

/// A slip of the server that was forgiven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deviation {
    /// `expires_in`, or the `interval` of a device, came as digits in a text.
    ExpiresInAsText,
    /// The answer had no Content-Type.
    MissingContentType,
    /// The body began with a byte order mark.
    ByteOrderMark,
    /// There was no `token_type`; the dialect takes it for Bearer.
    MissingTokenType,
    /// There was no `expires_in`; the dialect has a lifetime for that.
    MissingExpiresIn,
    /// `scope` came as an array; the dialect reads it.
    ScopeAsArray,
    /// The dialect says that each refresh brings a new refresh token, and none came; the old one
    /// was kept.
    RefreshTokenNotRotated,
}

impl Tokens {
    /// Not for everybody: each copy is one more place to zero.
    pub(crate) fn copy(&self) -> Self {
        Self { access_token: self.access_token.copy(), more: self.more.clone(), ..*self }
    }

    /// The access token.
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The refresh token, where there is one.
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.more().refresh_token.as_ref()
    }

    /// What the access token may do: what the answer says, or else what was asked for (RFC 6749
    /// section 5.1).
    pub fn scope(&self) -> &Scope {
        &self.more().scope
    }

    /// Whether the server granted another scope than was asked for. Where none was asked for, it
    /// cannot.
    pub fn scope_differs(&self) -> bool {
        self.more().scope_differs
    }

    /// What a refresh may ask for.
    pub(crate) fn scope_of_grant(&self) -> &Scope {
        let More { wider, scope, .. } = self.more();
        wider.as_ref().unwrap_or(scope)
    }

    /// The lifetime, counted from [`sent_at`](Self::sent_at); `None` where nobody said.
    pub fn lifetime(&self) -> Option<Duration> {
        self.lifetime.map(|seconds| Duration::from_secs(seconds.into()))
    }

    /// When the request that brought the tokens was sent.
    pub fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    /// When the access token is over; `None` where nobody said.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.lifetime().map(|lifetime| self.sent_at.saturating_add(lifetime))
    }

    /// How the access token stands now, if it is to be renewed `margin` before its end. A margin
    /// is half the lifetime at most: otherwise a token that lives five seconds would be renewed at
    /// every call.
    pub fn validity(&self, now: Timestamp, margin: Duration) -> Validity {
        let Some(lifetime) = self.lifetime() else {
            return Validity::Unknown;
        };
        let margin = margin.min(lifetime.checked_div(2).unwrap_or_default());
        match now.elapsed_since(self.sent_at) {
            Some(age) if age < lifetime.saturating_sub(margin) => Validity::Valid,
            Some(age) if age < lifetime => Validity::RenewalDue,
            _ => Validity::Expired,
        }
    }

    /// The answer's fields that OAuth does not define, `supportCode` for one (fact F7), read as a
    /// type of the caller's. Fields that the type does not have are ignored.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the fields do not fit the type. It does not say what stood
    /// there instead: that may be a secret.
    pub fn extra<T: DeserializeOwned>(&self) -> Result<T, ConfigurationError> {
        self.more().extra.extra()
    }

    /// What was forgiven. Worth a log line: the next server version may not be forgiven.
    pub fn deviations(&self) -> &[Deviation] {
        &self.more().deviations
    }

    pub(crate) fn take_refresh_token(&mut self) -> Option<RefreshToken> {
        self.more.as_mut()?.refresh_token.take()
    }

    pub(crate) fn more(&self) -> &More {
        static NOTHING: More = More::NOTHING;
        self.more.as_deref().unwrap_or(&NOTHING)
    }

    pub(crate) fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// Puts the access token on a request for an API (fact M8). `allowed` are the origins that
    /// the token was made for; to any other it is not sent.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the request goes to another origin, by its URL or its `Host`, or
    /// not over TLS, or has an `Authorization` already (RFC 6750 section 2). The request is then as it
    /// was.
    #[cfg(feature = "http")]
    pub fn authorize<B>(
        &self,
        request: &mut http::Request<B>,
        allowed: &[crate::Origin],
    ) -> Result<(), ConfigurationError> {
        let url = crate::url::root(request.uri());
        url.parse::<crate::Origin>()?;
        if !allowed.iter().any(|origin| origin.contains_request(request)) {
            return Err(ConfigurationError::new(
                crate::ConfigurationErrorKind::OriginNotAllowed,
                "url",
                "leads to an origin that this token is not for, by itself or by the Host header",
            ));
        }
        if request.headers().contains_key(http::header::AUTHORIZATION) {
            return Err(ConfigurationError::invalid(
                "authorization",
                "is on the request already; a request carries one",
            ));
        }
        request.headers_mut().insert(http::header::AUTHORIZATION, self.access_token.header());
        Ok(())
    }
}

impl More {
    const NOTHING: Self = Self {
        refresh_token: None,
        scope: Scope::EMPTY,
        wider: None,
        scope_differs: false,
        extra: Members::EMPTY,
        deviations: Vec::new(),
    };

    /// `None` where there is nothing in it.
    pub(crate) fn boxed(mut self) -> Option<Box<Self>> {
        self.extra.shrink();
        let is_nothing = self.refresh_token.is_none()
            && self.scope.is_empty()
            && self.wider.is_none()
            && !self.scope_differs
            && self.extra.is_empty()
            && self.deviations.is_empty();
        (!is_nothing).then(|| Box::new(self))
    }
}

impl Default for More {
    fn default() -> Self {
        Self::NOTHING
    }
}

impl Clone for RefreshToken {
    fn clone(&self) -> Self {
        Self(Hidden::clone(&self.0))
    }
}
