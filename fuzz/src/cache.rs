//! What a cache of tokens may do.

use std::time::Duration;

use grantflow::Timestamp;

#[derive(Default)]
pub struct Model {
    pub wall: u64,
    pub passed: u64,
    /// Its text is its number.
    pub issued: u64,
    pub out: Option<Lease>,
    pub settled: u64,
    /// Until it is seen to be over, or rejected.
    pub token: Option<Token>,
    /// The ticket that brought the newest refresh token, and how many unanswered ones sent that.
    pub refresh: u64,
    pub risked: u32,
    pub may_be_dead: bool,
    pub is_dead: bool,
}

pub struct Lease {
    pub ticket: u64,
    pub passed: u64,
    /// The wall clock's lowest reading since then.
    pub lowest: u64,
}

pub struct Token {
    pub n: u64,
    pub since: Timestamp,
    pub age: Duration,
    pub lifetime: Duration,
}

impl Token {
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        Some(now.elapsed_since(self.since)? + self.age)
    }
}

impl Model {
    /// Where the clock was set back and there is no other, a lease begins anew at the earliest time
    /// at which somebody looked.
    pub fn end_lease(&mut self, is_monotonic: bool) {
        if let Some(lease) = self.out.take() {
            let (by_one, by_wall) = (self.passed - lease.passed, self.wall - lease.lowest);
            let waited = if is_monotonic { by_one } else { by_wall };
            assert!(waited >= 60, "somebody is fetching already");
        }
    }

    pub fn give(&mut self) {
        self.issued += 1;
        self.out = Some(Lease { ticket: self.issued, passed: self.passed, lowest: self.wall });
        self.risked += 1;
        assert!(!self.is_dead && self.risked <= 2, "a refresh token is risked too often");
    }

    pub fn is_back(&mut self, n: u64) {
        self.out.take_if(|lease| lease.ticket == n);
    }

    /// One that is seen to be over is over.
    pub fn is_valid(&mut self, now: Timestamp) -> bool {
        let lives = |token: &mut Token| token.age(now).is_none_or(|age| age >= token.lifetime);
        self.token.take_if(lives);
        self.token.is_some()
    }

    /// A new refresh token is there.
    pub fn is_good(&mut self) {
        (self.risked, self.may_be_dead, self.is_dead) = (0, false, false);
    }
}
