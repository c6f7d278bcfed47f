//! What each step changes.

use std::time::Duration;

use grantflow::{Exchange, Failed, Ticket, TransportError, TransportErrorKind};

use super::Fact::No;
use super::{End, Failure, LIFETIME, Newest, RETRY_AFTER, Time, World};
use crate::scenario::{Outcome, answer, json, seconds, token};

impl World {
    pub(super) fn complete(&mut self, n: usize, end: End) {
        let (id, ticket) = self.callers[n].ticket.take().unwrap();
        let given = self.given(id);
        let text = match end {
            End::Unreadable => String::from("expires_in"),
            _ => format!("failure-{id}."),
        };
        self.cache.complete(self.outcome(id, ticket, end, &text), self.now());
        let was_out = self.out.take_if(|(out, _)| *out == id).is_some();
        if matches!(end, End::Token | End::Rotated) {
            if id > self.settled {
                self.take(id, end == End::Rotated);
            }
            return;
        }
        let rotates = end == End::Unreadable;
        let is_news = self.is_of_now(given);
        if id <= self.settled || !(is_news || rotates) {
            return;
        }
        self.lost = 0;
        if end == End::Timeout && was_out {
            self.lose(id);
        }
        let for_good = end == End::Dead || end == End::Timeout && given.in_doubt;
        if rotates {
            self.rotate(id);
            self.settled = id;
        } else if for_good {
            self.bury(given);
        }
        let is_newest = self.is_newest(id);
        if is_newest || rotates {
            let pause = match end {
                _ if for_good => None,
                End::Refused | End::Unreadable => Some((30, 3600)),
                // What may have arrived is not sent again so soon.
                End::Timeout if self.grant.is_some() => Some((30, 3600)),
                _ => Some((1, 60)),
            };
            self.fail(id, pause, text);
        }
        if let Some(least) = self.failure.as_mut().and_then(|failure| failure.least.as_mut())
            && is_newest
            && end == End::RetryAfter
        {
            *least = seconds(RETRY_AFTER).max(*least);
        }
    }

