//! The account of a run: what happened how often, and whether that adds up.

use std::collections::BTreeMap;
use std::fmt;

use super::attempts::Attempt;
use super::audit::{Audit, Fate};
use super::clock::real;
use super::deed::{Answer, Deed};
use super::history::History;
use super::{Carrier, Plan};
use crate::sandbox::{Loss, Refresh};

/// The account of a run.
#[derive(Debug)]
pub struct Ledger {
    head: String,
    lines: Vec<(&'static str, usize)>,
    /// Which requests were told and never came.
    not_arrived: Vec<String>,
    errors: BTreeMap<String, usize>,
    faults: Vec<String>,
}

impl Ledger {
    /// What does not add up, and what was promised and not kept: nothing, if all is well.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    pub(super) fn of(plan: &Plan, history: &History) -> Self {
        let (attempts, mut faults) = Attempt::all(history);
        faults.extend(history.faults.iter().cloned());
        let audit = Audit { plan, history, attempts, faults, late: 0 };
        audit.settle()
    }
}

impl Audit<'_> {
    fn settle(mut self) -> Ledger {
        let requests = &self.history.refreshes;
        let fates: Vec<(&Refresh, Fate)> = requests
            .iter()
            .filter_map(|refresh| Some((refresh, self.fate(refresh, refresh.issued.as_ref()?))))
            .collect();
        let with = |fate| fates.iter().filter(|(_, its)| *its == fate).count();
        let (dropped, killed) = (with(Fate::Dropped), with(Fate::Killed));
        let (timed_out, late) = (with(Fate::TimedOut), with(Fate::Late));
        for (refresh, _) in fates.iter().filter(|(_, fate)| *fate == Fate::Gone) {
            let story = self.story(&refresh.token);
            self.faults.push(format!("an answer reached a living process and is gone:\n{story}"));
        }

        let is_lost = |loss| requests.iter().filter(|it| it.loss == Some(loss)).count();
        let lost_requests = is_lost(Loss::Request);
        let refused = requests.len().saturating_sub(fates.len()).saturating_sub(lost_requests);
        let sendings = self.count(|it| it.sending_at.is_some());
        let unsent = self.count(|it| matches!(it.answer, Some((_, Answer::Unsent))));
        let not_arrived = self.not_arrived();
        let reuses = self.reuses();
        self.check_marks();
        self.check_uses();
        let given_up = self.check_ends(&fates);
        self.check_chain(&fates);

        let ends = self.history.ends.len();
        let losses = [dropped, killed, timed_out, late].iter().sum::<usize>();
        self.equal(
            "sendings = requests + unsent + not arrived",
            sendings,
            &[requests.len(), unsent, not_arrived.len()],
        );
        self.equal(
            "requests = given + refused + lost",
            requests.len(),
            &[fates.len(), refused, lost_requests],
        );
        self.equal("given = stored + answers lost", fates.len(), &[with(Fate::Stored), losses]);
        self.equal("sessions ended = answers lost + given up", ends, &[losses, given_up]);
        self.equal("logins = 1 + sessions ended", self.history.logins.len(), &[1, ends]);
        self.equal("refusals = reuses", refused, &[reuses]);
        let at_endpoint = usize::try_from(self.history.requests).unwrap_or_default();
        let whole = requests.len().saturating_add(self.history.logins.len());
        let cut_short = at_endpoint.saturating_sub(whole);
        if cut_short > not_arrived.len() || at_endpoint < whole {
            self.faults.push(format!("{at_endpoint} requests at the endpoint, {whole} known"));
        }

        let is = |kind| self.history.ends.iter().filter(|end| end.kind == kind).count();
        let takeover = |it: &Attempt<'_>| {
            it.marked && it.over.is_some_and(|over| !over.lost && over.owner != it.owner)
        };
        let retry = |it: &Attempt<'_>| it.marked && it.over.is_some_and(|over| over.lost);
        let processes = self.history.lives.values();
        let of_ureq = |carrier| processes.clone().filter(|life| life.carrier == carrier).count();
        let lines = vec![
            ("processes over ureq", of_ureq(Carrier::Ureq)),
            ("processes over hyper", of_ureq(Carrier::Hyper)),
            ("killed", processes.clone().filter(|life| life.killed).count()),
            ("killed in a refresh", self.count(|it| it.killed)),
            ("killed with the request out", self.count(|it| it.killed && it.was_sent())),
            ("tokens handed out", self.deeds(|deed| matches!(deed, Deed::Used { .. }))),
            ("marks set", self.count(|it| it.marked)),
            ("- races for a mark lost", self.deeds(|deed| *deed == Deed::Beaten)),
            ("- takeovers", self.count(takeover)),
            ("- retries after a pause", self.count(retry)),
            ("refreshes sent", sendings),
            ("- could not be sent", unsent),
            ("- never arrived", not_arrived.len()),
            ("- arrived at the server", requests.len()),
            ("  - lost on the way there", lost_requests),
            ("  - refused: used before", refused),
            ("  - made", fates.len()),
            ("    - tokens stored", with(Fate::Stored)),
            ("    - answer dropped", dropped),
            ("    - receiver killed", killed),
            ("    - waited for too long", timed_out),
            ("    - stood still too long", late),
            ("requests cut short", cut_short),
            ("late uses (stood still)", self.late),
            ("sessions ended", ends),
            ("- refused", is("refused")),
            ("- uncertain", is("uncertain")),
            ("- given up after two losses", given_up),
            ("logins", self.history.logins.len()),
            ("store faults", self.deeds(|deed| *deed == Deed::Fault)),
        ];
        let errors = self.errors();
        Ledger { head: self.head(), lines, not_arrived, errors, faults: self.faults }
    }

    fn equal(&mut self, what: &str, whole: usize, parts: &[usize]) {
        if whole != parts.iter().sum::<usize>() {
            self.faults.push(format!("{what}: {whole} is not the sum of {parts:?}"));
        }
    }

    fn errors(&self) -> BTreeMap<String, usize> {
        let mut errors = BTreeMap::<_, usize>::new();
        for line in self.history.lives.values().flat_map(|life| &life.lines) {
            if let Deed::Failed { kind, .. } = &line.deed {
                let count = errors.entry(kind.clone()).or_default();
                *count = count.saturating_add(1);
            }
        }
        errors
    }

    fn head(&self) -> String {
        let Plan { processes, scale, timeout, seed, place, .. } = self.plan;
        format!(
            "{processes} processes over {place}; seed {seed}; their clock runs {scale} times as \
             fast: an exchange may take {timeout:?}, a mark lasts {:?}",
            real(self.plan.mark(), *scale)
        )
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.head)?;
        for (what, count) in &self.lines {
            writeln!(f, "  {what:<30} {count:>5}")?;
        }
        for (kind, count) in &self.errors {
            writeln!(f, "  told the caller: {kind:<13} {count:>5}")?;
        }
        if !self.not_arrived.is_empty() {
            writeln!(f, "  never arrived: {}", self.not_arrived.join(", "))?;
        }
        for fault in &self.faults {
            writeln!(f, "  WRONG: {fault}")?;
        }
        f.write_str(if self.faults.is_empty() { "  It adds up." } else { "  It does not add up." })
    }
}
