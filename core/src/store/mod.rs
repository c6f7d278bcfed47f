//! Where sessions are kept between two runs of a program, and between several programs.

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "file-store")]
mod file;
#[cfg(feature = "http")]
mod memory;

use alloc::boxed::Box;
use alloc::vec::Vec;

#[cfg(feature = "file-store")]
pub use file::FileStore;
#[cfg(feature = "http")]
pub use memory::MemoryStore;

use crate::cache::TokenKey;
use crate::wire::Body;

/// Keeps sessions: two operations, which any database has. No lock, no lease and no expiry is asked
/// of it; the protocol stands on the records themselves ([`Rotation`](crate::Rotation)).
///
/// All that it promises: what was swapped in is there for every load that begins later, by whatever
/// process, and after a crash; and of two swaps that expect the same version, one is made at most.
///
/// Both operations are to end well within 10 s (`grantflow-hyper` gives them up after 5 s). An error
/// says nothing about what was done: a swap
/// that failed may have been made all the same, and whoever asked looks again.
///
/// # In SQL
/// ```sql
/// create table sessions (key bytea primary key, version bigint not null, record bytea not null);
/// -- load, from the primary
/// select version, record from sessions where key = $1;
/// -- swap, where nothing is expected
/// insert into sessions (key, version, record) values ($1, $2, $3) on conflict do nothing;
/// -- swap, where a version is expected
/// update sessions set version = $2, record = $3 where key = $1 and version = $4;
/// ```
/// It was made if one row was touched. A `bigint` has a sign: store `version as i64` and read it back
/// `as u64`; nobody asks which of two is larger. Where [`TokenKey::as_bytes`] does not fit, its text
/// does.
///
/// Then run the conformance kit, `grantflow::conformance`, over it:
/// `grantflow = { version = "0.1", features = ["conformance"] }` among the dev-dependencies.
pub trait Store: Send + Sync {
    /// What stands under this key; `None`: nothing.
    ///
    /// # Errors
    /// Where the store cannot be asked, or what stands there cannot be read.
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError>;

    /// Puts `new` under this key if what stands there has the version `expected` (`None`: if nothing
    /// stands there), in one indivisible step. `false`: something else stands there, and nothing
    /// was changed.
    ///
    /// # Errors
    /// Where the store cannot be asked, or does not answer.
    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError>;
}

/// A [`Store`] for async programs: the same two operations, as futures. Either future may be
/// dropped at any point; what it was about may be done all the same, or not. To choose a store when
/// the program runs, make the adapter's `TokenSources` in each branch: their type does not tell the
/// store's.
///
/// ```
/// use grantflow::{AsyncStore, StoreError, Stored, TokenKey};
///
/// struct Nowhere;
///
/// impl AsyncStore for Nowhere {
///     async fn load(&self, _: &TokenKey) -> Result<Option<Stored>, StoreError> {
///         Ok(None)
///     }
///
///     async fn compare_and_swap(
///         &self,
///         _: &TokenKey,
///         _: Option<u64>,
///         _: &Stored,
///     ) -> Result<bool, StoreError> {
///         Err("there is no room".into())
///     }
/// }
/// ```
pub trait AsyncStore: Send + Sync {
    /// As [`Store::load`].
    fn load(
        &self,
        key: &TokenKey,
    ) -> impl Future<Output = Result<Option<Stored>, StoreError>> + Send;

    /// As [`Store::compare_and_swap`].
    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Why a store could not do what it was asked for. It is shown to people: no secret is to stand in
/// it.
pub type StoreError = Box<dyn core::error::Error + Send + Sync>;

/// What a store keeps under a key: bytes, and the number that tells them from those before.
///
/// The bytes are a [`SessionRecord`](crate::SessionRecord) in JSON, which a store does not have to
/// know. They hold tokens: they print as their number and are zeroed when dropped.
#[derive(Clone, Debug)]
pub struct Stored {
    version: u64,
    bytes: Body,
}

impl Stored {
    /// What was read from the database. The buffer is zeroed when this is dropped.
    pub fn new(version: u64, bytes: Vec<u8>) -> Self {
        Self { version, bytes: Body::new(bytes) }
    }

    /// Tells these bytes from all others that stood under the same key. The store keeps it as it is,
    /// up to [`u64::MAX`]; it has no meaning.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What to keep: tokens in the clear, to be guarded like a password.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

/// A store that is shared.
macro_rules! delegate {
    ($($pointer:ty),+) => {$(
        impl<S: Store + ?Sized> Store for $pointer {
            fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
                (**self).load(key)
            }

            fn compare_and_swap(
                &self,
                key: &TokenKey,
                expected: Option<u64>,
                new: &Stored,
            ) -> Result<bool, StoreError> {
                (**self).compare_and_swap(key, expected, new)
            }
        }

        impl<S: AsyncStore> AsyncStore for $pointer {
            async fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
                (**self).load(key).await
            }

            async fn compare_and_swap(
                &self,
                key: &TokenKey,
                expected: Option<u64>,
                new: &Stored,
            ) -> Result<bool, StoreError> {
                (**self).compare_and_swap(key, expected, new).await
            }
        }
    )+};
}

delegate!(&S, Box<S>, alloc::sync::Arc<S>);
