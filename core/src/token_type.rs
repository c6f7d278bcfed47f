//! Tokens that come with their type (RFC 8693 section 3).

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::error::ConfigurationError;
use crate::secret::{Hidden, check_credential};
use crate::tokens::{AccessToken, RefreshToken};
use crate::url::check_absolute_uri;
use crate::wire::text::Shown;

/// The type of a token, an absolute URI (RFC 8693 section 3). A server may have types of its own.
///
/// ```
/// use grantflow::TokenType;
///
/// let own: TokenType = "https://as.example.com/token-types/session".parse()?;
/// assert_ne!(own, TokenType::ACCESS_TOKEN);
/// # Ok::<(), grantflow::ConfigurationError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenType(Cow<'static, str>);

/// A token and its type: to be exchanged, revoked or looked up. Made [from](From) an
/// [`AccessToken`] or a [`RefreshToken`], or [`new`](Self::new) from a text.
#[derive(Clone, Debug)]
pub struct TypedToken {
    pub(crate) token: Hidden,
    pub(crate) token_type: TokenType,
}

impl TokenType {
    /// An OAuth 2.0 access token of this server.
    pub const ACCESS_TOKEN: Self =
        Self::registered("urn:ietf:params:oauth:token-type:access_token");
    /// An OAuth 2.0 refresh token of this server.
    pub const REFRESH_TOKEN: Self =
        Self::registered("urn:ietf:params:oauth:token-type:refresh_token");
    /// An ID token of `OpenID` Connect.
    pub const ID_TOKEN: Self = Self::registered("urn:ietf:params:oauth:token-type:id_token");
    /// A JWT, whatever it is for.
    pub const JWT: Self = Self::registered("urn:ietf:params:oauth:token-type:jwt");
    /// A base64url-encoded SAML 1.1 assertion.
    pub const SAML1: Self = Self::registered("urn:ietf:params:oauth:token-type:saml1");
    /// A base64url-encoded SAML 2.0 assertion.
    pub const SAML2: Self = Self::registered("urn:ietf:params:oauth:token-type:saml2");

    const fn registered(uri: &'static str) -> Self {
        Self(Cow::Borrowed(uri))
    }

    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenType {
    type Err = ConfigurationError;

    fn from_str(uri: &str) -> Result<Self, Self::Err> {
        check_absolute_uri(uri)
            .map_err(|problem| ConfigurationError::invalid("token_type", problem))?;
        Ok(Self(Cow::Owned(String::from(uri))))
    }
}

impl fmt::Debug for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Shown(self.as_str()))
    }
}

impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TypedToken {
    /// A token of this type: any text without control characters.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the token is empty or has a control character.
    pub fn new(
        token: impl Into<String>,
        token_type: TokenType,
    ) -> Result<Self, ConfigurationError> {
        let token = Hidden::new(token.into());
        check_credential("token", token.expose())?;
        Ok(Self { token, token_type })
    }

    /// The `token_type_hint` (RFC 7009 section 4.1.2): of the two types that have one.
    pub(crate) fn hint(&self) -> &'static str {
        match &self.token_type {
            access if *access == TokenType::ACCESS_TOKEN => "access_token",
            refresh if *refresh == TokenType::REFRESH_TOKEN => "refresh_token",
            _ => "",
        }
    }
}

impl From<&AccessToken> for TypedToken {
    fn from(token: &AccessToken) -> Self {
        Self { token: Hidden::clone(&token.0), token_type: TokenType::ACCESS_TOKEN }
    }
}

impl From<&RefreshToken> for TypedToken {
    fn from(token: &RefreshToken) -> Self {
        Self { token: Hidden::clone(&token.0), token_type: TokenType::REFRESH_TOKEN }
    }
}
