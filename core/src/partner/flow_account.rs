//! FlowAccount Open API: authorization code, rotating refresh tokens.
//!
//! | fact | what the page says |
//! | --- | --- |
//! | F1 | users log in at `https://<authorization server>/connect/authorize` |
//! | F2 | its parameters: `response_type=code`, `scope`, `client_id`, a registered `redirect_uri`, `state` |
//! | F3 | every value is percent-encoded (the page's own example has a slip: `https:\\localhost:3000`) |
//! | F4 | the user logs in and then chooses a business to connect |
//! | F5 | the user comes back with `code`, `scope` and `state` |
//! | F6 | the code is exchanged at `https://openapi.flowaccount.com/<environment>/token`: a form, with the credentials in it |
//! | F7 | the answer has `access_token`, `expires_in`, `token_type`, `supportCode` (the business), `refresh_token` |
//! | F8 | a refresh token comes only if `offline_access` was in the scope |
//! | F9 | a refresh is a form at the same endpoint, and its answer has the same shape |
//! | F10 | each refresh brings a new refresh token, and the old one is dead |
//! | F11 | a refresh token lives about a day from the last time an access token was asked for |
//! | F12 | a code lives 150 minutes and works once |
//! | F13 | when a code or refresh token has expired, the user must log in again |
//! | F14 | a user may connect several businesses; each has tokens of its own |
//! | F15 | the endpoint serves `client_credentials` too, with `scope=flowaccount-api` (not on the page) |

use alloc::format;
use alloc::string::{String, ToString};

use serde::{Deserialize, Deserializer};

use super::at_host;
use crate::dialect::{ClientAuth, Dialect, RefreshPolicy};
use crate::error::ConfigurationError;
use crate::provider::Provider;

/// The scope for a login that can be refreshed (facts F2, F8). It is read by `str::parse`.
pub const SCOPE: &str = "flowaccount-api offline_access";

/// The token endpoint of an environment, `v1` (production) or `test` (sandbox), and the login
/// page at an authorization server, `sandbox-auth.flowaccount.com` for the sandbox (facts F1,
/// F6).
///
/// # Errors
/// [`ConfigurationError`] where `environment` is not one path segment or
/// `authorization_host` no host name.
pub fn provider(
    environment: &str,
    authorization_host: &str,
) -> Result<Provider, ConfigurationError> {
    let is_segment = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if environment.is_empty() || !environment.bytes().all(is_segment) {
        return Err(ConfigurationError::invalid(
            "environment",
            "is not one path segment such as v1 or test",
        ));
    }
    let token_endpoint = format!("https://openapi.flowaccount.com/{environment}/token").parse()?;
    let authorization_endpoint = at_host(authorization_host, "/connect/authorize")?.parse()?;
    Ok(Provider::new(token_endpoint)
        .with_authorization_endpoint(authorization_endpoint)
        .with_dialect(dialect()))
}

/// Credentials in the body (F6, F9), refresh tokens that die when used (F10) and otherwise live
/// a day (F11), and codes that live 150 minutes (F12), which a login may take.
pub fn dialect() -> Dialect {
    Dialect {
        client_auth: ClientAuth::Post,
        refresh: RefreshPolicy::Rotates,
        refresh_lifetime_seconds: Some(24 * 60 * 60),
        login_lifetime_seconds: 150 * 60,
        ..Dialect::default()
    }
}

/// The business that a user connected, from the answer that brought the tokens (facts F7, F14):
/// `tokens.extra::<Business>()`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[non_exhaustive]
pub struct Business {
    /// The customer code of the business: the integrator's key for it.
    #[serde(rename = "supportCode", deserialize_with = "text_or_number")]
    pub support_code: String,
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum TextOrNumber {
        Text(String),
        Number(u64),
    }
    Ok(match TextOrNumber::deserialize(deserializer)? {
        TextOrNumber::Text(text) => text,
        TextOrNumber::Number(number) => number.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_one_path_segment() {
        let host = "sandbox-auth.flowaccount.com";
        let provider = provider("test", host).unwrap();
        assert_eq!(
            provider.token_endpoint().as_str(),
            "https://openapi.flowaccount.com/test/token"
        );
        for environment in ["", "..", "v1/..", "a?b", "a#b", "%2e"] {
            let error = super::provider(environment, host).unwrap_err();
            assert_eq!(error.field(), "environment", "{environment}");
        }
    }

    #[test]
    fn the_customer_code_may_be_a_text_or_a_number() {
        for text in [r#"{"supportCode":"12345"}"#, r#"{"supportCode":12345}"#] {
            let business: Business = serde_json::from_str(text).unwrap();
            assert_eq!(business.support_code, "12345");
        }
    }
}
