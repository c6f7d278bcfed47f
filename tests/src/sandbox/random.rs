//! Unguessable strings, and tokens that look like the partners' own.

use std::fmt::Write;
use std::io;

use base64ct::{Base64UrlUnpadded, Encoding};
use rustls::crypto::ring;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A secret seed and a counter, hashed: after the start nothing can fail any more.
pub(super) struct Random {
    seed: [u8; 32],
    counter: u64,
}

impl Random {
    pub(super) fn new() -> io::Result<Self> {
        let mut seed = [0; 32];
        ring::default_provider()
            .secure_random
            .fill(&mut seed)
            .map_err(|_| io::Error::other("the system gives no randomness"))?;
        Ok(Self { seed, counter: 0 })
    }

    /// 43 characters that nobody guesses: a code, a ticket, an opaque token.
    pub(super) fn string(&mut self) -> String {
        Base64UrlUnpadded::encode_string(&self.bytes::<32>())
    }

    /// Twice `N` hexadecimal digits.
    pub(super) fn hex<const N: usize>(&mut self) -> String {
        let mut hex = String::new();
        for byte in self.bytes::<N>() {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }

    /// What looks like a JWT with a signature of `N` bytes. Nobody has to verify it: to a client
    /// an access token is opaque, and the sandbox looks tokens up.
    pub(super) fn jwt<const N: usize>(&mut self, header: &Value, payload: &Value) -> String {
        let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let signature = Base64UrlUnpadded::encode_string(&self.bytes::<N>());
        format!("{}.{}.{signature}", part(header), part(payload))
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(32) {
            self.counter = self.counter.wrapping_add(1);
            let block = Sha256::new()
                .chain_update(self.seed)
                .chain_update(self.counter.to_be_bytes())
                .finalize();
            for (byte, random) in chunk.iter_mut().zip(block) {
                *byte = random;
            }
        }
        bytes
    }
}
