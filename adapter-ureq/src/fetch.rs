//! How a source fetches: what goes on when nobody waits any more.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use grantflow::{
    AccessToken, Client, Event, Failed, Fetched, Rotation, SharedTokenCache, Step, Stepwise, Store,
    Ticket, TicketId, TokenCache, TransportError, TransportErrorKind, Waiting,
};

use crate::system::{now, seed};
use crate::telemetry::{Counters, Span, Stats, store_failed};
use crate::transport::Transport;

pub(crate) struct Inner {
    pub(crate) cache: SharedTokenCache,
    means: Arc<Means>,
    /// How many times those who wait were woken.
    calls: Mutex<u32>,
    call: Condvar,
}

/// What sources ask with, shared by all that have the same.
pub(crate) struct Means {
    pub(crate) transport: Transport,
    /// Where the tokens of stored sessions are.
    pub(crate) store: Box<dyn Store>,
    /// Here, as a tenant has no bytes to spare for its own.
    pub(crate) counters: Counters,
}

impl Means {
    pub(crate) fn new(transport: &Transport, store: impl Store + 'static) -> Arc<Self> {
        let counters = Counters::default();
        Arc::new(Self { transport: transport.clone(), store: Box::new(store), counters })
    }
}

impl Inner {
    pub(crate) fn new(means: &Arc<Means>, cache: TokenCache) -> Self {
        // A fetch ends by itself within its timeout; what is out for longer is lost.
        let lease = means.transport.timeout().saturating_add(GRACE);
        Self {
            cache: SharedTokenCache::new(cache.with_lease(lease).with_seed(seed())),
            means: Arc::clone(means),
            calls: Mutex::new(0),
            call: Condvar::new(),
        }
    }

    /// Does the errand on a thread of its own. Where none can be had, a caller who waits does it
    /// himself; for another, there is no renewal for now.
    pub(crate) fn fetch(self: &Arc<Self>, errand: Errand, caller: Caller) {
        let errand = Arc::new(Mutex::new(Some(errand)));
        let Err(error) = self.spawn(&errand) else { return };
        match (lock(&errand).take(), caller) {
            (Some(errand), Caller::Waits) => self.perform(errand),
            (Some(Errand::Ticket(ticket)), Caller::GoesOn) => {
                let error = TransportError::new(TransportErrorKind::Connect, error);
                self.complete(&self.cache.client(), Err(Failed::unanswered(ticket, error)));
                self.wake();
            }
            (Some(Errand::Rotation(rotation)), Caller::GoesOn) => {
                self.cache.conclude(*rotation, now);
                self.wake();
            }
            (None, _) => {}
        }
    }

    fn spawn(self: &Arc<Self>, errand: &Arc<Mutex<Option<Errand>>>) -> io::Result<()> {
        let place = self.means.transport.place();
        let place = place.ok_or_else(|| io::Error::other("many fetches are under way"))?;
        let (inner, errand, span) = (Arc::clone(self), Arc::clone(errand), Span::current());
        let perform = move || {
            let taken = lock(&errand).take();
            if let Some(errand) = taken {
                span.run(|| inner.perform(errand));
            }
            drop(place);
        };
        thread::Builder::new().name("grantflow".into()).spawn(perform).map(drop)
    }

    fn perform(&self, errand: Errand) {
        match errand {
            Errand::Ticket(ticket) => {
                let _unless_completed = Abandon { inner: self, ticket: ticket.id() };
                // The thread may have stood still until now, and another caller have taken over.
                if !ticket.waiting().time_left(now()).is_zero() {
                    let client = self.cache.client();
                    self.complete(&client, self.send(&client, ticket));
                }
            }
            Errand::Rotation(rotation) => {
                let mut under_way = Conclude { inner: self, rotation: Some(*rotation) };
                if let Some(rotation) = &mut under_way.rotation {
                    let has_fetched = self.drive(rotation);
                    self.means.counters.performed(&self.cache.client(), rotation, has_fetched);
                }
            }
        }
    }

    fn send(&self, client: &Client, ticket: Ticket) -> Result<Fetched, Failed<Ticket>> {
        let is_refresh = ticket.is_refresh();
        let answer = self.means.transport.perform(ticket);
        if let Ok(fetched) = &answer {
            self.means.counters.fetched(client, is_refresh, fetched);
        }
        answer
    }

    fn complete(&self, client: &Client, outcome: Result<Fetched, Failed<Ticket>>) {
        if let Err(failed) = &outcome {
            self.means.counters.failed(client, failed.advice(), failed.error());
        }
        self.cache.complete(outcome, now);
    }

