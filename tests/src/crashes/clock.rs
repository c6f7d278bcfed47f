//! Time that passes faster.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use grantflow::Timestamp;

/// A worker's clock. Its monotonic reading runs fast, which is what waits are counted by; its wall
/// clock is the machine's, so that tokens live as long as the server says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    scale: u32,
    started: Instant,
}

impl Clock {
    pub(super) fn new(scale: u32) -> Self {
        Self { scale, started: Instant::now() }
    }

    pub(super) fn now(&self) -> Timestamp {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let reading = self.started.elapsed().saturating_mul(self.scale);
        Timestamp::from_unix(wall).with_monotonic(reading)
    }

    /// Waits for a time of this clock.
    pub(super) fn wait(&self, time: Duration) {
        let (_kept, never) = mpsc::channel::<()>();
        let over = never.recv_timeout(real(time, self.scale));
        debug_assert_eq!(over, Err(RecvTimeoutError::Timeout), "nobody sends");
    }
}

/// How long this time of a fast clock is by the real one.
pub(super) fn real(time: Duration, scale: u32) -> Duration {
    time.checked_div(scale).unwrap_or(time)
}

/// The machine's wall clock, in microseconds since 1970: what lines of several processes are
/// compared by.
pub(super) fn micros(at: SystemTime) -> u64 {
    let time = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(time.as_micros()).unwrap_or_default()
}
