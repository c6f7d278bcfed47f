//! All that may happen next.

use super::Fact::No;
use super::{End, LIFETIME, Step, Time, World};
use crate::scenario::seconds;

impl World {
    pub(crate) fn options(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (n, caller) in self.callers.iter().enumerate() {
            if caller.ticket.is_some() {
                steps.extend(self.ends().iter().map(|end| Step::Complete(n, *end)));
                steps.push(Step::Abandon(n));
            } else {
                steps.push(Step::Get(n));
                steps.extend(caller.waiting.as_ref().map(|_| Step::GetAfter(n)));
            }
            steps.extend(caller.token.as_ref().map(|_| Step::Reject(n)));
            let is_new = caller.ticket.is_none() && caller.waiting.is_none();
            if is_new && caller.token.is_none() {
                // All who have done nothing are the same.
                break;
            }
        }
        let younger_than = |age| self.age().is_some_and(|is| is < seconds(age));
        steps.extend([Step::Replace, Step::Time(Time::Second), Step::Time(Time::Back)]);
        let most = self.failure.as_ref().and_then(super::Failure::most);
        for (time, makes_sense) in [
            (Time::PastMargin, younger_than(99)),
            (Time::PastExpiry, younger_than(LIFETIME)),
            (Time::PastLease, self.lease_is_over() == No),
            (Time::PastPause, most.is_some() && self.may_pause()),
        ] {
            steps.extend(makes_sense.then_some(Step::Time(time)));
        }
        steps
    }

    fn ends(&self) -> &'static [End] {
        use End::{
            Connect, Dead, Refused, RetryAfter, Rotated, Timeout, Token, Unavailable, Unreadable,
        };
        if self.kind.session {
            &[Token, Rotated, Unreadable, Dead, Unavailable, Timeout]
        } else {
            &[Token, Unavailable, RetryAfter, Refused, Connect, Timeout]
        }
    }
}
