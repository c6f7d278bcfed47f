//! The token at hand.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::time::Duration;

use crate::rotation::Spent;
use crate::time::Timestamp;
use crate::tokens::{AccessToken, Tokens};

#[derive(Debug)]
pub(crate) struct Held {
    pub(super) tokens: Arc<Tokens>,
    /// Cleared when an API rejects the token, or when its time is over.
    pub(super) usable: bool,
    /// Whether an API has rejected it.
    pub(super) rejected: bool,
    /// An instant of this process, as good as its clocks, and how old the token was then: where that is
    /// not when it was asked for.
    anchor: Option<Box<(Timestamp, Duration)>>,
    /// The age at which the next one is to be asked for.
    renew_at: Duration,
}

/// How the token stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Fresh,
    /// It still answers, and it is time for the next one.
    Due,
    /// Its time is over, or the clock ran backwards, or it was rejected.
    Over,
}

impl Held {
    pub(super) fn new(tokens: Tokens) -> Self {
        Self {
            tokens: Arc::new(tokens),
            usable: true,
            rejected: false,
            anchor: None,
            renew_at: Duration::ZERO,
        }
    }

    /// For whoever looks for another one.
    pub(super) fn spent(&self) -> Spent {
        let sent_at = Some(self.tokens.sent_at()).filter(|_| !self.rejected);
        Spent { token: self.tokens.access_token().copy(), sent_at }
    }

    /// Just now. Where the wall clock was set back since they were asked for, their age counts from
    /// here.
    pub(super) fn arrived(tokens: Tokens, now: Timestamp) -> Self {
        let mut held = Self::new(tokens);
        if held.age(now).is_none() {
            let age = now.waited_since(held.tokens.sent_at()).unwrap_or_default();
            held.anchor = Some(Box::new((now, age)));
        }
        held
    }

    /// `chance`, of 1024 parts, is how much of half the margin is given away.
    pub(super) fn plan_renewal(&mut self, margin: Option<Duration>, chance: u32) {
        let (lifetime, margin) = lifetime_and_margin(&self.tokens, margin);
        let given_away = margin.checked_div(2048).unwrap_or_default().saturating_mul(chance);
        self.renew_at = lifetime.saturating_sub(margin).saturating_add(given_away);
    }

    /// Whether tokens out of a store can be used, and no renewal is due.
    pub(crate) fn is_fresh(tokens: &Tokens, margin: Option<Duration>, now: Timestamp) -> bool {
        let (lifetime, margin) = lifetime_and_margin(tokens, margin);
        stored_age(tokens, now).is_some_and(|age| age < lifetime.saturating_sub(margin))
    }

    /// Whether tokens out of a store can still be used.
    pub(crate) fn lives(tokens: &Tokens, now: Timestamp) -> bool {
        let age = stored_age(tokens, now);
        age.is_some_and(|age| tokens.lifetime().is_none_or(|lifetime| age < lifetime))
    }

    pub(super) fn is(&self, token: &AccessToken) -> bool {
        self.tokens.access_token().matches(token)
    }

    /// Tokens out of a store have no reading of this process' monotonic clock: from the first look
    /// at them on, they have.
    pub(super) fn anchor(&mut self, now: Timestamp) {
        if self.anchored().0.has_monotonic() || !now.has_monotonic() {
            return;
        }
        if let Some(age) = self.age(now) {
            self.anchor = Some(Box::new((now, age)));
        }
    }

    /// `None` where the clock ran backwards.
    pub(super) fn age(&self, now: Timestamp) -> Option<Duration> {
        let (since, age) = self.anchored();
        now.elapsed_since(since).map(|passed| passed.saturating_add(age))
    }

    fn anchored(&self) -> (Timestamp, Duration) {
        self.anchor.as_deref().copied().unwrap_or((self.tokens.sent_at(), Duration::ZERO))
    }

    pub(super) fn standing(&self, now: Timestamp) -> Standing {
        let lives = |age: &Duration| self.tokens.lifetime().is_none_or(|lifetime| *age < lifetime);
        match self.age(now).filter(|age| self.usable && lives(age)) {
            Some(age) if age < self.renew_at => Standing::Fresh,
            Some(_) => Standing::Due,
            None => Standing::Over,
        }
    }

    /// How long it can be used without another look.
    #[cfg(feature = "http")]
    pub(super) fn time_left(&self, now: Timestamp) -> Option<Duration> {
        Some(self.renew_at.saturating_sub(self.age(now)?))
    }
}

/// The age of tokens out of a store. Their time was noted by another machine's clock, which may go a
/// little before this one's.
fn stored_age(tokens: &Tokens, now: Timestamp) -> Option<Duration> {
    let sent_at = tokens.sent_at();
    let is_ahead = || now.saturating_add(MOST_SKEW).elapsed_since(sent_at).is_some();
    now.elapsed_since(sent_at).or_else(|| is_ahead().then_some(Duration::ZERO))
}

fn lifetime_and_margin(tokens: &Tokens, margin: Option<Duration>) -> (Duration, Duration) {
    let lifetime = tokens.lifetime().unwrap_or(UNKNOWN_LIFETIME);
    let part = |of| lifetime.checked_div(of).unwrap_or_default();
    let margin = match margin {
        Some(margin) => margin.min(part(2)),
        None => LONGEST_MARGIN.min(part(10)),
    };
    (lifetime, margin)
}

const LONGEST_MARGIN: Duration = Duration::from_secs(30);

/// Where nobody said how long a token lives, the next one is asked for within the hour; the old one
/// answers until then, and on while none can be had.
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(3_600);

/// How far the clocks of two machines may differ.
const MOST_SKEW: Duration = Duration::from_secs(60);
