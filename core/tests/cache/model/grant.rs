//! The refresh token of a session: the newest one that is known, and how often it was risked.

use super::{Given, World};

pub(super) struct Grant {
    /// The ticket that brought it; zero for the first. `None`: the server refused it.
    pub(super) refresh: Option<u64>,
    /// The same, even where the server refused it.
    brought_by: u64,
    /// How many answers to it were lost.
    pub(super) losses: u32,
}

impl Default for Grant {
    fn default() -> Self {
        Self { refresh: Some(0), brought_by: 0, losses: 0 }
    }
}

impl World {
    /// What the next ticket sends, and whether that was risked before; `None` where nothing can be
    /// sent any more.
    pub(super) fn to_be_sent(&self) -> Option<(u64, bool)> {
        let Some(grant) = &self.grant else { return Some((0, false)) };
        let lost = self.out.is_some_and(|(out, _)| self.is_a_loss(out));
        let losses = grant.losses + u32::from(lost);
        Some((grant.refresh.filter(|_| losses < 2)?, losses > 0))
    }

    /// Whether nobody will ever ask again.
    pub(super) fn is_dead(&self) -> bool {
        let for_good = self.failure.as_ref().is_some_and(|failure| failure.least.is_none());
        self.to_be_sent().is_none() || for_good
    }

    /// Whether what this ticket sent is what the next one would send.
    fn is_a_loss(&self, ticket: u64) -> bool {
        self.is_of_now(self.given(ticket))
    }

    pub(super) fn is_of_now(&self, given: Given) -> bool {
        match &self.grant {
            Some(grant) => given.sent == grant.brought_by,
            None => given.settled == self.settled,
        }
    }

    /// Nothing will be heard of this ticket any more.
    pub(super) fn lose(&mut self, ticket: u64) {
        let is_a_loss = self.is_a_loss(ticket);
        if let Some(grant) = &mut self.grant {
            grant.losses += u32::from(is_a_loss);
        }
    }

    /// The server refuses what this ticket sent, or it was risked twice.
    pub(super) fn bury(&mut self, given: Given) {
        if let Some(grant) = &mut self.grant {
            grant.refresh = grant.refresh.filter(|refresh| *refresh != given.sent);
        }
    }

    /// This ticket brought a refresh token.
    pub(super) fn rotate(&mut self, ticket: u64) {
        if let Some(grant) = &mut self.grant {
            *grant = Grant { refresh: Some(ticket), brought_by: ticket, losses: 0 };
        }
    }
}
