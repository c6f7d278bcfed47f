//! What a caller may be told.

use std::error::Error;

use grantflow::{Lookup, Ticket, TokenError};

use super::Fact::{Maybe, No, Yes};
use super::{LEASE, World};
use crate::scenario::seconds;

impl World {
    /// Checks what a caller is told who has waited for this ticket, and notes what it got.
    pub(super) fn check(&mut self, n: usize, waited_for: Option<u64>, lookup: Lookup) {
        let valid = self.is_valid();
        let is_refused = matches!(lookup, Lookup::Refused(_));
        self.note_age(matches!(lookup, Lookup::Renew(..)), waited_for.is_some() && is_refused);
        if let (No, Some(ticket), Some(last)) = (valid, waited_for, self.failures.last())
            && last.sure
            && last.ticket >= ticket
        {
            assert!(is_refused, "who waited does not learn of {}, but {lookup:?}", last.text);
        }
        match lookup {
            Lookup::Ready(tokens) => {
                self.check_token(tokens.access_token().expose());
                let is_due = self.age().is_some_and(|age| age >= seconds(99));
                let is_busy = self.lease_is_over() != Yes || self.may_pause();
                assert!(!is_due || is_busy || valid == Maybe, "nobody renews");
                self.callers[n].token = Some(tokens);
            }
            Lookup::Renew(tokens, ticket) => {
                self.check_token(tokens.access_token().expose());
                assert!(self.age() >= Some(seconds(98)), "it is renewed too early");
                self.callers[n].token = Some(tokens);
                self.give(n, ticket);
            }
            Lookup::Send(ticket) => {
                assert!(valid != Yes, "a valid token is withheld");
                self.give(n, ticket);
            }
            Lookup::Wait(waiting) => {
                assert!(valid != Yes, "a valid token is withheld");
                assert!(self.lease_is_over() != Yes, "nobody is fetching");
                if self.monotonic {
                    let is_set_back = waiting.time_left(self.now()) > seconds(LEASE);
                    assert!(!is_set_back || self.was_set_back(), "a long wait");
                }
                self.callers[n].waiting = self.out.map(|ticket| (ticket, waiting));
            }
            Lookup::Refused(error) => {
                assert!(valid != Yes, "a valid token is withheld");
                self.check_refusal(&error, waited_for);
            }
        }
    }

    fn was_set_back(&self) -> bool {
        self.wall < 1000 + i64::try_from(self.passed).unwrap()
    }

    /// One that was seen to be over stays so; one that lived to its margin ends a row of rejections.
    fn note_age(&mut self, is_renewed: bool, is_unsure: bool) {
        let age = self.age();
        let Some(newest) = self.newest.as_mut().filter(|newest| !newest.rejected) else { return };
        let is_over = age.is_none_or(|age| age >= seconds(super::LIFETIME));
        let is_due = is_renewed || is_over || age >= Some(seconds(99));
        if newest.over == Yes || is_unsure {
            if is_over && newest.over == No {
                newest.over = Maybe;
            }
            return;
        }
        if is_due {
            self.rejections = 0;
        }
        if is_over {
            newest.over = Yes;
        }
    }

    fn check_token(&self, text: &str) {
        assert!(self.is_valid() != No, "{text} is over, or was rejected");
        let newest = self.newest.as_ref().unwrap();
        assert_eq!(text, newest.text, "it is not the newest one");
    }

    fn give(&mut self, n: usize, ticket: Ticket) {
        assert!(self.lease_is_over() != No, "two tickets are out");
        assert!(!self.must_pause(), "it is too early to ask again");
        self.tickets.push((self.now(), self.settled));
        let id = self.tickets();
        self.out = Some(id);
        self.callers[n].waiting = None;
        self.callers[n].ticket = Some((id, ticket));
    }

    fn check_refusal(&self, error: &TokenError, waited_for: Option<u64>) {
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        let said = format!("{error} {source}");
        let known = |text: &str| said.contains(text);
        let failures: Vec<_> =
            self.failures.iter().filter(|failure| known(&failure.text)).collect();
        assert!(!failures.is_empty(), "nobody knows of this: {said}");
        let is_own = |ticket| failures.iter().any(|failure| failure.ticket >= ticket);
        if !waited_for.is_some_and(is_own) {
            assert!(self.may_pause(), "the pause is over");
            assert!(self.lease_is_over() != No || self.out.is_none(), "somebody is fetching");
        }
    }
}
