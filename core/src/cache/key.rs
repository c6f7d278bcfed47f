//! Which requests may share a token.

use core::fmt;

use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::flow::{Flow, Requesting};

/// What makes two requests for a token the same: everything in them, and the tenant's name. Only
/// then may they share a token (RFC 8707 section 2.2).
///
/// It is a digest, so it is of one size, whatever is in the request, and shows no secret (though one
/// that can be guessed can be tested against it). Made of a
/// request, it changes with the client's secret: a token that was had by the old credentials is
/// not found by the new ones (fact M10).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenKey([u8; 32]);

impl TokenKey {
    /// For a request of a tenant's. Where there are no tenants, their name is empty.
    pub fn of_request(tenant: &str, request: &Flow<Requesting>) -> Self {
        let mut parts = Parts::begin("request", tenant, request.client());
        request.write_key(&mut |part| parts.add(part));
        parts.end()
    }

    /// For a session: its name tells it from the client's other sessions.
    pub fn of_session(name: &str, client: &Client) -> Self {
        Parts::begin("session", name, client).end()
    }

    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// For a test that needs keys which are neighbours.
    #[cfg(feature = "conformance")]
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As good as a random one.
    #[cfg(any(feature = "http", feature = "file-store"))]
    pub(crate) fn first_byte(&self) -> u8 {
        self.0[0]
    }
}

/// Each part goes with its length, so that no two lists of parts are the same bytes.
struct Parts(Sha256);

impl Parts {
    fn begin(kind: &str, name: &str, client: &Client) -> Self {
        let mut parts = Self(Sha256::new());
        for part in [kind, name, client.provider().token_endpoint().as_str(), client.client_id()] {
            parts.add(part);
        }
        parts
    }

    fn add(&mut self, part: &str) {
        self.0.update(part.len().to_be_bytes());
        self.0.update(part);
    }

    fn end(self) -> TokenKey {
        TokenKey(self.0.finalize().into())
    }
}

/// As 64 hexadecimal digits: a name for a file, a row or a key of a database.
impl fmt::Display for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(")?;
        for byte in self.0.iter().take(4) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("…)")
    }
}
