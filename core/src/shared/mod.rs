//! A cache for several threads: the lock, and the way round it.

mod hot;
mod keyed;
mod reading;

use alloc::boxed::Box;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderValue;

use self::hot::Slot;
pub use self::keyed::SharedTokenCaches;
pub use self::reading::Reading;
use crate::cache::{Fetched, Lookup, Ticket, TicketId, TokenCache, TokenError, Waiting};
use crate::client::Client;
use crate::flow::{Failed, TokenRecord};
use crate::rotation::Rotation;
use crate::time::Timestamp;
use crate::tokens::AccessToken;

/// A [`TokenCache`] that threads and tasks share. Only the waiting is missing: that is blocking in
/// one program and async in the next. The adapters' `TokenSource` adds it. For another runtime, do
/// as they do: whoever looks into the cache is ready to be woken before it looks, and a ticket is
/// performed by a thread or a task of its own, so that it does not end with the caller.
///
/// Where a time is needed, it is a clock that is given: it is read under the lock, so that nobody
/// comes with an older time than the one before. So it must not ask this cache itself.
pub struct SharedTokenCache {
    slot: Slot,
    cache: Mutex<TokenCache>,
}

impl SharedTokenCache {
    /// A cache to be shared.
    pub fn new(cache: impl Into<TokenCache>) -> Self {
        let cache = cache.into();
        Self { slot: Slot::of(&cache), cache: Mutex::new(cache) }
    }

    /// The header field for an API request, while the token is good and no renewal is due. Each
    /// thread keeps a copy of its own, so that this takes no lock and no thread waits for another.
    /// `None`: ask by [`get`](Self::get).
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the way to a good token is too short for a call")]
    pub fn fresh(&self, clocks: impl Fn() -> Reading) -> Option<HeaderValue> {
        self.slot.find(&clocks).or_else(|| self.keep(&clocks))
    }

    #[cold]
    fn keep(&self, clocks: impl Fn() -> Reading) -> Option<HeaderValue> {
        self.with(|cache| self.slot.keep(cache, clocks()))
    }

    /// As [`TokenCache::get`].
    pub fn get(&self, clock: impl Fn() -> Timestamp) -> Lookup {
        self.with(|cache| cache.get(clock()))
    }

    /// As [`TokenCache::get_after`].
    pub fn get_after(&self, waiting: &Waiting, clock: impl Fn() -> Timestamp) -> Lookup {
        self.with(|cache| cache.get_after(waiting, clock()))
    }

    /// As [`TokenCache::complete`]. Then wake all who wait.
    pub fn complete(
        &self,
        outcome: Result<Fetched, Failed<Ticket>>,
        clock: impl Fn() -> Timestamp,
    ) {
        self.with(|cache| cache.complete(outcome, clock()));
    }

    /// As [`TokenCache::conclude`]. Then wake all who wait.
    pub fn conclude(&self, rotation: Rotation, clock: impl Fn() -> Timestamp) {
        self.with(|cache| cache.conclude(rotation, clock()));
    }

    /// As [`TokenCache::save`].
    pub fn save(&self, clock: impl Fn() -> Timestamp) -> Option<Box<Rotation>> {
        self.with(|cache| cache.save(clock()))
    }

    /// As [`TokenCache::unsaved`].
    pub fn unsaved(&self, clock: impl Fn() -> Timestamp) -> Option<TokenError> {
        self.with(|cache| cache.unsaved(clock()))
    }

    /// As [`TokenCache::changed`]. Then wake all who wait.
    pub fn changed(&self) {
        self.with(TokenCache::changed);
    }

    /// As [`TokenCache::ask_as`].
    pub fn ask_as(&self, client: &Client) {
        self.with(|cache| cache.ask_as(client));
    }

    /// As [`TokenCache::abandon`]. Then wake all who wait.
    pub fn abandon(&self, ticket: TicketId, may_have_arrived: bool, clock: impl Fn() -> Timestamp) {
        self.with(|cache| cache.abandon(ticket, may_have_arrived, clock()));
    }

    /// As [`TokenCache::reject`].
    pub fn reject(&self, token: &AccessToken, clock: impl Fn() -> Timestamp) -> bool {
        self.with(|cache| cache.reject(token, clock()))
    }

    /// As [`TokenCache::replace`]. Then wake all who wait.
    pub fn replace(&self, other: impl Into<TokenCache>) {
        self.with(|cache| cache.replace(other));
    }

    /// As [`TokenCache::client`].
    pub fn client(&self) -> Client {
        self.lock().client().clone()
    }

    /// As [`TokenCache::record`].
    pub fn record(&self) -> Option<TokenRecord> {
        self.lock().record()
    }

    /// As [`TokenCache::fetching`].
    pub fn fetching(&self) -> Option<Waiting> {
        self.lock().fetching()
    }

    /// As [`TokenCache::has_ended`].
    pub fn has_ended(&self) -> bool {
        self.slot.has_ended()
    }

    /// As [`TokenCache::is_idle`].
    pub fn is_idle(&self, clock: impl Fn() -> Timestamp) -> bool {
        self.with(|cache| cache.is_idle(clock()))
    }

    fn with<R>(&self, step: impl FnOnce(&mut TokenCache) -> R) -> R {
        let mut cache = self.lock();
        let result = step(&mut cache);
        self.slot.follow(&cache);
        result
    }

    /// The cache is whole after each of its steps, so a panic elsewhere does no harm to it.
    fn lock(&self) -> MutexGuard<'_, TokenCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SharedTokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.lock(), f)
    }
}
