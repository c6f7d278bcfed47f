//! Cover Genius XCover Elements: client credentials, JSON body.

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
