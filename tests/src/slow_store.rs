//! A store that is slow, stands still, fails or panics when a test says so.
//!
//! ```
//! use grantflow::MemoryStore;
//! use grantflow_tests::slow_store::SlowStore;
//!
//! let store = SlowStore::new(MemoryStore::new()).taking(1..40);
//! store.fail_swaps(1); // the next one is not made, and is an error
//! let of_another_program = store.clone(); // the same store
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::future::pending;
use std::iter::repeat_n;
use std::ops::Range;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantflow::{AsyncStore, Store, StoreError, Stored, TokenKey};
use tokio::sync::Notify;
use tokio::time::timeout;

/// Another store, with faults. Clones are handles of the same one, each with a time of its own.
pub struct SlowStore<S> {
    inner: Arc<Inner<S>>,
    milliseconds: Range<u64>,
}

struct Inner<S> {
    store: S,
    state: Mutex<State>,
    changed: Condvar,
    call: Notify,
}

#[derive(Default)]
struct State {
    /// For times that differ.
    chance: u64,
    is_down: bool,
    faults: VecDeque<Fault>,
    /// How many of the next swaps are held.
    to_hold: u64,
    /// How many are.
    held: u64,
    /// Grows when they are let go.
    edition: u64,
    loads: u64,
    swaps: u64,
}

/// What becomes of a swap.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It is not made, and is an error.
    Fails,
    /// It is made, and is an error.
    Lies,
    /// It is not made, and panics.
    Panics,
    /// It is made, and panics.
    PanicsAfter,
}

impl<S> SlowStore<S> {
    /// The same store, without a fault as yet.
    pub fn new(store: S) -> Self {
        let (state, changed, call) = (Mutex::default(), Condvar::new(), Notify::new());
        Self { inner: Arc::new(Inner { store, state, changed, call }), milliseconds: 0..1 }
    }

    /// Each operation by this handle takes so many milliseconds, now more and now less.
    #[must_use]
    pub fn taking(self, milliseconds: Range<u64>) -> Self {
        Self { milliseconds, ..self }
    }

    /// Holds the next swaps, so many of them, before they are made, until [`let_go`](Self::let_go).
    pub fn hold_swaps(&self, swaps: u64) {
        self.inner.state().to_hold = swaps;
    }

    /// Lets go what is held, and holds no more.
    pub fn let_go(&self) {
        let mut state = self.inner.state();
        (state.to_hold, state.edition) = (0, state.edition.wrapping_add(1));
        drop(state);
        self.inner.changed.notify_all();
        self.inner.call.notify_waiters();
    }

    /// Waits until so many swaps are held, or some seconds have passed.
    pub fn wait_for_held(&self, swaps: u64) {
        let wait = |state: &mut State| state.held < swaps;
        drop(self.inner.changed.wait_timeout_while(self.inner.state(), PATIENCE, wait));
    }

    /// The next swaps are not made, and are errors.
    pub fn fail_swaps(&self, swaps: usize) {
        self.inner.state().faults.extend(repeat_n(Fault::Fails, swaps));
    }

    /// The next swap is made, and is an error: its answer got lost.
    pub fn lose_an_answer(&self) {
        self.inner.state().faults.push_back(Fault::Lies);
    }

    /// The next swap is not made, and panics.
    pub fn panic_at_a_swap(&self) {
        self.inner.state().faults.push_back(Fault::Panics);
    }

    /// The next swap is made, and panics.
    pub fn panic_after_a_swap(&self) {
        self.inner.state().faults.push_back(Fault::PanicsAfter);
    }

    /// From here on, every operation is an error.
    pub fn break_down(&self) {
        self.inner.state().is_down = true;
    }

    /// It is in order again.
    pub fn recover(&self) {
        let mut state = self.inner.state();
        state.is_down = false;
        state.faults.clear();
    }

    /// How many loads were begun.
    pub fn loads(&self) -> u64 {
        self.inner.state().loads
    }

    /// How many swaps were begun.
    pub fn swaps(&self) -> u64 {
        self.inner.state().swaps
    }

