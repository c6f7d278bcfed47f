//! Discovery: where a server's endpoints are, and what it can do, as the server itself says it (RFC
//! 8414), and which servers a resource trusts (RFC 9728).

mod issuer;
mod metadata;
mod read;
mod resource;

pub use issuer::Issuer;
pub use metadata::{Discovery, ServerMetadata};
pub use resource::{ResourceDiscovery, ResourceMetadata};

#[cfg(test)]
mod tests;
