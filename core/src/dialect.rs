//! A partner's accent, as data.

use alloc::borrow::Cow;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::ConfigurationError;
use crate::token_refusal::TokenRefusal;

/// How a server's OAuth 2.0 differs from the book. Plain data: a new partner is a value of this
/// type, or a JSON file, and not a new flow.
///
/// The default is RFC 6749. Members that a file leaves out have their default; a member that
/// does not exist is an error, so that a slip of the pen does not go unnoticed.
///
/// ```
/// use grantflow::{BodyFormat, Dialect};
///
/// let dialect: Dialect = serde_json::from_str(r#"{"body": "json", "client_auth": "post"}"#)?;
/// assert_eq!(dialect.body, BodyFormat::Json);
/// assert_eq!(dialect.login_lifetime_seconds, Dialect::default().login_lifetime_seconds);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// In Rust, change what is different:
/// ```
/// use grantflow::{BodyFormat, ClientAuth, Dialect, Provider};
///
/// let mut dialect = Dialect::default();
/// dialect.body = BodyFormat::Json;
/// dialect.client_auth = ClientAuth::Post;
/// let partner = Provider::new("https://partner.example/token".parse()?).with_dialect(dialect);
/// # Ok::<(), grantflow::ConfigurationError>(())
/// ```
///
/// Whatever the dialect, three harmless slips of a token answer are forgiven and reported in
/// [`Tokens::deviations`](crate::Tokens::deviations): digits in a string for `expires_in`, a
/// missing Content-Type, one byte order mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "an accent is a list of small yes and no")]
pub struct Dialect {
    /// How the body of a request to the token endpoint is written.
    pub body: BodyFormat,
    /// How a confidential client proves who it is.
    pub client_auth: ClientAuth,
    /// Whether tokens may come with status 201 as well as 200: for servers whose page names no
    /// status (facts M4, C4).
    pub accept_created: bool,
    /// The members of an error answer in which the text for people may stand, the best one
    /// first (facts M11, C9).
    pub error_text: Cow<'static, [Cow<'static, str>]>,
    /// Whether a token without a `token_type` is taken as a Bearer token.
    pub assume_bearer: bool,
    /// The lifetime in seconds of a token that comes without `expires_in`; `None`: unknown.
    pub default_expires_in: Option<u64>,
    /// Whether `scope` in an answer may be an array of tokens instead of one text.
    pub scope_array: bool,
    /// What happens to refresh tokens.
    pub refresh: RefreshPolicy,
    /// How long in seconds a refresh token lives after the last answer that brought an access
    /// token, where the server's page says so (fact F11). Advice: the server decides.
    pub refresh_lifetime_seconds: Option<u64>,
    /// Whether a login is protected by PKCE (RFC 7636). Servers that do not know it ignore it;
    /// switch it off only for one that refuses it. A public client cannot do without.
    pub pkce: bool,
    /// How long in seconds a login that was started may be finished.
    pub login_lifetime_seconds: u64,
    /// How the server's APIs say that they refuse an access token (fact M6).
    pub token_refusal: TokenRefusal,
}

/// How the body of a token request is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BodyFormat {
    /// `application/x-www-form-urlencoded` (RFC 6749 appendix B).
    Form,
    /// One JSON object (fact C3).
    Json,
}

/// How a confidential client proves who it is (RFC 6749 section 2.3). One way for one server,
/// never tried out: a secret does not travel in a form that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClientAuth {
    /// `client_secret_basic`: in the `Authorization` header, each part form-encoded first.
    Basic,
    /// In the `Authorization` header without that encoding: for servers that do not decode. An
    /// identifier with a colon cannot be sent so.
    BasicRaw,
    /// `client_secret_post`: in the body (facts M2, F6, C3).
    Post,
}

/// What becomes of a refresh token when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefreshPolicy {
    /// There are none; one that comes all the same is dropped (facts M7, C7).
    Never,
    /// As RFC 6749 section 6 has it: a new one may come, and otherwise the old one stays.
    MayRotate,
    /// Each use kills it and brings a new one (fact F10).
    Rotates,
}

impl Default for Dialect {
    fn default() -> Self {
        Self::RFC_6749
    }
}

impl Dialect {
    /// The default.
    pub(crate) const RFC_6749: Self = Self {
        body: BodyFormat::Form,
        client_auth: ClientAuth::Basic,
        accept_created: false,
        error_text: Cow::Borrowed(ERROR_TEXT),
        assume_bearer: false,
        default_expires_in: None,
        scope_array: false,
        refresh: RefreshPolicy::MayRotate,
        refresh_lifetime_seconds: None,
        pkce: true,
        login_lifetime_seconds: 3_600,
        token_refusal: TokenRefusal::HeaderOrBody,
    };

    /// How long a refresh token lives after the last answer that brought an access token.
    pub fn refresh_lifetime(&self) -> Option<Duration> {
        self.refresh_lifetime_seconds.map(Duration::from_secs)
    }

    /// How long a login that was started may be finished.
    pub fn login_lifetime(&self) -> Duration {
        Duration::from_secs(self.login_lifetime_seconds)
    }
}

impl ClientAuth {
    /// Chooses for a client with a secret from the `token_endpoint_auth_methods_supported` of a
    /// server's metadata; `None` where the metadata do not have the member, which means Basic
    /// (RFC 8414 section 2).
    ///
    /// # Errors
    /// [`ConfigurationError`] where the server takes secrets in neither way.
    pub fn choose(supported: Option<&[&str]>) -> Result<Self, ConfigurationError> {
        let offers = |method: &str| supported.is_some_and(|methods| methods.contains(&method));
        if supported.is_none() || offers("client_secret_basic") {
            Ok(Self::Basic)
        } else if offers("client_secret_post") {
            Ok(Self::Post)
        } else {
            Err(ConfigurationError::invalid(
                "token_endpoint_auth_methods_supported",
                "has neither client_secret_basic nor client_secret_post; ask the server's \
                 operator for a client of one of these kinds",
            ))
        }
    }

    /// The method's registered name (RFC 7591 section 2); raw Basic is Basic to the registry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic | Self::BasicRaw => "client_secret_basic",
            Self::Post => "client_secret_post",
        }
    }
}

/// RFC 6749; many partners (facts M11, C9); RFC 9457.
const ERROR_TEXT: &[Cow<'static, str>] = &[
    Cow::Borrowed("error_description"),
    Cow::Borrowed("message"),
    Cow::Borrowed("detail"),
    Cow::Borrowed("title"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialect_survives_json_and_a_slip_of_the_pen_does_not_go_unnoticed() {
        let dialect = Dialect { body: BodyFormat::Json, pkce: false, ..Dialect::default() };
        let text = serde_json::to_string(&dialect).unwrap();
        assert_eq!(serde_json::from_str::<Dialect>(&text).unwrap(), dialect);
        assert!(serde_json::from_str::<Dialect>(r#"{"bodi": "json"}"#).is_err());
    }

    #[test]
    fn the_servers_offer_decides_how_a_secret_travels() {
        assert_eq!(ClientAuth::choose(None).unwrap(), ClientAuth::Basic);
        let both = ["client_secret_post", "client_secret_basic"];
        assert_eq!(ClientAuth::choose(Some(&both)).unwrap(), ClientAuth::Basic);
        assert_eq!(ClientAuth::choose(Some(&["client_secret_post"])).unwrap(), ClientAuth::Post);
        assert!(ClientAuth::choose(Some(&["private_key_jwt"])).is_err());
        assert!(ClientAuth::choose(Some(&[])).is_err());
    }
}
