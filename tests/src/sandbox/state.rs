//! Everything the sandbox remembers, behind one lock: each request sees it alone.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use super::cover_genius::CoverGenius;
use super::flow_account::FlowAccount;
use super::meed::Meed;
use super::random::Random;
use super::{Answer, Endpoint};

/// The state as the server and the test share it.
pub(super) struct Shared(Mutex<State>);

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self(Mutex::new(state))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct State {
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) meed: Meed,
    pub(super) flow_account: FlowAccount,
    pub(super) cover_genius: CoverGenius,
    requests: HashMap<Endpoint, u64>,
    /// What to answer instead, and how many times more.
    scripted: HashMap<Endpoint, VecDeque<(u32, Answer)>>,
}

impl State {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            clock: Clock::new(),
            random: Random::new()?,
            meed: Meed::new(),
            flow_account: FlowAccount::new(),
            cover_genius: CoverGenius::new(),
            requests: HashMap::new(),
            scripted: HashMap::new(),
        })
    }

    pub(super) fn count(&mut self, endpoint: Endpoint) {
        let count = self.requests.entry(endpoint).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn requests(&self, endpoint: Endpoint) -> u64 {
        self.requests.get(&endpoint).copied().unwrap_or_default()
    }

    pub(super) fn answer_next(&mut self, endpoint: Endpoint, times: u32, answer: Answer) {
        if times > 0 {
            let queue = self.scripted.entry(endpoint).or_default();
            queue.push_back((times, answer));
        }
    }

    /// The scripted answer for this request, if there is one.
    pub(super) fn scripted(&mut self, endpoint: Endpoint) -> Option<Answer> {
        let queue = self.scripted.get_mut(&endpoint)?;
        let (times, answer) = queue.front_mut()?;
        *times = times.saturating_sub(1);
        if *times > 0 {
            return Some(answer.clone());
        }
        queue.pop_front().map(|(_, answer)| answer)
    }
}
