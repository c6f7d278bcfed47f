//! Three partners, each a value: what their pages say, and not a line of logic.
//!
//! Each module lists the facts of its partner's page under a number: M1-M13, F1-F15 and C1-C9. The
//! docs of this crate cite the numbers, as "fact F10". For a partner of your own, see
//! [`Dialect`](crate::Dialect).

pub mod cover_genius;
pub mod flow_account;
pub mod meed;

use alloc::format;
use alloc::string::String;

use crate::error::ConfigurationError;

/// A URL at a host that the integrator was given: `partner.example`, or with a port.
fn at_host(host: &str, path: &str) -> Result<String, ConfigurationError> {
    if host.is_empty() || host.contains(['/', '?', '#', '@']) {
        return Err(ConfigurationError::url("host", "is not a host name such as partner.example"));
    }
    Ok(format!("https://{host}{path}"))
}