    /// Does the steps of a machine until it is done. Gives whether a request brought tokens.
    pub(crate) fn drive(&self, machine: &mut impl Stepwise) -> bool {
        let client = self.cache.client();
        let mut has_fetched = false;
        loop {
            let event = match machine.step(now()) {
                Step::Load(key) => Event::Loaded(self.means.store.load(key)),
                Step::Swap { key, expected, new } => {
                    Event::Swapped(self.means.store.compare_and_swap(key, expected, new))
                }
                Step::Send(ticket) => Event::Answered(self.send(&client, ticket)),
                Step::Wait(time) => {
                    thread::sleep(time);
                    Event::Waited
                }
                Step::Done => return has_fetched,
            };
            match &event {
                Event::Loaded(Err(error)) | Event::Swapped(Err(error)) => {
                    store_failed(&client, error);
                }
                Event::Answered(Ok(_)) => has_fetched = true,
                _ => {}
            }
            machine.take(event, now());
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        self.means.counters.stats()
    }

    /// An API has refused this token.
    pub(crate) fn reject(&self, token: &AccessToken) {
        if self.cache.reject(token, now) {
            self.means.counters.rejected(&self.cache.client());
        }
    }

    /// The client may have another secret now.
    pub(crate) fn ask_as(&self, client: &Client) {
        self.cache.ask_as(client);
    }

    /// Begins to store the new tokens that the store has not taken, where there are some.
    pub(crate) fn save(self: &Arc<Self>) {
        if let Some(rotation) = self.cache.save(now) {
            self.fetch(Errand::Rotation(rotation), Caller::Waits);
        }
    }

    /// Waits until nothing is being fetched, or what is has been given up.
    pub(crate) fn wait_until_quiet(&self) {
        let mut heard = *self.calls();
        while let Some(waiting) = self.cache.fetching() {
            if waiting.time_left(now()).is_zero() {
                return;
            }
            heard = self.wait(heard, &waiting);
        }
    }

    /// A login or a logout may have been stored.
    fn changed(&self) {
        self.cache.changed();
        self.wake();
    }

    pub(crate) fn wake(&self) {
        let mut calls = self.calls();
        *calls = calls.wrapping_add(1);
        self.call.notify_all();
    }

    /// Waits for a call that was not heard yet, as long as the fetch may take.
    pub(crate) fn wait(&self, heard: u32, waiting: &Waiting) -> u32 {
        let left = waiting.time_left(now());
        let calls = self.call.wait_timeout_while(self.calls(), left, |calls| *calls == heard);
        *calls.unwrap_or_else(PoisonError::into_inner).0
    }

    pub(crate) fn calls(&self) -> MutexGuard<'_, u32> {
        lock(&self.calls)
    }
}

/// What has to be done for a token.
pub(crate) enum Errand {
    Ticket(Ticket),
    Rotation(Box<Rotation>),
}

impl Errand {
    pub(crate) fn waiting(&self) -> Waiting {
        match self {
            Self::Ticket(ticket) => ticket.waiting(),
            Self::Rotation(rotation) => rotation.waiting(),
        }
    }
}

/// Who asked for a fetch.
#[derive(Clone, Copy)]
pub(crate) enum Caller {
    Waits,
    GoesOn,
}

/// Lets another fetch begin where this one panicked, and wakes all who wait in any case. After a
/// fetch that was completed it does no more than that.
struct Abandon<'a> {
    inner: &'a Inner,
    ticket: TicketId,
}

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.inner.cache.abandon(self.ticket, true, now);
        self.inner.wake();
    }
}

/// Forgets what was held of a session, whatever becomes of its login or logout.
pub(crate) struct Changed<'a>(pub(crate) &'a Inner);

impl Drop for Changed<'_> {
    fn drop(&mut self) {
        self.0.changed();
    }
}

/// Gives a rotation back, done or not: a panic does not lose what it knows.
struct Conclude<'a> {
    inner: &'a Inner,
    rotation: Option<Rotation>,
}

impl Drop for Conclude<'_> {
    fn drop(&mut self) {
        if let Some(rotation) = self.rotation.take() {
            self.inner.cache.conclude(rotation, now);
        }
        self.inner.wake();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AsRef<SharedTokenCache> for Inner {
    fn as_ref(&self) -> &SharedTokenCache {
        &self.cache
    }
}

const GRACE: Duration = Duration::from_secs(5);
