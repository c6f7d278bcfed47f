//! A client's own token, shared by several processes. The store is a help here, not a need: without
//! it, each process asks for itself.

use alloc::boxed::Box;

use super::record::SessionRecord;
use super::{Outcome, Rotation, Sent, State, Subject, Swap, Then};
use crate::cache::ticket::{Asking, Fetched, Ticket};
use crate::flow::{Failed, TokenRecord};
use crate::time::Timestamp;

impl Rotation {
    pub(super) fn look_for_request(
        &mut self,
        version: Option<u64>,
        record: Option<SessionRecord>,
        now: Timestamp,
    ) {
        let Subject::Request(flow) = &self.subject else { return };
        let tokens = record.and_then(|record| record.tokens);
        let session = tokens.and_then(|tokens| flow.client().resume(tokens).ok());
        match session.map(|session| session.into_parts().1) {
            Some(tokens) if self.are_good(&tokens, now) => {
                self.finish(Outcome::Tokens(tokens));
            }
            _ => self.request(version, true),
        }
    }

    /// Sends the request. Where `sharing`, the answer is stored, over what has the version
    /// `expected`.
    pub(super) fn request(&mut self, expected: Option<u64>, sharing: bool) {
        let Subject::Request(flow) = &self.subject else { return };
        let ticket = Ticket { out: self.out, asking: Asking::Request(flow.again()) };
        let sent = Sent::Request { expected, sharing };
        self.state = State::Send(Box::new(ticket), sent);
    }

    pub(super) fn answer_request(
        &mut self,
        expected: Option<u64>,
        sharing: bool,
        answer: Result<Fetched, Failed<Ticket>>,
        now: Timestamp,
    ) {
        let Subject::Request(flow) = &self.subject else { return };
        match answer {
            Ok(Fetched { mut tokens, .. }) if sharing => {
                // A client without a user asks again as it did before (fact M7).
                tokens.take_refresh_token();
                let record = SessionRecord::of_login(TokenRecord::new(flow.client(), &tokens));
                let new = record.stored(expected, now);
                let then = Then::Shared(Box::new(tokens));
                self.state = State::Swap(Swap { expected, new, then });
            }
            Ok(fetched) => self.finish(Outcome::Tokens(fetched.tokens)),
            Err(failed) => self.fail(failed.into_error()),
        }
    }
}
