//! What is in a session's file.
//!
//! ```text
//! grantflow-session-1 <version> <digest>
//! <bytes>
//! ```

use alloc::format;
use alloc::string::{String, ToString};
use core::str;

use sha2::{Digest, Sha256};

use super::error::Trouble;
use crate::cache::TokenKey;
use crate::digest::Hex;
use crate::store::Stored;

/// The longest first line there is, and more.
pub(super) const MAX_HEADER: usize = 256;

/// The first line. It has no secret in it that is not in the bytes.
pub(super) fn header(key: &TokenKey, stored: &Stored) -> String {
    let digest = digest(key, stored.version(), stored.bytes());
    format!("{FORMAT} {} {digest}\n", stored.version())
}

/// What was written under this key, and nothing else.
pub(super) fn decode(key: &TokenKey, file: &[u8]) -> Result<Stored, Trouble> {
    if file.is_empty() {
        return Err(Trouble::Empty);
    }
    if !file.starts_with(FORMAT.as_bytes()) {
        return Err(Trouble::Foreign);
    }
    let parts = || {
        let mut parts = file.splitn(2, |byte| *byte == b'\n');
        let header = str::from_utf8(parts.next()?).ok()?;
        let bytes = parts.next()?;
        let [_, version, said] = *header.split(' ').collect::<alloc::vec::Vec<_>>() else {
            return None;
        };
        let version = version.parse().ok()?;
        let is_whole = digest(key, version, bytes) == said;
        is_whole.then(|| Stored::new(version, bytes.to_vec()))
    };
    parts().ok_or(Trouble::Damaged)
}

/// Of the key, too: a copy under another name would be one refresh token in two sessions, and a
/// server that sees it twice ends both (RFC 9700 section 4.14.2).
fn digest(key: &TokenKey, version: u64, bytes: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(key.as_bytes())
        .chain_update(version.to_be_bytes())
        .chain_update(bytes)
        .finalize();
    Hex(&digest).to_string()
}

/// With a number, for the day when there is another.
const FORMAT: &str = "grantflow-session-1";
