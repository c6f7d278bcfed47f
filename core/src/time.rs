//! Instants as arguments: the core has no clock of its own.

use core::num::NonZeroU64;
use core::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant, given by the caller: the time since 1970-01-01T00:00:00 UTC and, where there is
/// one, the reading of a monotonic clock.
///
/// Wall clocks step back and monotonic clocks stop while a machine sleeps, so whoever has both
/// gives both: the time that passed between two instants is the larger of the two answers.
/// The monotonic reading counts within one process only and is left out
/// when a timestamp is stored.
///
/// ```
/// use core::time::Duration;
/// use grantflow::Timestamp;
///
/// let sent = Timestamp::from_unix_seconds(1_700_000_000);
/// let later = Timestamp::from_unix_seconds(1_700_000_060);
/// assert_eq!(later.elapsed_since(sent), Some(Duration::from_secs(60)));
/// // A clock that ran backwards knows nothing, and says so.
/// assert_eq!(sent.elapsed_since(later), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    wall: Duration,
    /// In nanoseconds, and one more. 584 years are enough for a process.
    monotonic: Option<NonZeroU64>,
}

impl Timestamp {
    /// An instant as the time since 1970-01-01T00:00:00 UTC.
    pub const fn from_unix(since_epoch: Duration) -> Self {
        Self { wall: since_epoch, monotonic: None }
    }

    /// An instant in whole seconds since 1970-01-01T00:00:00 UTC.
    pub const fn from_unix_seconds(seconds: u64) -> Self {
        Self::from_unix(Duration::from_secs(seconds))
    }

    /// The same instant with the reading of a monotonic clock, counted from any fixed point of
    /// this process (its start, say).
    #[must_use]
    pub const fn with_monotonic(self, reading: Duration) -> Self {
        let nanoseconds = reading.as_nanos();
        // A cast of what fits is exact.
        #[expect(clippy::cast_possible_truncation, reason = "no other conversion is const")]
        let reading =
            if nanoseconds < u64::MAX as u128 { nanoseconds as u64 } else { u64::MAX - 1 };
        Self { monotonic: NonZeroU64::new(reading.saturating_add(1)), ..self }
    }

    /// The time since 1970-01-01T00:00:00 UTC.
    pub const fn since_unix_epoch(self) -> Duration {
        self.wall
    }

    /// Whole seconds since 1970-01-01T00:00:00 UTC.
    pub const fn unix_seconds(self) -> u64 {
        self.wall.as_secs()
    }

    /// How long after `earlier` this instant lies: the larger of what the wall clock and the
    /// monotonic clock say. `None` where the wall clock ran backwards: then nobody knows.
    pub fn elapsed_since(self, earlier: Self) -> Option<Duration> {
        let wall = self.wall.checked_sub(earlier.wall)?;
        let monotonic = match (self.monotonic, earlier.monotonic) {
            (Some(now), Some(then)) => between(then, now).unwrap_or_default(),
            _ => Duration::ZERO,
        };
        Some(wall.max(monotonic))
    }

    /// How long a wait that began at `earlier` has lasted: as [`elapsed_since`](Self::elapsed_since),
    /// but a monotonic clock is enough.
    pub(crate) fn waited_since(self, earlier: Self) -> Option<Duration> {
        self.elapsed_since(earlier).or_else(|| between(earlier.monotonic?, self.monotonic?))
    }

    /// How long a program has run since `earlier`: as its timeouts count, which stand still while the
    /// machine sleeps. By the wall clock only where there is no other.
    pub(crate) fn ran_since(self, earlier: Self) -> Option<Duration> {
        match (self.monotonic, earlier.monotonic) {
            (Some(now), Some(then)) => Some(between(then, now).unwrap_or_default()),
            _ => self.wall.checked_sub(earlier.wall),
        }
    }

    pub(crate) const fn has_monotonic(self) -> bool {
        self.monotonic.is_some()
    }

    /// The instant `by` later; the end of time where there is none.
    #[must_use]
    pub const fn saturating_add(self, by: Duration) -> Self {
        Self::from_unix(self.wall.saturating_add(by))
    }
}

/// `None` where the second came before the first.
fn between(earlier: NonZeroU64, later: NonZeroU64) -> Option<Duration> {
    later.get().checked_sub(earlier.get()).map(Duration::from_nanos)
}

/// As seconds since 1970-01-01T00:00:00 UTC, rounded down.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.unix_seconds())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::from_unix_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_of_two_clocks_counts() {
        let sent = Timestamp::from_unix_seconds(100).with_monotonic(Duration::from_secs(7));
        let slept = Timestamp::from_unix_seconds(500).with_monotonic(Duration::from_secs(8));
        let stepped = Timestamp::from_unix_seconds(110).with_monotonic(Duration::from_secs(407));
        assert_eq!(slept.elapsed_since(sent), Some(Duration::from_secs(400)));
        assert_eq!(stepped.elapsed_since(sent), Some(Duration::from_secs(400)));
    }

    #[test]
    fn the_end_of_time_is_reached_without_overflow() {
        let last = Timestamp::from_unix_seconds(u64::MAX);
        assert_eq!(last.saturating_add(Duration::MAX).unix_seconds(), u64::MAX);
    }

    #[test]
    fn a_stored_timestamp_keeps_its_seconds_and_forgets_the_monotonic_clock() {
        let now =
            Timestamp::from_unix_seconds(1_700_000_000).with_monotonic(Duration::from_secs(3));
        let text = serde_json::to_string(&now).unwrap();
        assert_eq!(text, "1700000000");
        let back: Timestamp = serde_json::from_str(&text).unwrap();
        assert_eq!(back.monotonic, None);
    }
}
