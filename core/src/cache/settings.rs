//! What can be set.

use core::time::Duration;

use super::TokenCache;
use super::pause::Pauses;

impl TokenCache {
    /// How long before its end a token is renewed. At most half its lifetime: otherwise one that
    /// lives five seconds would be asked for at every call. Default: the smaller of 30 s and a
    /// tenth of the lifetime.
    ///
    /// Up to half of the margin is given away by chance, so that the hosts of a fleet do not all
    /// renew in the same second.
    #[must_use]
    pub fn with_margin(mut self, margin: Duration) -> Self {
        self.margin = Some(margin.into());
        self.plan_renewal();
        self
    }

    /// How long a ticket may be out before another is given out. Default: 60 s; at least a second.
    /// Longer than any exchange may take, so that it only ever ends for a ticket that got lost. A
    /// rotation's mark in the store lasts 16 s longer.
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease: lease.max(Duration::from_secs(1)).into(), ..self }
    }

    /// Gives each cache chances of its own. Any random number will do.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.pauses = Pauses::new(seed);
        self.plan_renewal();
        self
    }

    pub(super) fn plan_renewal(&mut self) {
        if let Some(held) = &mut self.held {
            let chance = self.pauses.chance(held.tokens.sent_at());
            held.plan_renewal(self.margin.map(Duration::from), chance);
        }
    }
}
