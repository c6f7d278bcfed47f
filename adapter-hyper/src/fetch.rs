//! How a source fetches: what goes on when nobody waits any more.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use grantflow::{
    AccessToken, Client, Event, Failed, Fetched, Rotation, SharedTokenCache, Step, Stepwise,
    StoreError, Ticket, TicketId, TokenCache,
};
use tokio::sync::Notify;
use tokio::time;

use crate::store::ErasedStore;
use crate::system::{now, seed};
use crate::telemetry::{Counters, Span, Stats, store_failed};
use crate::transport::{SentAt, Transport};

pub(crate) struct Inner {
    pub(crate) cache: SharedTokenCache,
    means: Arc<Means>,
    /// Wakes those who wait.
    pub(crate) call: Notify,
}

/// What sources ask with, shared by all that have the same.
pub(crate) struct Means {
    pub(crate) transport: Transport,
    /// Where the tokens of stored sessions are.
    pub(crate) store: Box<dyn ErasedStore>,
    /// Here, as a tenant has no bytes to spare for its own.
    pub(crate) counters: Counters,
}

impl Means {
    pub(crate) fn new(transport: &Transport, store: impl ErasedStore + 'static) -> Arc<Self> {
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
            call: Notify::new(),
        }
    }

    /// Performs the ticket as a task of its own.
    pub(crate) fn fetch(self: &Arc<Self>, ticket: Ticket) {
        let sent_at = SentAt::default();
        // Made out here: where there is no runtime to take the task, it is dropped as well.
        let (inner, id) = (Arc::clone(self), ticket.id());
        let unless_completed = Abandon { inner, ticket: id, sent_at: Arc::clone(&sent_at) };
        let span = Span::current();
        tokio::spawn(async move {
            let inner = &unless_completed.inner;
            // A runtime may have stood still until now, and another caller have taken over.
            if !ticket.waiting().time_left(now()).is_zero() {
                let client = inner.cache.client();
                let outcome = within(&span, pin!(inner.send(&client, ticket, &sent_at))).await;
                if let Err(failed) = &outcome {
                    span.run(|| {
                        inner.means.counters.failed(&client, failed.advice(), failed.error());
                    });
                }
                inner.cache.complete(outcome, now);
            }
        });
    }

    /// Performs the rotation as a task of its own.
    pub(crate) fn rotate(self: &Arc<Self>, rotation: Rotation) {
        // Made out here: where there is no runtime to take the task, it is dropped as well.
        let mut under_way = Conclude { inner: Arc::clone(self), rotation: Some(rotation) };
        let span = Span::current();
        tokio::spawn(async move {
            let Conclude { inner, rotation: Some(rotation) } = &mut under_way else { return };
            let has_fetched = within(&span, pin!(inner.drive(rotation))).await;
            span.run(|| {
                inner.means.counters.performed(&inner.cache.client(), rotation, has_fetched);
            });
        });
    }

    async fn send(
        &self,
        client: &Client,
        ticket: Ticket,
        sent_at: &SentAt,
    ) -> Result<Fetched, Failed<Ticket>> {
        let is_refresh = ticket.is_refresh();
        let answer = self.means.transport.perform_noting(ticket, sent_at).await;
        if let Ok(fetched) = &answer {
            self.means.counters.fetched(client, is_refresh, fetched);
        }
        answer
    }

    /// Does the steps of a machine until it is done. Gives whether a request brought tokens.
    pub(crate) async fn drive(&self, machine: &mut (impl Stepwise + Send)) -> bool {
        let client = self.cache.client();
        let mut has_fetched = false;
        loop {
            let event = match machine.step(now()) {
                Step::Load(key) => Event::Loaded(in_time(self.means.store.load(key)).await),
                Step::Swap { key, expected, new } => Event::Swapped(
                    in_time(self.means.store.compare_and_swap(key, expected, new)).await,
                ),
                Step::Send(ticket) => {
                    Event::Answered(self.send(&client, ticket, &SentAt::default()).await)
                }
                Step::Wait(time) => {
                    time::sleep(time).await;
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
            self.rotate(*rotation);
        }
    }

    /// Waits until nothing is being fetched, or what is has been given up.
    pub(crate) async fn wait_until_quiet(&self) {
        loop {
            let mut call = pin!(self.call.notified());
            call.as_mut().enable();
            let Some(waiting) = self.cache.fetching() else { return };
            let left = waiting.time_left(now());
            if left.is_zero() {
                return;
            }
            let _ = time::timeout(left, call).await;
        }
    }

    /// A login or a logout may have been stored.
    fn changed(&self) {
        self.cache.changed();
        self.call.notify_waiters();
    }
}

/// Runs the future in this span.
pub(crate) fn within<F: Future>(
    span: &Span,
    mut future: Pin<&mut F>,
) -> impl Future<Output = F::Output> {
    poll_fn(move |cx| span.run(|| future.as_mut().poll(cx)))
}

async fn in_time<T>(
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match time::timeout(STORE_TIMEOUT, operation).await {
        Ok(done) => done,
        Err(_) => Err("the store did not answer within 5 s".into()),
    }
}

/// Forgets what was held of a session, whatever becomes of its login or logout.
pub(crate) struct Changed(pub(crate) Arc<Inner>);

impl Drop for Changed {
    fn drop(&mut self) {
        self.0.changed();
    }
}

/// Gives a rotation back, done or not: a panic, or the end of the runtime, does not lose what it
/// knows.
struct Conclude {
    inner: Arc<Inner>,
    rotation: Option<Rotation>,
}

impl Drop for Conclude {
    fn drop(&mut self) {
        if let Some(rotation) = self.rotation.take() {
            self.inner.cache.conclude(rotation, now);
        }
        self.inner.call.notify_waiters();
    }
}

/// Lets another fetch begin where this one panicked or its runtime ended, and wakes all who wait
/// in any case. After a fetch that was completed it does no more than that.
struct Abandon {
    inner: Arc<Inner>,
    ticket: TicketId,
    sent_at: SentAt,
}

impl Drop for Abandon {
    fn drop(&mut self) {
        self.inner.cache.abandon(self.ticket, self.sent_at.get().is_some(), now);
        self.inner.call.notify_waiters();
    }
}

impl AsRef<SharedTokenCache> for Inner {
    fn as_ref(&self) -> &SharedTokenCache {
        &self.cache
    }
}

const STORE_TIMEOUT: Duration = Duration::from_secs(5);

const GRACE: Duration = Duration::from_secs(5);
