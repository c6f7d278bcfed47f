//! What std's clocks show.

use core::time::Duration;
use std::time::{Instant, SystemTime};

use crate::time::Timestamp;

/// What the two clocks of a machine show at an instant: a [`Timestamp`] that is made only where one is
/// needed. To compare readings as they are is several times as fast.
///
/// ```
/// use std::time::{Instant, SystemTime};
///
/// use grantflow::{Reading, Timestamp};
///
/// let start = Instant::now(); // once for the whole process
/// let reading = Reading::new(SystemTime::now(), Instant::now(), start);
/// let now = Timestamp::from(reading);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    wall: SystemTime,
    monotonic: Instant,
    start: Instant,
}

impl Reading {
    /// A reading of both clocks. The monotonic one is counted from `start`, which is the same for all
    /// readings and timestamps of a process.
    pub const fn new(wall: SystemTime, monotonic: Instant, start: Instant) -> Self {
        Self { wall, monotonic, start }
    }

    /// What the clocks show that much later; `None` at the end of time.
    pub(super) fn after(self, time: Duration) -> Option<Self> {
        let wall = self.wall.checked_add(time)?;
        Some(Self { wall, monotonic: self.monotonic.checked_add(time)?, ..self })
    }

    /// Whether neither clock has come to `end`, nor the wall clock been set back behind `start`.
    pub(super) fn is_between(&self, start: &Self, end: &Self) -> bool {
        start.wall <= self.wall && self.wall < end.wall && self.monotonic < end.monotonic
    }
}

/// A wall clock from before 1970 reads as 1970.
impl From<Reading> for Timestamp {
    fn from(reading: Reading) -> Self {
        let wall = reading.wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let monotonic = reading.monotonic.saturating_duration_since(reading.start);
        Self::from_unix(wall).with_monotonic(monotonic)
    }
}
