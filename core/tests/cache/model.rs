//! Three callers of a cache, and what each of them must be told: a model in whole seconds, without
//! chances.

mod check;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use grantflow::{Lookup, Ticket, Timestamp, TokenCache, Tokens, Waiting};

use self::Fact::{Maybe, No, Yes};
use crate::scenario::{at, by_both, empty, requesting, seconds};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Get(usize),
    GetAfter(usize),
    Complete(usize, End),
    Abandon(usize),
    Reject(usize),
    Replace,
    Time(Time),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Token,
    Unavailable,
    RetryAfter,
    Refused,
    Connect,
    Timeout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    Second,
    PastMargin,
    PastExpiry,
    PastLease,
    PastPause,
    Back,
}

/// With a clock that was set back and no other, not everything can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact {
    No,
    Maybe,
    Yes,
}

#[derive(Default)]
struct Caller {
    ticket: Option<(u64, Ticket)>,
    waiting: Option<(u64, Waiting)>,
    token: Option<Arc<Tokens>>,
}

/// The newest token.
struct Newest {
    text: String,
    sent_at: Timestamp,
    rejected: bool,
    over: Fact,
}

struct Failure {
    ticket: u64,
    at: Timestamp,
    least: Duration,
    most: Duration,
    /// The newest ticket's. An older one's may count or not.
    sure: bool,
    text: String,
}

pub(crate) struct World {
    cache: TokenCache,
    monotonic: bool,
    wall: i64,
    passed: u64,
    callers: [Caller; 3],
    /// When each ticket was given out, and what was settled then.
    tickets: Vec<(Timestamp, u64)>,
    /// The newest ticket, while it is out.
    out: Option<u64>,
    newest: Option<Newest>,
    settled: u64,
    failures: Vec<Failure>,
    lost: (u32, u32),
    rejections: u32,
}

const LIFETIME: u64 = 100;
const LEASE: u64 = 60;
const RETRY_AFTER: u64 = 120;

impl World {
    pub(crate) fn new(monotonic: bool) -> Self {
        Self {
            // All renewals are due between 98 s and 99 s.
            cache: empty().with_margin(seconds(2)),
            monotonic,
            wall: 1000,
            passed: 0,
            callers: Default::default(),
            tickets: Vec::new(),
            out: None,
            newest: None,
            settled: 0,
            failures: Vec::new(),
            lost: (0, 0),
            rejections: 0,
        }
    }

    /// How many tickets were given out.
    pub(crate) fn tickets(&self) -> u64 {
        u64::try_from(self.tickets.len()).unwrap()
    }

    fn now(&self) -> Timestamp {
        if self.monotonic { by_both(self.wall, self.passed) } else { at(self.wall.unsigned_abs()) }
    }

    fn pass(&mut self, time: u64) {
        self.wall += i64::try_from(time).unwrap();
        self.passed += time;
    }

    /// Whether this much time has passed.
    fn has_passed(&self, since: Timestamp, time: Duration) -> Fact {
        let by_one = || self.monotonic.then(|| self.waited(since));
        match self.now().elapsed_since(since).or_else(by_one) {
            Some(passed) if passed >= time => Yes,
            Some(_) => No,
            None => Maybe,
        }
    }

    /// By the monotonic clock alone: both walls are the same.
    fn waited(&self, since: Timestamp) -> Duration {
        let same = since.since_unix_epoch();
        let reading = seconds(self.passed);
        Timestamp::from_unix(same).with_monotonic(reading).elapsed_since(since).unwrap()
    }

    fn age(&self) -> Option<Duration> {
        self.now().elapsed_since(self.newest.as_ref()?.sent_at)
    }

    fn lease_is_over(&self) -> Fact {
        let since = |ticket: u64| self.tickets[usize::try_from(ticket - 1).unwrap()].0;
        self.out.map_or(Yes, |ticket| self.has_passed(since(ticket), seconds(LEASE)))
    }

    fn must_pause(&self) -> bool {
        let holds = |failure: &Failure| self.has_passed(failure.at, failure.least) == No;
        let sure = self.failures.iter().rfind(|failure| failure.sure);
        self.failures.last().is_some_and(|last| holds(last) && sure.is_none_or(holds))
    }

    fn may_pause(&self) -> bool {
        self.failures.iter().any(|failure| self.has_passed(failure.at, failure.most) != Yes)
    }

    /// Whether there is a token to be used.
    fn is_valid(&self) -> Fact {
        match (&self.newest, self.age()) {
            (Some(newest), Some(age)) if !newest.rejected && age < seconds(LIFETIME) => {
                match newest.over {
                    No => Yes,
                    Maybe => Maybe,
                    Yes => No,
                }
            }
            _ => No,
        }
    }

    /// All that may happen next.
    pub(crate) fn options(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (n, caller) in self.callers.iter().enumerate() {
            if caller.ticket.is_some() {
                use End::{Connect, Refused, RetryAfter, Timeout, Token, Unavailable};
                let ends = [Token, Unavailable, RetryAfter, Refused, Connect, Timeout];
                steps.extend(ends.map(|end| Step::Complete(n, end)));
                steps.push(Step::Abandon(n));
            } else {
                steps.push(Step::Get(n));
                steps.extend(caller.waiting.as_ref().map(|_| Step::GetAfter(n)));
            }
            let in_doubt = self.newest.as_ref().is_some_and(|newest| newest.over == Maybe);
            steps.extend(caller.token.as_ref().filter(|_| !in_doubt).map(|_| Step::Reject(n)));
            let is_new = caller.ticket.is_none() && caller.waiting.is_none();
            if is_new && caller.token.is_none() {
                // All who have done nothing are the same.
                break;
            }
        }
        let younger_than = |age| self.age().is_some_and(|is| is < seconds(age));
        steps.extend([Step::Replace, Step::Time(Time::Second), Step::Time(Time::Back)]);
        for (time, makes_sense) in [
            (Time::PastMargin, younger_than(99)),
            (Time::PastExpiry, younger_than(LIFETIME)),
            (Time::PastLease, self.lease_is_over() == No),
            (Time::PastPause, self.may_pause()),
        ] {
            steps.extend(makes_sense.then_some(Step::Time(time)));
        }
        steps
    }

    pub(crate) fn step(&mut self, step: Step) {
        match step {
            Step::Get(n) => {
                let lookup = self.cache.get(self.now());
                self.check(n, None, lookup);
            }
            Step::GetAfter(n) => {
                let (ticket, waiting) = self.callers[n].waiting.take().unwrap();
                let lookup = self.cache.get_after(&waiting, self.now());
                self.check(n, Some(ticket), lookup);
            }
            Step::Complete(n, end) => self.complete(n, end),
            Step::Abandon(n) => self.abandon(n),
            Step::Reject(n) => self.reject(n),
            Step::Replace => {
                self.cache.replace(requesting());
                (self.newest, self.out, self.lost, self.rejections) = (None, None, (0, 0), 0);
                self.failures.clear();
                self.settled = self.tickets();
            }
            Step::Time(time) => self.time(time),
        }
    }

    /// However it went, there is a ticket again when all that can be over is over.
    pub(crate) fn end(mut self) {
        self.pass(3 * 86_400);
        self.wall = self.wall.max(3 * 86_400);
        let lookup = self.cache.get(self.now());
        assert!(matches!(lookup, Lookup::Send(_)), "a dead end: {lookup:?}");
    }
}
