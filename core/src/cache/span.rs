//! Leases and pauses.

use core::time::Duration;

use crate::time::Timestamp;

/// A time that is set: up to 49 days, in few bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Millis(u32);

impl From<Duration> for Millis {
    fn from(time: Duration) -> Self {
        Self(u32::try_from(time.as_millis()).unwrap_or(u32::MAX))
    }
}

impl From<Millis> for Duration {
    fn from(time: Millis) -> Self {
        Self::from_millis(time.0.into())
    }
}

/// A time that began at an instant and lasts for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    since: Timestamp,
    lasting: Duration,
    /// What passes while the machine sleeps does not count, as it does not for a fetch's timeout.
    of_fetch: bool,
}

impl Span {
    pub(super) const fn lease(since: Timestamp, lasting: Duration) -> Self {
        Self { since, lasting, of_fetch: true }
    }

    pub(super) const fn pause(since: Timestamp, lasting: Duration) -> Self {
        Self { since, lasting, of_fetch: false }
    }

    /// Whether it is over. Where the clock was set back, and there is no other to ask, it begins
    /// anew: it neither ends too early nor lasts for ever.
    pub(super) fn is_over(&mut self, now: Timestamp) -> bool {
        if self.passed(now).is_none() {
            self.since = now;
        }
        self.left(now).is_zero()
    }

    pub(super) fn left(&self, now: Timestamp) -> Duration {
        self.lasting.saturating_sub(self.passed(now).unwrap_or_default())
    }

    fn passed(&self, now: Timestamp) -> Option<Duration> {
        if self.of_fetch { now.ran_since(self.since) } else { now.waited_since(self.since) }
    }
}
