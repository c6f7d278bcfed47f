//! What is known of a run.

use std::time::Duration;

use super::Plan;
use super::attempts::Attempt;
use super::clock::{micros, real};
use super::deed::{Answer, Deed, What};
use super::history::History;
use crate::sandbox::{Loss, Refresh};

/// What workers, server and store say of a run, side by side.
pub(super) struct Audit<'a> {
    pub(super) plan: &'a Plan,
    pub(super) history: &'a History,
    pub(super) attempts: Vec<Attempt<'a>>,
    pub(super) faults: Vec<String>,
    /// How many requests came after their own mark's time: their workers stood still.
    pub(super) late: usize,
}

/// What became of new tokens that the server gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stored,
    /// The sandbox has not answered.
    Dropped,
    /// Whoever asked was killed before it had stored them.
    Killed,
    /// Whoever asked has waited too long.
    TimedOut,
    /// Whoever asked stood still until the mark's time was over, and the session was by then.
    Late,
    /// They reached a process that went on, and are gone.
    Gone,
}

impl Audit<'_> {
    pub(super) fn fate(&self, refresh: &Refresh, new: &str) -> Fate {
        let has_stored = |it: &Attempt<'_>| {
            it.stored && matches!(it.storing, Some((_, What::Tokens(token))) if token == new)
        };
        let attempt = self.attempt_of(refresh);
        let is_late = attempt.is_some_and(|it| it.heard_at > self.mark_end(it));
        if is_late && self.history.ends.iter().any(|end| end.token == refresh.token) {
            return Fate::Late;
        }
        // A killed worker may have stored it without a word: then others have found it.
        let is_found = self.attempts.iter().any(|it| it.token == new || has_stored(it))
            || self.history.ends.iter().any(|end| end.token == new)
            || self.history.last == new;
        if is_found {
            return Fate::Stored;
        }
        if refresh.loss == Some(Loss::Answer) {
            return Fate::Dropped;
        }
        match attempt {
            Some(attempt) if attempt.killed => Fate::Killed,
            Some(Attempt { answer: Some((_, Answer::Lost)), .. }) => Fate::TimedOut,
            _ => Fate::Gone,
        }
    }

    /// Who sent it: the last one who was about to.
    pub(super) fn attempt_of(&self, refresh: &Refresh) -> Option<&Attempt<'_>> {
        let at = micros(refresh.at);
        let may_be = |it: &&Attempt<'_>| {
            it.token == refresh.token && it.sending_at.is_some_and(|sent| sent <= at)
        };
        self.attempts.iter().filter(may_be).max_by_key(|it| it.sending_at)
    }

    /// Up to when its mark stands, by the machine's clock.
    pub(super) fn mark_end(&self, attempt: &Attempt<'_>) -> u64 {
        attempt.marking_at.saturating_add(self.real(self.plan.mark()))
    }

    pub(super) fn real(&self, time: Duration) -> u64 {
        u64::try_from(real(time, self.plan.scale).as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn count(&self, is: impl Fn(&Attempt<'_>) -> bool) -> usize {
        self.attempts.iter().filter(|attempt| is(attempt)).count()
    }

    pub(super) fn deeds(&self, is: impl Fn(&Deed) -> bool) -> usize {
        let lines = self.history.lives.values().flat_map(|life| &life.lines);
        lines.filter(|line| is(&line.deed)).count()
    }

    /// All that was told and seen about a refresh token, in order, with the microseconds since the
    /// first of it.
    pub(super) fn story(&self, token: &str) -> String {
        let mut lines = Vec::new();
        for it in self.attempts.iter().filter(|it| it.token == token) {
            lines.push((it.marking_at, it.to_string()));
        }
        for it in self.history.refreshes.iter().filter(|it| it.token == token) {
            let (issued, loss) = (&it.issued, it.loss);
            lines.push((micros(it.at), format!("at the server: {issued:?}, lost: {loss:?}")));
        }
        for it in self.history.ends.iter().filter(|it| it.token == token) {
            lines.push((it.at, format!("the session ended: {}", it.kind)));
        }
        lines.sort();
        let start = lines.first().map_or(0, |(at, _)| *at);
        let line =
            |(at, line): &(u64, String)| format!("    {:>8} {line}", at.saturating_sub(start));
        let lines: Vec<_> = lines.iter().map(line).collect();
        lines.join("\n")
    }
}
