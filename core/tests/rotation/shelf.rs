//! A store that fails when it is told to.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use grantflow::{Store, StoreError, Stored, TokenKey};

/// What goes wrong with a swap.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is not made, and the store says that it failed.
    Undone,
    /// It is made, and the store says that it failed.
    Done,
    /// It works.
    None,
}

/// A store in memory with faults.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    records: HashMap<TokenKey, Stored>,
    failing_loads: u32,
    swap_faults: VecDeque<Fault>,
    loads: u32,
}

impl Shelf {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// The next so many loads fail.
    pub(crate) fn fail_loads(&self, number: u32) {
        self.inner().failing_loads = number;
    }

    /// What becomes of the next swaps.
    pub(crate) fn fail_swaps(&self, faults: &[Fault]) {
        self.inner().swap_faults = faults.iter().copied().collect();
    }

    pub(crate) fn loads(&self) -> u32 {
        self.inner().loads
    }

    pub(crate) fn clear(&self) {
        self.inner().records.clear();
    }

    pub(crate) fn put(&self, key: TokenKey, stored: Stored) {
        self.inner().records.insert(key, stored);
    }

    /// What stands there, without a fault.
    pub(crate) fn stored(&self, key: &TokenKey) -> Option<Stored> {
        self.inner().records.get(key).cloned()
    }
}

impl Store for Shelf {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        let mut inner = self.inner();
        inner.loads = inner.loads.saturating_add(1);
        if inner.failing_loads > 0 {
            inner.failing_loads = inner.failing_loads.saturating_sub(1);
            return Err("the store cannot be read".into());
        }
        Ok(inner.records.get(key).cloned())
    }

    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        let mut inner = self.inner();
        let fault = inner.swap_faults.pop_front().unwrap_or(Fault::None);
        let fits = inner.records.get(key).map(Stored::version) == expected;
        if fits && !matches!(fault, Fault::Undone) {
            inner.records.insert(*key, new.clone());
        }
        match fault {
            Fault::None => Ok(fits),
            Fault::Undone | Fault::Done => Err("the store cannot be written".into()),
        }
    }
}
