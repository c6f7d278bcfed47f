//! What was promised, and has to add up.

use std::collections::BTreeSet;
use std::time::Duration;

use super::attempts::Attempt;
use super::audit::{Audit, Fate};
use super::clock::micros;
use super::deed::{Answer, Over, What};
use crate::sandbox::{Loss, Refresh};

impl Audit<'_> {
    /// Requests that were told and never came, by worker and token: whoever told them was killed
    /// before the wire, or had no answer.
    pub(super) fn not_arrived(&mut self) -> Vec<String> {
        self.check_arrivals();
        let senders: Vec<_> =
            self.history.refreshes.iter().filter_map(|it| self.attempt_of(it)).collect();
        let arrived = |it: &Attempt<'_>| senders.iter().any(|that| std::ptr::eq(*that, it));
        let missing = self.attempts.iter().filter(|it| it.was_sent() && !arrived(it));
        missing.map(|it| format!("{} by worker {}", it.token, it.worker)).collect()
    }

    fn check_arrivals(&mut self) {
        let tokens: BTreeSet<&str> = self.attempts.iter().map(|it| it.token).collect();
        for token in tokens {
            let sent = self.count(|it| it.token == token && it.was_sent());
            let without_answer =
                self.count(|it| it.token == token && it.was_sent() && it.is_without_answer());
            let arrived = self.history.refreshes.iter().filter(|it| it.token == token).count();
            if arrived > sent || sent.saturating_sub(arrived) > without_answer {
                let story = self.story(token);
                self.faults.push(format!("{sent} were sent, {arrived} came:\n{story}"));
            }
        }
    }

    /// Requests with a token that the server had exchanged before.
    pub(super) fn reuses(&self) -> usize {
        let mut used = BTreeSet::new();
        let is_reuse = |it: &&Refresh| {
            let is_reuse = used.contains(&it.token) && it.loss != Some(Loss::Request);
            if it.issued.is_some() {
                used.insert(it.token.clone());
            }
            is_reuse
        };
        self.history.refreshes.iter().filter(is_reuse).count()
    }

    /// Nobody sets a mark over another's before its time.
    pub(super) fn check_marks(&mut self) {
        let mut faults = Vec::new();
        // A mark that was beaten to it is none.
        for it in self.attempts.iter().filter(|it| it.marked) {
            let Some(Over { owner, seconds, lost }) = it.over else { continue };
            if owner == it.owner && !lost {
                continue;
            }
            let is_theirs = |that: &&Attempt<'_>| {
                that.owner == owner && that.token == it.token && that.marking_at <= it.marking_at
            };
            let theirs = self.attempts.iter().filter(is_theirs);
            // The last one that stands; a killed one may stand, though it was not told.
            let Some(that) = theirs.max_by_key(|that| (that.marked, that.marking_at)) else {
                faults.push(format!("nobody has set the mark of {owner}"));
                continue;
            };
            let since = match that.storing {
                Some((at, What::Pause)) if *lost => at,
                _ => that.marking_at,
            };
            let time = self.real(Duration::from_secs(*seconds));
            let waited = it.marking_at.saturating_sub(since).saturating_add(CLOCK_ERROR);
            if waited < time {
                let story = self.story(it.token);
                faults.push(format!("a mark taken {waited} µs after it was set:\n{story}"));
            }
            if !lost && *seconds != self.plan.mark().as_secs() {
                faults.push(format!("a mark lasts {seconds} s"));
            }
        }
        self.faults.append(&mut faults);
    }

    /// Never two use one token within its mark.
    pub(super) fn check_uses(&mut self) {
        let mut faults = Vec::new();
        let mut late: usize = 0;
        for (index, first) in self.history.refreshes.iter().enumerate() {
            let later = self.history.refreshes.iter().skip(index.saturating_add(1));
            for second in later.filter(|it| it.token == first.token) {
                let at = micros(second.at).saturating_add(CLOCK_ERROR);
                let (Some(one), Some(other)) = (self.attempt_of(first), self.attempt_of(second))
                else {
                    faults.push("a request came that nobody sent".to_owned());
                    continue;
                };
                if at >= self.mark_end(one) {
                    continue;
                }
                if at > self.mark_end(other) {
                    late = late.saturating_add(1);
                } else {
                    let story = self.story(&first.token);
                    faults.push(format!("two use one token within its mark:\n{story}"));
                }
            }
        }
        self.late = late;
        self.faults.append(&mut faults);
    }

    /// Every session that ended did so because an answer was lost. How many did because two
    /// requests had no answer, though none of them was made.
    pub(super) fn check_ends(&mut self, fates: &[(&Refresh, Fate)]) -> usize {
        let mut given_up: usize = 0;
        for end in &self.history.ends {
            let is_its = |refresh: &Refresh| refresh.token == end.token;
            match fates.iter().find(|(refresh, _)| is_its(refresh)) {
                Some((_, Fate::Stored | Fate::Gone)) => {
                    let story = self.story(&end.token);
                    self.faults.push(format!("a session ended, and its tokens stand:\n{story}"));
                }
                Some((_, Fate::Killed)) if end.kind != "uncertain" => {
                    let (kind, story) = (&end.kind, self.story(&end.token));
                    self.faults.push(format!("somebody vanished, and the end is {kind}:\n{story}"));
                }
                Some(_) => {}
                None => {
                    // Killed while it sent, or with a mark that it was not told of: the request may never
                    // have left, and whoever finds the mark cannot know.
                    let is_found = |it: &Attempt<'_>| {
                        let is_its = |over: &Over| over.owner == it.owner;
                        self.count(|that| that.over.is_some_and(is_its)) > 0
                    };
                    let has_none = |it: &Attempt<'_>| match &it.answer {
                        Some((_, answer)) => matches!(answer, Answer::Lost),
                        None => it.killed && (it.sending_at.is_some() || is_found(it)),
                    };
                    if self.count(|it| it.token == end.token && has_none(it)) < 2 {
                        let story = self.story(&end.token);
                        self.faults.push(format!("a session ended, nobody knows why:\n{story}"));
                    }
                    given_up = given_up.saturating_add(1);
                }
            }
        }
        given_up
    }

    /// Each refresh token that stood in the store was exchanged for the next one, or its session
    /// ended with it, or it stands there still.
    pub(super) fn check_chain(&mut self, fates: &[(&Refresh, Fate)]) {
        let stored = fates.iter().filter(|(_, fate)| *fate == Fate::Stored);
        let stored = stored.filter_map(|(refresh, _)| refresh.issued.as_ref());
        for token in self.history.logins.iter().chain(stored) {
            let goes_on = fates.iter().any(|(refresh, _)| refresh.token == *token)
                || self.history.ends.iter().any(|end| end.token == *token)
                || self.history.last == *token;
            if !goes_on {
                self.faults.push(format!("{token} was stored, and nobody ever used it"));
            }
        }
    }
}

/// What may lie between two readings of one clock that were truncated.
const CLOCK_ERROR: u64 = 2_000;