    /// How long the next operation takes.
    fn time(&self) -> Duration {
        let mut state = self.inner.state();
        // Knuth's generator: it only spreads the operations over time.
        state.chance = state.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let Range { start, end } = self.milliseconds;
        let spread = end.saturating_sub(start).max(1);
        let more = (state.chance >> 33).checked_rem(spread).unwrap_or_default();
        Duration::from_millis(start.saturating_add(more))
    }
}

impl<S> Inner<S> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What becomes of a swap that begins now; and, where it is held, until which edition.
    fn begin(&self) -> (Option<Fault>, Option<Held<'_, S>>) {
        let mut state = self.state();
        state.swaps = state.swaps.wrapping_add(1);
        let fault = state.faults.pop_front();
        let is_held = state.to_hold > 0;
        if is_held {
            state.to_hold = state.to_hold.saturating_sub(1);
            state.held = state.held.saturating_add(1);
            self.changed.notify_all();
        }
        (fault, is_held.then(|| Held { inner: self, edition: state.edition }))
    }
}

/// A swap that is held, until this is dropped.
struct Held<'a, S> {
    inner: &'a Inner<S>,
    edition: u64,
}

impl<S> Held<'_, S> {
    fn is_over(&self) -> bool {
        self.inner.state().edition != self.edition
    }

    fn wait(self) {
        let wait = |state: &mut State| state.edition == self.edition;
        drop(self.inner.changed.wait_while(self.inner.state(), wait));
    }

    async fn waited(self) {
        loop {
            let mut call = pin!(self.inner.call.notified());
            call.as_mut().enable();
            if self.is_over() {
                return;
            }
            call.await;
        }
    }
}

impl<S> Drop for Held<'_, S> {
    fn drop(&mut self) {
        let mut state = self.inner.state();
        state.held = state.held.saturating_sub(1);
    }
}

impl<S: Store> SlowStore<S> {
    fn look(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        let mut state = self.inner.state();
        state.loads = state.loads.wrapping_add(1);
        if state.is_down {
            return Err(DOWN.into());
        }
        drop(state);
        self.inner.store.load(key)
    }

    #[expect(clippy::panic, reason = "that is the fault")]
    fn swap(
        &self,
        fault: Option<Fault>,
        (key, expected, new): (&TokenKey, Option<u64>, &Stored),
    ) -> Result<bool, StoreError> {
        if self.inner.state().is_down || fault == Some(Fault::Fails) {
            return Err(DOWN.into());
        }
        let swap = || self.inner.store.compare_and_swap(key, expected, new);
        match fault {
            Some(Fault::Lies) => swap().and(Err(DOWN.into())),
            Some(Fault::PanicsAfter) => panic!("the store's own fault, after {:?}", swap()),
            Some(Fault::Panics) => panic!("the store's own fault"),
            Some(Fault::Fails) | None => swap(),
        }
    }
}

impl<S: Store> Store for SlowStore<S> {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        self.pass_time();
        self.look(key)
    }

    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        self.pass_time();
        let (fault, held) = self.inner.begin();
        if let Some(held) = held {
            held.wait();
        }
        self.swap(fault, (key, expected, new))
    }
}

impl<S> SlowStore<S> {
    fn pass_time(&self) {
        let time = self.time();
        drop(self.inner.changed.wait_timeout_while(self.inner.state(), time, |_| true));
    }
}

impl<S: Store> AsyncStore for SlowStore<S> {
    async fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        let _ = timeout(self.time(), pending::<()>()).await;
        self.look(key)
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        let _ = timeout(self.time(), pending::<()>()).await;
        let (fault, held) = self.inner.begin();
        if let Some(held) = held {
            held.waited().await;
        }
        self.swap(fault, (key, expected, new))
    }
}

impl<S> Clone for SlowStore<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), milliseconds: self.milliseconds.clone() }
    }
}

impl<S> fmt::Debug for SlowStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlowStore")
            .field("milliseconds", &self.milliseconds)
            .finish_non_exhaustive()
    }
}

const DOWN: &str = "the store is down";

const PATIENCE: Duration = Duration::from_secs(10);
