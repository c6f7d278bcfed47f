//! How long nobody asks.

use core::time::Duration;

use crate::error::Advice;
use crate::time::Timestamp;

/// Counts what went wrong in a row, and makes pauses of it.
#[derive(Debug)]
pub(super) struct Pauses {
    failures: u8,
    rejections: u8,
    chances: u64,
}

impl Pauses {
    pub(super) fn new(seed: u64) -> Self {
        Self { failures: 0, rejections: 0, chances: seed }
    }

    /// A token came: the next failure is the first one again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// One more failure: how long nobody asks; `None`: for good. It is a risk to ask again where a
    /// refresh token may have arrived: a server that hung may need a while to come back.
    pub(super) fn after(
        &mut self,
        advice: Advice,
        is_risk: bool,
        now: Timestamp,
    ) -> Option<Duration> {
        let row = self.failures;
        self.failures = row.saturating_add(1);
        let pause = match advice {
            Advice::Reauthorize | Advice::Uncertain => return None,
            Advice::RetryAfter(least) if !is_risk => least.max(doubled(FIRST, row, LONGEST)),
            _ => doubled(FIRST_AFTER_REFUSAL, row, LONGEST_AFTER_REFUSAL),
        };
        // Up to half as long again, and a minute at most, so that the hosts of a fleet do not come
        // back all at once.
        let part = pause.min(LONGEST.saturating_mul(2)).checked_div(2048).unwrap_or_default();
        Some(pause.saturating_add(part.saturating_mul(self.chance(now))))
    }

    /// Whether a token of this age may be dropped because an API rejects it. The age is unknown
    /// where the clock ran backwards.
    pub(super) fn may_reject(&mut self, age: Option<Duration>) -> bool {
        let least = match self.rejections.checked_sub(FREE_REJECTIONS) {
            None => Duration::ZERO,
            Some(row) => doubled(FIRST, row, LONGEST),
        };
        let may = age.is_none_or(|age| age >= least);
        if may {
            self.rejections = self.rejections.saturating_add(1);
        }
        may
    }

    /// A token was good to its end.
    pub(super) fn forget_rejections(&mut self) {
        self.rejections = 0;
    }

    /// A number below 1024. Not for secrets: it only spreads requests over time. The generator is
    /// Steele, Lea and Flood's `SplitMix`; the clock's small digits help out where nobody gave a
    /// seed.
    pub(super) fn chance(&mut self, now: Timestamp) -> u32 {
        let fine = u64::from(now.since_unix_epoch().subsec_nanos());
        self.chances = self.chances.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_add(fine);
        let mixed = (self.chances ^ (self.chances >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from(mixed >> 54).unwrap_or_default()
    }
}

/// `first`, doubled `row` times, and no longer than `longest`.
fn doubled(first: Duration, row: u8, longest: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(row.into())).min(longest)
}

/// After an answer that will pass.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

const FREE_REJECTIONS: u8 = 3;

/// After one that somebody has to do something about.
const FIRST_AFTER_REFUSAL: Duration = Duration::from_secs(30);
const LONGEST_AFTER_REFUSAL: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_the_first_digits_of_split_mix() {
        // The numbers that are published for this seed, by their highest ten bits.
        let numbers = [
            6_457_827_717_110_365_317_u64,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        let mut pauses = Pauses::new(1_234_567);
        for number in numbers {
            let chance = pauses.chance(Timestamp::from_unix_seconds(1_700_000_000));
            assert_eq!(u64::from(chance), number >> 54);
        }
    }
}
