//! Which requests may share a token.

use core::fmt;

use crate::client::Client;
use crate::digest::{Hex, Parts};
use crate::flow::{Flow, Requesting};

/// What makes two requests for a token the same: everything in them, and the tenant's name. Only
/// then may they share a token (RFC 8707 section 2.2).
///
/// It is a digest, so it is of one size, whatever is in the request, and shows no secret (though one
/// that can be guessed can be tested against it). Made of a request, it changes with the client's
/// secret: a token that was had by the old credentials is not found by the new ones (fact M10).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenKey([u8; 32]);

impl TokenKey {
    /// For a request of a tenant's. Where there are no tenants, their name is empty.
    pub fn of_request(tenant: &str, request: &Flow<Requesting>) -> Self {
        let mut parts = parts("request", tenant, request.client());
        request.write_key(&mut |part| parts.add(part.as_bytes()));
        Self(parts.end())
    }

    /// For a session: its name tells it from the client's other sessions.
    pub fn of_session(name: &str, client: &Client) -> Self {
        Self(parts("session", name, client).end())
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
}

fn parts(kind: &str, name: &str, client: &Client) -> Parts {
    Parts::of([kind.as_bytes(), name.as_bytes(), client.digest()])
}

/// As 64 hexadecimal digits: a name for a file, a row or a key of a database.
impl fmt::Display for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({}…)", Hex(self.0.split_at(4).0))
    }
}
