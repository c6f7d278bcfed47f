//! A clock that runs, and that tests can push forward.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The sandbox's time: the real one at the start, and never a step back.
pub(super) struct Clock {
    started_at: Duration,
    started: Instant,
    pushed: Duration,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            started_at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            started: Instant::now(),
            pushed: Duration::ZERO,
        }
    }

    /// The time since 1970.
    pub(super) fn now(&self) -> Duration {
        self.started_at.saturating_add(self.started.elapsed()).saturating_add(self.pushed)
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.pushed = self.pushed.saturating_add(by);
    }
}
