//! What each step changes.

use grantflow::{Exchange, Failed, TransportError, TransportErrorKind};

use super::Fact::{Maybe, No};
use super::{End, Failure, LIFETIME, Newest, RETRY_AFTER, Time, World};
use crate::scenario::{Outcome, answer, json, seconds, token};

impl World {
    pub(super) fn complete(&mut self, n: usize, end: End) {
        let (id, ticket) = self.callers[n].ticket.take().unwrap();
        let (sent_at, settled) = self.tickets[usize::try_from(id - 1).unwrap()];
        let text = format!("failure-{id}.");
        let outcome: Outcome = match end {
            End::Token => token(ticket, &format!("at-{id}"), LIFETIME, sent_at),
            End::Unavailable => {
                let body = format!(r#"{{"error":"e","error_description":"{text}"}}"#);
                answer(ticket, 503, &body, sent_at)
            }
            End::RetryAfter => {
                let body = format!(r#"{{"error":"e","error_description":"{text}"}}"#);
                let wish = RETRY_AFTER.to_string();
                ticket
                    .receive(json(503, &body).with_header("Retry-After", wish.as_bytes()), sent_at)
            }
            End::Refused => {
                let body = format!(r#"{{"error":"invalid_client","message":"{text}"}}"#);
                answer(ticket, 401, &body, sent_at)
            }
            End::Connect | End::Timeout => {
                let kind = match end {
                    End::Connect => TransportErrorKind::Connect,
                    _ => TransportErrorKind::Timeout,
                };
                Err(Failed::unanswered(ticket, TransportError::new(kind, text.as_str())))
            }
        };
        self.cache.complete(outcome, self.now());
        let sure = self.out == Some(id) || id == self.tickets();
        self.out = self.out.filter(|out| *out != id);
        match end {
            End::Token if id > self.settled => self.take(id),
            End::Token => {}
            _ if settled == self.settled => {
                self.lost = (0, if sure { 0 } else { self.lost.1 });
                self.fail(id, sure, end, text);
            }
            _ => {}
        }
    }

    fn take(&mut self, id: u64) {
        let (sent_at, _) = self.tickets[usize::try_from(id - 1).unwrap()];
        let before = std::mem::take(&mut self.failures);
        (self.settled, self.lost) = (id, (0, 0));
        let text = format!("at-{id}");
        self.newest = Some(Newest { text, sent_at, rejected: false, over: No });
        if self.is_valid() == No {
            if let Some(newest) = &mut self.newest {
                newest.over = Maybe;
            }
            // It counts as one more failure in a row, and is the only one that is shown.
            self.failures = before;
            self.fail(id, true, End::Token, "was over when it came".into());
            let last = self.failures.len() - 1;
            for failure in &mut self.failures[..last] {
                failure.text = String::from("nobody shows this");
                failure.most = seconds(0);
            }
        }
    }

    fn fail(&mut self, id: u64, sure: bool, end: End, text: String) {
        let all = self.failures.len();
        let counted = self.failures.iter().filter(|failure| failure.sure).count();
        let doubled = |first: u64, row: usize, most: u64| seconds((first << row.min(20)).min(most));
        let (least, most) = match end {
            End::Refused => (doubled(30, counted, 3600), doubled(30, all, 3600)),
            _ => (doubled(1, counted, 60), doubled(1, all, 60)),
        };
        let wish = seconds(if end == End::RetryAfter { RETRY_AFTER } else { 0 });
        let (least, most) = (least.max(wish), most.max(wish) * 3 / 2);
        self.failures.push(Failure { ticket: id, at: self.now(), least, most, sure, text });
    }

    pub(super) fn abandon(&mut self, n: usize) {
        let (id, ticket) = self.callers[n].ticket.take().unwrap();
        self.cache.abandon(ticket.id(), self.now());
        if self.out != Some(id) {
            return;
        }
        self.out = None;
        self.lost = (self.lost.0 + 1, self.lost.1 + 1);
        if self.lost.1 > 1 {
            let sure = self.lost.0 > 1;
            self.fail(id, sure, End::Timeout, "two fetches in a row".into());
        }
    }

    pub(super) fn reject(&mut self, n: usize) {
        let tokens = self.callers[n].token.take().unwrap();
        self.cache.reject(tokens.access_token(), self.now());
        let age = self.age();
        let is_newest = |newest: &&mut Newest| {
            newest.text == tokens.access_token().expose() && newest.over == No
        };
        let Some(newest) = self.newest.as_mut().filter(is_newest) else { return };
        let least = match self.rejections {
            0 => 0,
            row => (1 << (row - 1).min(20)).min(60),
        };
        if !newest.rejected && age.is_none_or(|age| age >= seconds(least)) {
            newest.rejected = true;
            self.rejections += 1;
        }
    }

    pub(super) fn time(&mut self, time: Time) {
        let until = |age: u64, is: Option<std::time::Duration>| {
            age - is.map_or(age, |is| is.as_secs().min(age))
        };
        match time {
            Time::Second => self.pass(1),
            Time::PastMargin => self.pass(until(99, self.age())),
            Time::PastExpiry => self.pass(until(LIFETIME, self.age())),
            Time::Back => self.wall -= 7,
            Time::PastLease => {
                while self.lease_is_over() == No {
                    self.pass(1);
                }
            }
            Time::PastPause => {
                let longest = self.failures.iter().map(|failure| failure.most).max().unwrap();
                self.pass(longest.as_secs() + 1);
            }
        }
    }
}
