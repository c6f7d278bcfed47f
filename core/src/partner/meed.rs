//! Meed Partner API: client credentials, form body.

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
