//! Leases and pauses.

use core::time::Duration;

use crate::time::Timestamp;

/// A time that began at an instant and lasts for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    since: Timestamp,
    lasting: Duration,
}

impl Span {
    pub(super) const fn new(since: Timestamp, lasting: Duration) -> Self {
        Self { since, lasting }
    }

    /// Whether it is over. Where the clock was set back, and there is no other to ask, it begins
    /// anew: it neither ends too early nor lasts for ever.
    pub(super) fn is_over(&mut self, now: Timestamp) -> bool {
        if now.waited_since(self.since).is_none() {
            self.since = now;
        }
        self.left(now).is_zero()
    }

    pub(super) fn left(&self, now: Timestamp) -> Duration {
        self.lasting.saturating_sub(now.waited_since(self.since).unwrap_or_default())
    }
}