    fn outcome(&self, id: u64, ticket: Ticket, end: End, text: &str) -> Outcome {
        let sent_at = self.given(id).at;
        let failed = |code: &str| format!(r#"{{"error":"{code}","error_description":"{text}"}}"#);
        match end {
            End::Token => token(ticket, &format!("at-{id}"), LIFETIME, sent_at),
            End::Rotated | End::Unreadable => {
                let lifetime = if end == End::Rotated { "100" } else { "-1" };
                let body = format!(
                    r#"{{"access_token":"at-{id}","token_type":"Bearer","expires_in":{lifetime},
                        "refresh_token":"rt-{id}"}}"#
                );
                answer(ticket, 200, &body, sent_at)
            }
            End::Unavailable => answer(ticket, 503, &failed("e"), sent_at),
            End::RetryAfter => {
                let (body, wish) = (failed("e"), RETRY_AFTER.to_string());
                ticket
                    .receive(json(503, &body).with_header("Retry-After", wish.as_bytes()), sent_at)
            }
            End::Refused => answer(ticket, 401, &failed("invalid_client"), sent_at),
            End::Dead => answer(ticket, 400, &failed("invalid_grant"), sent_at),
            End::Connect | End::Timeout => {
                let kind = match end {
                    End::Connect => TransportErrorKind::Connect,
                    _ => TransportErrorKind::Timeout,
                };
                Err(Failed::unanswered(ticket, TransportError::new(kind, text)))
            }
        }
    }

    fn take(&mut self, id: u64, rotates: bool) {
        (self.settled, self.lost) = (id, 0);
        if rotates {
            self.rotate(id);
            self.failure = None;
        } else if let Some(grant) = &mut self.grant {
            grant.losses = 0;
        }
        let given = self.given(id);
        let mut anchor = given.at;
        let mut age = Duration::ZERO;
        if self.now().elapsed_since(anchor).is_none() {
            let monotonic = |at| crate::scenario::by_both(0, at);
            if self.kind.monotonic {
                // Both clocks are read, and one of them goes on.
                let passed = self.passed_at(given.at);
                age = monotonic(self.passed).elapsed_since(monotonic(passed)).unwrap();
            }
            anchor = self.now();
        }
        let text = format!("at-{id}");
        self.newest = Some(Newest { text, anchor, age, rejected: false, over: false });
        if self.is_valid() {
            if self.age() >= Some(seconds(99)) {
                self.rejections = 0;
            }
            self.row = 0;
            self.failure = None;
        } else {
            self.newest.as_mut().unwrap().over = true;
            self.rejections = 0;
            if self.is_newest(id) {
                self.fail(id, Some((1, 60)), "had expired when it arrived".into());
            }
        }
    }

    /// Whether the failure of this ticket would be news.
    fn is_newest(&self, id: u64) -> bool {
        let is_older = |failure: &Failure| failure.ticket <= id && failure.least.is_some();
        self.failure.as_ref().is_none_or(is_older)
    }

    /// What the monotonic clock said at an instant.
    fn passed_at(&self, then: grantflow::Timestamp) -> u64 {
        let wall = grantflow::Timestamp::from_unix(then.since_unix_epoch());
        let now = wall.with_monotonic(seconds(self.passed));
        self.passed - now.elapsed_since(then).unwrap().as_secs()
    }

    /// A pause that is doubled with each failure in a row, up to a longest one; or for good.
    fn fail(&mut self, id: u64, pause: Option<(u64, u64)>, text: String) {
        let row = self.row.min(20);
        let least = pause.map(|(first, longest)| seconds((first << row).min(longest)));
        self.row += 1;
        self.failure = Some(Failure { ticket: id, since: self.begin(), least, text });
    }

    pub(super) fn abandon(&mut self, n: usize) {
        let (id, ticket) = self.callers[n].ticket.take().unwrap();
        self.cache.abandon(ticket.id(), true, self.now());
        if self.out.take_if(|(out, _)| *out == id).is_none() {
            return;
        }
        self.lose(id);
        self.lost += 1;
        if self.grant.as_ref().is_some_and(|grant| grant.losses > 1) {
            self.fail(id, None, "log the user in again".into());
        } else if self.lost > 1 {
            let first = if self.grant.is_some() { (30, 3600) } else { (1, 60) };
            self.fail(id, Some(first), "two requests in a row".into());
        }
    }

    pub(super) fn reject(&mut self, n: usize) {
        let tokens = self.callers[n].token.take().unwrap();
        self.cache.reject(tokens.access_token(), self.now());
        let age = self.age();
        let is_it = |newest: &&mut Newest| {
            newest.text == tokens.access_token().expose() && !newest.over && !newest.rejected
        };
        let Some(newest) = self.newest.as_mut().filter(is_it) else { return };
        let least = match self.rejections {
            ..3 => 0,
            row => (1 << (row - 3).min(20)).min(60),
        };
        if age.is_none_or(|age| age >= seconds(least)) {
            newest.rejected = true;
            self.rejections += 1;
        }
    }

    pub(super) fn time(&mut self, time: Time) {
        let until =
            |age: u64, is: Option<Duration>| age - is.map_or(age, |is| is.as_secs().min(age));
        match time {
            Time::Second => self.pass(1),
            Time::PastMargin => self.pass(until(99, self.age())),
            Time::PastExpiry => self.pass(until(LIFETIME, self.age())),
            Time::Back => {
                self.wall -= 7;
                let spans = [
                    self.out.as_mut().map(|(_, since)| since),
                    self.failure.as_mut().map(|failure| &mut failure.since),
                ];
                for since in spans.into_iter().flatten() {
                    since.lowest = since.lowest.min(self.wall);
                }
            }
            Time::PastLease => {
                while self.lease_is_over() == No {
                    self.pass(1);
                }
            }
            Time::PastPause => {
                let most = self.failure.as_ref().and_then(Failure::most).unwrap();
                self.pass(most.as_secs() + 1);
            }
        }
    }
}

impl Failure {
    /// With what chance may add: half as much again, and a minute at most.
    pub(super) fn most(&self) -> Option<Duration> {
        self.least.map(|least| least + (least / 2).min(seconds(60)))
    }
}
