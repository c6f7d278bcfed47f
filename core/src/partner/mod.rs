//! Three partners, each a value: what their pages say, and not a line of logic.
//!
//! Their facts are numbered M1-M13 (Meed), F1-F15 (FlowAccount) and C1-C9 (Cover Genius); the
//! comments of this crate cite the numbers. A partner of your own is a
//! [`Provider`](crate::Provider) with a [`Dialect`](crate::Dialect) made in the same way.

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
