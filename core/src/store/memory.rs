//! A store that lasts as long as the process.

use core::fmt;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{AsyncStore, Store, StoreError, Stored};
use crate::cache::TokenKey;

/// Keeps sessions in memory: for tests, and for programs whose users log in again at each start.
#[derive(Default)]
pub struct MemoryStore {
    records: Mutex<HashMap<TokenKey, Stored>>,
}

impl MemoryStore {
    /// With nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    fn records(&self) -> MutexGuard<'_, HashMap<TokenKey, Stored>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        Ok(self.records().get(key).cloned())
    }

    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        let mut records = self.records();
        let is_expected = records.get(key).map(Stored::version) == expected;
        if is_expected {
            records.insert(*key, new.clone());
        }
        Ok(is_expected)
    }
}

impl AsyncStore for MemoryStore {
    async fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        Store::load(self, key)
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        Store::compare_and_swap(self, key, expected, new)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("len", &self.records().len()).finish_non_exhaustive()
    }
}
