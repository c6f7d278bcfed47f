//! Names made of secrets and other parts, which do not give them away.

use core::fmt;

use sha2::{Digest, Sha256};

/// Each part goes with its length, so that no two lists of parts are the same bytes. The length has
/// the same size on every machine: names stand in stores that many share.
pub(crate) struct Parts(Sha256);

/// Bytes as hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl Parts {
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut all = Self(Sha256::new());
        parts.into_iter().for_each(|part| all.add(part));
        all
    }

    pub(crate) fn add(&mut self, part: &[u8]) {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        self.0.update(length.to_be_bytes());
        self.0.update(part);
    }

    pub(crate) fn end(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
