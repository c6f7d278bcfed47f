//! Cover Genius XCover Elements: client credentials, JSON body.
//!
//! | fact | what the page says |
//! | --- | --- |
//! | C1 | tokens come from `POST https://<host>/api/oauth/token` |
//! | C2 | `Accept` and `Content-Type` are `application/json` |
//! | C3 | the body is an object of `grant_type` (`client_credentials`), `client_id`, `client_secret` |
//! | C4 | the answer has `token_type`, `expires_in` and an `access_token` of 1,228 characters; no status is named |
//! | C5 | that token is a JWT whose times are fractions of seconds: a client does not read it |
//! | C6 | API calls carry `Authorization: Bearer <access_token>` |
//! | C7 | tokens live a short time and cannot be refreshed: a new one is asked for |
//! | C8 | identifier, secret and tokens stay private and travel over https |
//! | C9 | servers of this family put an error's text in `error_description`, in `message`, or in both |

use super::at_host;
use crate::dialect::{BodyFormat, ClientAuth, Dialect, RefreshPolicy};
use crate::error::ConfigurationError;
use crate::provider::Provider;

/// The server at a host that the integrator was given (facts C1, C8).
///
/// # Errors
/// [`ConfigurationError`] where `host` is no host name.
pub fn provider(host: &str) -> Result<Provider, ConfigurationError> {
    let token_endpoint = at_host(host, "/api/oauth/token")?.parse()?;
    Ok(Provider::new(token_endpoint).with_dialect(dialect()))
}

/// A JSON body (C2) with the credentials in it (C3), no status named for success (C4), no
/// refresh tokens (C7), errors in three shapes (C9), each of which every dialect reads.
pub fn dialect() -> Dialect {
    Dialect {
        body: BodyFormat::Json,
        client_auth: ClientAuth::Post,
        accept_created: true,
        refresh: RefreshPolicy::Never,
        ..Dialect::default()
    }
}
