//! Meed Partner API: client credentials, form body.
//!
//! | fact | what the page says |
//! | --- | --- |
//! | M1 | tokens come from `POST https://<host>/api/partner/v1/oauth/token`, at a host that the integrator is given |
//! | M2 | the body is a form; the credentials go in it, and no `Authorization` is needed |
//! | M3 | its fields, all required: `grant_type=client_credentials`, `client_id`, `client_secret` |
//! | M4 | the answer has `access_token` (a JWT), `token_type` (Bearer), `expires_in` (seconds); no status is named |
//! | M5 | a token is used until it expires, and not asked for before every call |
//! | M6 | the next one is asked for when it expires, or when the API answers 401 `invalid_token` |
//! | M7 | there are no refresh tokens: the same request is made again |
//! | M8 | API calls carry `Authorization: Bearer <access_token>` |
//! | M9 | https only |
//! | M10 | the secret is a password: on a server only, and replaced at once when it leaked |
//! | M11 | 400 `invalid_request`, its text in `message` |
//! | M12 | 401 `invalid_client`: the credentials are wrong |
//! | M13 | 401 `invalid_client` with another `message`: the application is suspended or revoked |

use super::at_host;
use crate::dialect::{ClientAuth, Dialect, RefreshPolicy};
use crate::error::ConfigurationError;
use crate::provider::Provider;

/// The server at a host that the integrator was given (facts M1, M9).
///
/// # Errors
/// [`ConfigurationError`] where `host` is no host name.
pub fn provider(host: &str) -> Result<Provider, ConfigurationError> {
    let token_endpoint = at_host(host, "/api/partner/v1/oauth/token")?.parse()?;
    Ok(Provider::new(token_endpoint).with_dialect(dialect()))
}

/// Credentials in the body (M2, M3), no status named for success (M4), no refresh tokens (M7),
/// the text for people in `message` (M11-M13), which every dialect reads.
pub fn dialect() -> Dialect {
    Dialect {
        client_auth: ClientAuth::Post,
        accept_created: true,
        refresh: RefreshPolicy::Never,
        ..Dialect::default()
    }
}
