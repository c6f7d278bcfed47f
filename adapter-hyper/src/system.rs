//! The core's inputs, from this machine: the clocks and the random generator.

use std::io;
use std::sync::LazyLock;
use std::time::{Instant, SystemTime};

use grantflow::{Entropy, Timestamp};
use rustls::crypto::ring;

/// The present: the wall clock with the reading of the monotonic one (requirement LC-07).
///
/// A wall clock from before 1970 reads as 1970.
pub fn now() -> Timestamp {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let monotonic = START.elapsed();
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(wall).with_monotonic(monotonic)
}

/// Random bytes for one login, from the operating system's generator.
///
/// # Errors
/// Where the operating system has none to give. Then no login can be started: there is nothing
/// to fall back on.
pub fn entropy() -> io::Result<Entropy> {
    let mut bytes = [0; 64];
    match ring::default_provider().secure_random.fill(&mut bytes) {
        Ok(()) => Ok(Entropy::from_bytes(bytes)),
        Err(_) => Err(io::Error::other("the operating system gave no random bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_on_both_clocks() {
        let earlier = now();
        assert!(earlier.unix_seconds() > 1_700_000_000);
        assert!(now().elapsed_since(earlier).is_some());
    }
}
