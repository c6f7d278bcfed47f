//! How long, and how often.

use core::time::Duration;

/// How long a mark lasts: longer than its owner can take to send, to hear and to store.
pub(super) fn mark(exchange: Duration) -> Duration {
    let time = exchange.saturating_add(TO_SEND).saturating_add(TO_STORE);
    Duration::from_secs(time.as_secs().saturating_add(1))
}

/// How long a store that has failed so often in a row is left alone.
pub(super) fn pause_after(faults: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(faults))
}

/// How long after its mark an owner may begin to send.
pub(super) const TO_SEND: Duration = Duration::from_secs(5);
/// How long it has to store what it got.
const TO_STORE: Duration = Duration::from_secs(10);

/// How often in a row a store may fail.
pub(super) const MOST_FAULTS: u32 = 3;
pub(super) const MOST_FAULTS_OF_SAVE: u32 = 6;
/// So often in a row nobody else is faster.
pub(super) const MOST_CONFLICTS: u32 = 100;
pub(super) const NEVER_SWAPS: &str = "it has refused a hundred changes in a row, though each \
                                      expected the version that it had just loaded: run the \
                                      conformance kit over it";
const FIRST_PAUSE: Duration = Duration::from_millis(25);
