//! The core's inputs, from this machine: the clocks and the random generator.
//!
//! The other adapter has the twin of this file, word for word: change both.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::sync::LazyLock;
use std::time::{Instant, SystemTime};

use grantflow::{Entropy, Reading, Timestamp};
use rustls::crypto::ring;
use zeroize::Zeroizing;

/// The present: the wall clock with the reading of the monotonic one, as [`Timestamp`] wants both.
///
/// A wall clock from before 1970 reads as 1970.
pub fn now() -> Timestamp {
    reading().into()
}

/// The same, as the clocks show it.
#[inline]
pub(crate) fn reading() -> Reading {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let start = *START;
    Reading::new(SystemTime::now(), Instant::now(), start)
}

/// Random bytes for one login, from the operating system's generator.
///
/// # Errors
/// Where the operating system has none to give. Then no login can be started: there is nothing
/// to fall back on.
pub fn entropy() -> io::Result<Entropy> {
    let mut bytes = Zeroizing::new([0; 64]);
    match ring::default_provider().secure_random.fill(&mut *bytes) {
        Ok(()) => Ok(Entropy::from_bytes(*bytes)),
        Err(_) => Err(io::Error::other("the operating system gave no random bytes")),
    }
}

/// A number for what needs no secrecy: to spread requests over time.
pub(crate) fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A number that no other process has drawn; it needs no secrecy either.
pub(crate) fn nonce() -> u128 {
    let mut bytes = [0; 16];
    match ring::default_provider().secure_random.fill(&mut bytes) {
        Ok(()) => u128::from_be_bytes(bytes),
        Err(_) => (u128::from(seed()) << 64) | u128::from(seed()),
    }
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_with;
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_passes_on_both_clocks() {
        let earlier = now();
        assert!(earlier.unix_seconds() > 1_700_000_000);
        let both_went_on = |later: &Timestamp| {
            later.since_unix_epoch() > earlier.since_unix_epoch()
                && monotonic(*later) > monotonic(earlier)
        };
        // Some nanoseconds each.
        assert!(repeat_with(now).take(10_000_000).any(|later| both_went_on(&later)));
    }

    /// What has passed since the clock's start, if the wall clock stood still meanwhile.
    fn monotonic(instant: Timestamp) -> Duration {
        let start = Timestamp::from_unix(instant.since_unix_epoch());
        instant.elapsed_since(start.with_monotonic(Duration::ZERO)).unwrap_or_default()
    }
}
