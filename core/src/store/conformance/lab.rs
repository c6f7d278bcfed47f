//! Where the properties are tried: written once, for blocking and for async stores.

use alloc::format;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use std::hash::{BuildHasher, RandomState};
use std::process;

use sha2::{Digest, Sha256};

use super::super::{AsyncStore, Store, StoreError, Stored};
use super::report::{Flaw, Outcome};
use super::tasks;
use crate::cache::TokenKey;

/// A store to be opened, and who opens it.
pub(super) trait Bench {
    type Store: AsyncStore;

    async fn open(&self) -> Self::Store;

    async fn at_once<F: Future<Output: Send> + Send>(&self, all: Vec<F>) -> Vec<F::Output>;
}

pub(super) struct Threads<O>(O);

impl<O> Threads<O> {
    pub(super) fn new(open: O) -> Self {
        Self(open)
    }
}

impl<S: Store, O: Fn() -> S> Bench for Threads<O> {
    type Store = Blocking<S>;

    async fn open(&self) -> Blocking<S> {
        Blocking((self.0)())
    }

    async fn at_once<F: Future<Output: Send> + Send>(&self, all: Vec<F>) -> Vec<F::Output> {
        tasks::in_threads(all)
    }
}

pub(super) struct Tasks<O>(O);

impl<O> Tasks<O> {
    pub(super) fn new(open: O) -> Self {
        Self(open)
    }
}

impl<S: AsyncStore, O: AsyncFn() -> S> Bench for Tasks<O> {
    type Store = S;

    async fn open(&self) -> S {
        (self.0)().await
    }

    async fn at_once<F: Future<Output: Send> + Send>(&self, all: Vec<F>) -> Vec<F::Output> {
        tasks::in_turns(all).await
    }
}

/// Its futures are ready when they are first polled.
pub(super) struct Blocking<S>(S);

impl<S: Store> AsyncStore for Blocking<S> {
    async fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        self.0.load(key)
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        self.0.compare_and_swap(key, expected, new)
    }
}

/// A bench, and keys that nobody has used before.
pub(super) struct Lab<B> {
    bench: B,
    nonce: [u64; 2],
    keys: AtomicU64,
}

impl<B: Bench> Lab<B> {
    pub(super) fn new(bench: B) -> Self {
        let random = || RandomState::new().hash_one(process::id());
        Self { bench, nonce: [random(), random()], keys: AtomicU64::new(0) }
    }

    pub(super) async fn open(&self) -> B::Store {
        self.bench.open().await
    }

    pub(super) async fn at_once<F: Future<Output: Send> + Send>(
        &self,
        all: Vec<F>,
    ) -> Vec<F::Output> {
        self.bench.at_once(all).await
    }

    /// A new one.
    pub(super) fn key(&self) -> TokenKey {
        let parts = (self.nonce, self.keys.fetch_add(1, Ordering::Relaxed));
        TokenKey::from_bytes(Sha256::digest(format!("{parts:?}")).into())
    }
}

/// Swaps, and it has to be done.
pub(super) async fn put(
    store: &impl AsyncStore,
    key: &TokenKey,
    expected: Option<u64>,
    new: &Stored,
) -> Outcome {
    if store.compare_and_swap(key, expected, new).await? {
        return Ok(());
    }
    Err(Flaw(format!(
        "a swap that expects {} was not made, though that is what stands there",
        version(expected)
    )))
}

/// This has to stand there, and nothing else.
pub(super) async fn find(
    store: &impl AsyncStore,
    key: &TokenKey,
    expected: Option<&Stored>,
) -> Outcome {
    let found = store.load(key).await?;
    let parts = |stored: &Stored| (stored.version(), stored.bytes().to_vec());
    if found.as_ref().map(parts) == expected.map(parts) {
        return Ok(());
    }
    Err(Flaw(format!("{} was found instead of {}", name(found.as_ref()), name(expected))))
}

/// Bytes that tell by themselves which version they belong to, and whether one is missing.
pub(super) fn record(version: u64) -> Stored {
    let length = version.wrapping_mul(1_021) % 4_096;
    record_of(version, usize::try_from(length).unwrap_or_default().saturating_add(8))
}

pub(super) fn record_of(version: u64, length: usize) -> Stored {
    let mut bytes = version.to_be_bytes().repeat(length.div_ceil(8));
    bytes.truncate(length);
    Stored::new(version, bytes)
}

pub(super) fn name(stored: Option<&Stored>) -> alloc::string::String {
    match stored {
        None => "nothing".into(),
        Some(stored) => {
            format!("version {} with {} bytes", stored.version(), stored.bytes().len())
        }
    }
}

fn version(expected: Option<u64>) -> alloc::string::String {
    expected.map_or("nothing".into(), |version| format!("version {version}"))
}
