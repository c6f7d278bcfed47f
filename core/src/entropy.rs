//! Randomness as an argument.

use alloc::boxed::Box;
use core::fmt;

use crate::wiping::{Wipe, Wiping};

use crate::flow::LoginState;
use crate::pkce::PkceVerifier;

/// 64 random bytes from the operating system's generator, for one login: half becomes the
/// `state`, half the PKCE verifier. Moved in and gone: it cannot be used for a second login.
///
/// The guarantees against forged callbacks and stolen codes (RFC 9700 sections 4.5 and 4.7) are
/// only as good as these bytes. Both adapters have a function `entropy()` that draws them.
pub struct Entropy(Box<Wiping<[u8; 64]>>);

impl Entropy {
    /// Takes over bytes that a cryptographic generator has just made.
    pub fn from_bytes(mut bytes: [u8; 64]) -> Self {
        // Moved, an array is a copy: so it moves once, to a place of its own.
        let mut own = Box::new(Wiping::new([0; 64]));
        own.copy_from_slice(&bytes);
        bytes.wipe();
        Self(own)
    }

    /// Spends it on one login.
    pub(crate) fn into_login(self) -> (LoginState, PkceVerifier) {
        let (state, verifier) = self.0.split_at(32);
        (LoginState::encode(state), PkceVerifier::encode(verifier))
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy([redacted])")
    }
}
