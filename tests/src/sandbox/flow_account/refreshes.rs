//! What became of each refresh, for tests that compare it with what their clients tell; and
//! refreshes that get lost.

use std::collections::VecDeque;
use std::time::SystemTime;

use crate::story::fingerprint;

/// A refresh that came, for [`Sandbox::refreshes`](super::super::Sandbox::refreshes).
#[derive(Clone, Debug)]
pub struct Refresh {
    /// When it came, by the machine's own clock.
    pub at: SystemTime,
    /// The fingerprint of the refresh token that came.
    pub token: String,
    /// The fingerprint of the new one, where one was made: from there on the old one is dead (F10).
    pub issued: Option<String>,
    /// What was lost of it.
    pub loss: Option<Loss>,
}

/// What is lost when a connection is closed without an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    /// The request: it does nothing.
    Request,
    /// The answer: the refresh is made, and nobody learns of it.
    Answer,
}

pub(super) struct Refreshes {
    all: Vec<Refresh>,
    losses: VecDeque<Loss>,
}

impl Refreshes {
    pub(super) fn new() -> Self {
        Self { all: Vec::new(), losses: VecDeque::new() }
    }

    pub(super) fn lose_next(&mut self, loss: Loss) {
        self.losses.push_back(loss);
    }

    pub(super) fn next_loss(&mut self) -> Option<Loss> {
        self.losses.pop_front()
    }

    pub(super) fn note(&mut self, sent: &str, issued: Option<&str>, loss: Option<Loss>) {
        let (token, issued) = (fingerprint(sent), issued.map(fingerprint));
        self.all.push(Refresh { at: SystemTime::now(), token, issued, loss });
    }

    pub(super) fn all(&self) -> &[Refresh] {
        &self.all
    }
}
