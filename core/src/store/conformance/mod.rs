//! Whether a store keeps the promises of [`Store`] and [`AsyncStore`]: for the tests of those who
//! write one.
//!
//! ```
//! use std::sync::Arc;
//! use grantflow::{MemoryStore, conformance};
//!
//! let store = Arc::new(MemoryStore::new());
//! conformance::check(|| Arc::clone(&store)).assert();
//! ```
//!
//! The closure opens the store, each time anew if that can be done: a connection of its own, another
//! `FileStore` for the same directory. It is called many times, and many of what it gives are used
//! at once.
//!
//! The keys are new in each run, so what earlier runs left behind does not matter; a good
//! hundred records of up to 64 KiB are left behind. A pool needs eight connections. Nothing has a time limit: a store that never answers hangs.
//!
//! What cannot be seen from here is whether a record outlives a crash, who may read it, and whether
//! its bytes are zeroed.

mod basics;
mod crowd;
mod dropped;
mod keys;
mod lab;
mod report;
mod run;
mod tasks;
mod values;

pub use self::report::{Finding, Report};

use self::lab::{Lab, Tasks, Threads};
use super::{AsyncStore, Store};

/// Tries every property on a store. Where there are many at once, they are threads.
pub fn check<S: Store>(open: impl Fn() -> S) -> Report {
    tasks::block_on(run::run(&Lab::new(Threads::new(open))))
}

/// Tries every property on an async store, in any runtime. Where there are many at once, they are
/// futures in one task.
///
/// ```
/// use grantflow::{AsyncStore, conformance};
///
/// async fn the_store_keeps_its_promises<S: AsyncStore>(connect: impl AsyncFn() -> S) {
///     conformance::check_async(connect).await.assert();
/// }
/// ```
pub async fn check_async<S: AsyncStore>(open: impl AsyncFn() -> S) -> Report {
    run::run(&Lab::new(Tasks::new(open))).await
}
