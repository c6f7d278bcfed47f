//! Stores of any kind, behind one type.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use grantflow::{AsyncStore, Store, StoreError, Stored, TokenKey};
use tokio::task;

/// Makes a blocking store an async one: each operation runs on a thread for blocking work, of
/// which tokio keeps a pool.
///
/// ```no_run
/// use grantflow_hyper::grantflow::FileStore;
/// use grantflow_hyper::{BlockingStore, TokenSources, Transport};
///
/// # fn main() -> std::io::Result<()> {
/// let store = BlockingStore::new(FileStore::open("/var/lib/my-app/sessions")?);
/// let sources = TokenSources::with_store(&Transport::new(), store);
/// # Ok(())
/// # }
/// ```
pub struct BlockingStore<S>(Arc<S>);

impl<S: Store + 'static> BlockingStore<S> {
    /// The same store for async programs.
    pub fn new(store: S) -> Self {
        Self(Arc::new(store))
    }

    async fn run<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&S) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.0);
        // It goes on though this future be dropped.
        match task::spawn_blocking(move || operation(&store)).await {
            Ok(done) => done,
            // Its words may be a record's.
            Err(_) => Err("the store panicked, or its runtime has ended".into()),
        }
    }
}

impl<S: Store + 'static> AsyncStore for BlockingStore<S> {
    async fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        let key = *key;
        self.run(move |store| store.load(&key)).await
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        let (key, new) = (*key, new.clone());
        self.run(move |store| store.compare_and_swap(&key, expected, &new)).await
    }
}

impl<S> Clone for BlockingStore<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: fmt::Debug> fmt::Debug for BlockingStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingStore").field(&self.0).finish()
    }
}

/// An [`AsyncStore`] whose type nobody has to know.
pub(crate) trait ErasedStore: Send + Sync {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Doing<'a, Option<Stored>>;

    fn compare_and_swap<'a>(
        &'a self,
        key: &'a TokenKey,
        expected: Option<u64>,
        new: &'a Stored,
    ) -> Doing<'a, bool>;
}

pub(crate) type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

impl<S: AsyncStore> ErasedStore for S {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Doing<'a, Option<Stored>> {
        Box::pin(AsyncStore::load(self, key))
    }

    fn compare_and_swap<'a>(
        &'a self,
        key: &'a TokenKey,
        expected: Option<u64>,
        new: &'a Stored,
    ) -> Doing<'a, bool> {
        Box::pin(AsyncStore::compare_and_swap(self, key, expected, new))
    }
}
