//! Three callers of a cache, and what each of them must be told: a model in whole seconds, without
//! chances.

mod check;
mod grant;
mod options;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use grantflow::{Lookup, Ticket, Timestamp, TokenCache, Tokens, Waiting};

use self::Fact::{Maybe, No, Yes};
use self::grant::Grant;
use crate::scenario::{at, by_both, empty, requesting, resumed, seconds, session, stored};

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
    /// These three are for sessions.
    Rotated,
    Unreadable,
    Dead,
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

/// What a world is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) monotonic: bool,
    pub(crate) session: bool,
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
    /// Since then, and how old it was then.
    anchor: Timestamp,
    age: Duration,
    rejected: bool,
    over: bool,
}

/// When a ticket was given out, what was settled then, and what it sent.
#[derive(Clone, Copy)]
struct Given {
    at: Timestamp,
    settled: u64,
    sent: u64,
    in_doubt: bool,
}

/// The beginning of a lease or of a pause, which begins anew when somebody looks at it at an
/// earlier time.
#[derive(Clone, Copy)]
struct Since {
    passed: u64,
    /// It is no earlier than this,
    lowest: i64,
    /// and no later.
    looked: i64,
}

struct Failure {
    ticket: u64,
    since: Since,
    /// `None`: for good.
    least: Option<Duration>,
    text: String,
}

pub(crate) struct World {
    cache: TokenCache,
    kind: Kind,
    wall: i64,
    passed: u64,
    callers: [Caller; 3],
    tickets: Vec<Given>,
    /// The newest ticket, while it is out.
    out: Option<(u64, Since)>,
    newest: Option<Newest>,
    settled: u64,
    failure: Option<Failure>,
    /// How many failures there were in a row.
    row: u32,
    lost: u32,
    rejections: u32,
    grant: Option<Grant>,
}

const LIFETIME: u64 = 100;
const LEASE: u64 = 60;
const RETRY_AFTER: u64 = 400;

impl World {
    pub(crate) fn new(kind: Kind) -> Self {
        // The session's first token is long over.
        let cache = if kind.session { session(100) } else { empty() };
        Self {
            // All renewals are due between 98 s and 99 s.
            cache: cache.with_margin(seconds(2)),
            kind,
            wall: 1000,
            passed: 0,
            callers: Default::default(),
            tickets: Vec::new(),
            out: None,
            newest: None,
            settled: 0,
            failure: None,
            row: 0,
            lost: 0,
            rejections: 0,
            grant: kind.session.then(Grant::default),
        }
    }

    /// How many tickets were given out.
    pub(crate) fn tickets(&self) -> u64 {
        u64::try_from(self.tickets.len()).unwrap()
    }

    fn given(&self, ticket: u64) -> Given {
        self.tickets[usize::try_from(ticket - 1).unwrap()]
    }

    fn now(&self) -> Timestamp {
        if self.kind.monotonic {
            by_both(self.wall, self.passed)
        } else {
            at(self.wall.unsigned_abs())
        }
    }

    fn pass(&mut self, time: u64) {
        self.wall += i64::try_from(time).unwrap();
        self.passed += time;
    }

    fn begin(&self) -> Since {
        Since { passed: self.passed, lowest: self.wall, looked: self.wall }
    }

    /// Whether this much time has passed. Walls are only set back, so by them it is never more
    /// than by the monotonic clock.
    fn has_passed(&self, since: Since, time: Duration) -> Fact {
        let by_wall = |then: i64| seconds(u64::try_from(self.wall - then).unwrap_or(0)) >= time;
        match self.kind.monotonic {
            true if seconds(self.passed - since.passed) >= time => Yes,
            true => No,
            false if !by_wall(since.lowest) => No,
            false if by_wall(since.looked) => Yes,
            false => Maybe,
        }
    }

    fn age(&self) -> Option<Duration> {
        let newest = self.newest.as_ref()?;
        Some(self.now().elapsed_since(newest.anchor)? + newest.age)
    }

    fn lease_is_over(&self) -> Fact {
        self.out.map_or(Yes, |(_, since)| self.has_passed(since, seconds(LEASE)))
    }

    fn must_pause(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| match failure.least {
            Some(least) => self.has_passed(failure.since, least) == No,
            None => true,
        })
    }

    fn may_pause(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| match failure.most() {
            Some(most) => self.has_passed(failure.since, most) != Yes,
            None => true,
        })
    }

    /// Whether there is a token to be used.
    fn is_valid(&self) -> bool {
        let newest = self.newest.as_ref().filter(|newest| !newest.rejected && !newest.over);
        newest.is_some() && self.age().is_some_and(|age| age < seconds(LIFETIME))
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
            Step::Replace => self.replace(),
            Step::Time(time) => self.time(time),
        }
    }

    /// What can be seen from outside after each step.
    pub(crate) fn check_state(&self) {
        assert_eq!(self.cache.fetching().is_some(), self.out.is_some(), "what is under way");
        if let Some(grant) = &self.grant {
            let refresh = grant.refresh.map(|n| format!("rt-{n}"));
            assert_eq!(stored(&self.cache), refresh, "the refresh token");
        }
    }

    fn replace(&mut self) {
        if self.kind.session {
            self.cache.replace(resumed(100));
        } else {
            self.cache.replace(requesting());
        }
        self.grant = self.grant.take().map(|_| Grant::default());
        (self.newest, self.out, self.failure) = (None, None, None);
        (self.lost, self.rejections, self.row) = (0, 0, 0);
        self.settled = self.tickets();
    }

    /// However it went, there is a ticket again when all that can be over is over; or the grant is
    /// dead.
    pub(crate) fn end(mut self) {
        self.pass(3 * 86_400);
        let is_dead = self.is_dead();
        match self.cache.get(self.now()) {
            Lookup::Send(_) => assert!(!is_dead, "a dead grant is sent"),
            Lookup::Refused(error) if is_dead => assert!(error.retry_at().is_none(), "{error}"),
            other => panic!("a dead end: {other:?}"),
        }
    }
}
