//! Many caches, each found by its key.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::iter::repeat_with;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::SharedTokenCache;
use crate::cache::TokenKey;
use crate::time::Timestamp;

/// Any number of `T`s with a [`SharedTokenCache`] each: one for each [`TokenKey`]. None has a
/// thread or a timer.
///
/// What nobody holds any more and is [idle](SharedTokenCache::is_idle) is dropped by and by, when
/// others come: so there are never more than about twice as many as are of use. A session in
/// memory is idle only when the server has ended it: [`remove`](Self::remove) it when the user logs
/// out.
///
/// ```
/// use grantflow::{Client, Scope, SharedTokenCache, SharedTokenCaches, Timestamp, TokenKey};
///
/// struct Source(SharedTokenCache /* and a way to wait */);
///
/// impl AsRef<SharedTokenCache> for Source {
///     fn as_ref(&self) -> &SharedTokenCache {
///         &self.0
///     }
/// }
///
/// # fn run(client: &Client, clock: fn() -> Timestamp) -> Result<(), grantflow::ConfigurationError> {
/// let sources = SharedTokenCaches::<Source>::new();
/// let request = client.client_credentials(Scope::default())?;
/// let key = TokenKey::of_request("acme", &request);
/// let source = sources.find_or_insert(key, clock, || Source(SharedTokenCache::new(request)));
/// # Ok(())
/// # }
/// ```
pub struct SharedTokenCaches<T> {
    shards: Vec<Mutex<Shard<T>>>,
}

struct Shard<T> {
    entries: HashMap<TokenKey, Arc<T>>,
    /// At this many entries, the idle ones are looked for.
    full_at: usize,
}

impl<T: AsRef<SharedTokenCache>> SharedTokenCaches<T> {
    /// No caches yet.
    pub fn new() -> Self {
        let shard = || Mutex::new(Shard { entries: HashMap::new(), full_at: LEAST });
        Self { shards: repeat_with(shard).take(SHARDS).collect() }
    }

    /// The one with this key. A session that has ended is none.
    pub fn find(&self, key: &TokenKey) -> Option<Arc<T>> {
        self.shard(key)?.find(key)
    }

    /// The one with this key; where there is none, what `new` makes. That is called under a lock, so
    /// it must not look for others here.
    pub fn find_or_insert(
        &self,
        key: TokenKey,
        clock: impl Fn() -> Timestamp,
        new: impl FnOnce() -> T,
    ) -> Arc<T> {
        let Some(mut shard) = self.shard(&key) else { return Arc::new(new()) };
        shard.find(&key).unwrap_or_else(|| {
            shard.make_room(clock);
            let made = Arc::new(new());
            shard.entries.insert(key, Arc::clone(&made));
            made
        })
    }

    /// Takes it out. Whoever holds it still has it.
    pub fn remove(&self, key: &TokenKey) -> Option<Arc<T>> {
        self.shard(key)?.entries.remove(key)
    }

    /// All of them, with their keys.
    pub fn all(&self) -> Vec<(TokenKey, Arc<T>)> {
        let pair = |(key, entry): (&TokenKey, &Arc<T>)| (*key, Arc::clone(entry));
        let entries = |shard| lock(shard).entries.iter().map(pair).collect::<Vec<_>>();
        self.shards.iter().flat_map(entries).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).entries.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, key: &TokenKey) -> Option<MutexGuard<'_, Shard<T>>> {
        let at = usize::from(key.as_bytes()[0]).checked_rem(SHARDS)?;
        self.shards.get(at).map(lock)
    }
}

impl<T: AsRef<SharedTokenCache>> Shard<T> {
    fn find(&self, key: &TokenKey) -> Option<Arc<T>> {
        self.entries.get(key).filter(|entry| !T::as_ref(entry).has_ended()).cloned()
    }

    fn make_room(&mut self, clock: impl Fn() -> Timestamp) {
        if self.entries.len() >= self.full_at {
            let is_of_use =
                |entry: &Arc<T>| Arc::strong_count(entry) > 1 || !T::as_ref(entry).is_idle(&clock);
            self.entries.retain(|_, entry| is_of_use(entry));
            self.full_at = self.entries.len().saturating_mul(2).max(LEAST);
        }
    }
}

fn lock<T>(shard: &Mutex<Shard<T>>) -> MutexGuard<'_, Shard<T>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: AsRef<SharedTokenCache>> Default for SharedTokenCaches<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: AsRef<SharedTokenCache>> fmt::Debug for SharedTokenCaches<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTokenCaches").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// So many that threads seldom meet at one.
const SHARDS: usize = 32;

const LEAST: usize = 64;
