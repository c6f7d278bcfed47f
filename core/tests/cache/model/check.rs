//! What a caller may be told.

use std::error::Error;

use grantflow::{Lookup, Ticket, TokenError};

use super::Fact::{No, Yes};
use super::{Failure, Given, LEASE, LIFETIME, Since, World};
use crate::scenario::{refresh_token_of, seconds};

impl World {
    /// Checks what a caller is told who has waited for this ticket, and notes what it got.
    pub(super) fn check(&mut self, n: usize, waited_for: Option<u64>, lookup: Lookup) {
        let is_valid = self.is_valid();
        let is_refused = matches!(lookup, Lookup::Refused(_));
        self.note_age(matches!(lookup, Lookup::Renew(..)));
        let is_own = waited_for.is_some_and(|ticket| {
            !is_valid && self.failure.as_ref().is_some_and(|failure| failure.ticket >= ticket)
        });
        assert!(is_refused || !is_own, "who waited does not learn of it, but {lookup:?}");
        match lookup {
            Lookup::Ready(tokens) => {
                self.check_token(is_valid, tokens.access_token().expose());
                let is_due = self.age().is_some_and(|age| age >= seconds(99));
                let is_busy = self.lease_is_over() != Yes || self.may_pause();
                assert!(!is_due || is_busy || self.to_be_sent().is_none(), "nobody renews");
                if self.cache.fetching().is_none() && self.out.is_some() {
                    self.end_for_good();
                }
                self.callers[n].token = Some(tokens);
            }
            Lookup::Renew(tokens, ticket) => {
                self.check_token(is_valid, tokens.access_token().expose());
                assert!(self.age() >= Some(seconds(98)), "it is renewed too early");
                self.callers[n].token = Some(tokens);
                self.give(n, ticket);
            }
            Lookup::Send(ticket) => {
                assert!(!is_valid, "a valid token is withheld");
                self.give(n, ticket);
            }
            Lookup::Rotate(..) => panic!("there is no store"),
            Lookup::Wait(waiting) => {
                assert!(!is_valid, "a valid token is withheld");
                assert!(self.lease_is_over() != Yes, "nobody is fetching");
                assert!(waiting.time_left(self.now()) <= seconds(LEASE), "a long wait");
                let (ticket, since) = self.out.as_mut().unwrap();
                since.looked_at(self.wall);
                self.callers[n].waiting = Some((*ticket, waiting));
            }
            Lookup::Refused(error) => {
                assert!(!is_valid, "a valid token is withheld");
                self.check_refusal(&error, is_own);
            }
        }
    }

    /// One that was seen to be over stays so; one that lived to its margin ends a row of rejections.
    fn note_age(&mut self, is_renewed: bool) {
        let age = self.age();
        let Some(newest) = self.newest.as_mut() else { return };
        if newest.rejected || newest.over {
            return;
        }
        newest.over = age.is_none_or(|age| age >= seconds(LIFETIME));
        if newest.over || is_renewed || age >= Some(seconds(99)) {
            self.rejections = 0;
        }
    }

    fn check_token(&self, is_valid: bool, text: &str) {
        assert!(is_valid, "{text} is over, or was rejected");
        let newest = self.newest.as_ref().unwrap();
        assert_eq!(text, newest.text, "it is not the newest one");
    }

    fn give(&mut self, n: usize, ticket: Ticket) {
        assert!(self.lease_is_over() != No, "two tickets are out");
        assert!(!self.must_pause(), "it is too early to ask again");
        let Some((sent, in_doubt)) = self.to_be_sent() else { panic!("a dead grant is sent") };
        if self.grant.is_some() {
            assert_eq!(refresh_token_of(&ticket), format!("rt-{sent}"), "not the newest");
        }
        if let Some((lost, _)) = self.out.take() {
            self.lose(lost);
        }
        self.tickets.push(Given { at: self.now(), settled: self.settled, sent, in_doubt });
        let id = self.tickets();
        self.out = Some((id, self.begin()));
        self.callers[n].waiting = None;
        self.callers[n].ticket = Some((id, ticket));
    }

    fn check_refusal(&mut self, error: &TokenError, is_own: bool) {
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        let said = format!("{error} {source}");
        if let Some(failure) = &mut self.failure
            && said.contains(&failure.text)
        {
            if !is_own {
                failure.since.looked_at(self.wall);
                assert!(self.may_pause(), "the pause is over");
                assert!(self.lease_is_over() != No, "somebody is fetching");
            }
            return;
        }
        assert!(self.to_be_sent().is_none() && !is_own, "nobody knows of this: {said}");
        assert!(self.lease_is_over() != No && !self.must_pause(), "too early: {said}");
        assert!(error.retry_at().is_none() && said.contains("log the user in again"), "{said}");
        self.end_for_good();
    }

    fn end_for_good(&mut self) {
        assert!(self.to_be_sent().is_none(), "it could be sent");
        if let Some((lost, _)) = self.out.take() {
            self.lose(lost);
        }
        let text = String::from("log the user in again");
        let since = self.begin();
        self.failure = Some(Failure { ticket: self.tickets() + 1, since, least: None, text });
        self.row += 1;
    }
}

impl Since {
    fn looked_at(&mut self, wall: i64) {
        self.looked = self.looked.min(wall);
    }
}
