//! A directory for one test.
//!
//! ```
//! use std::env;
//!
//! use grantflow_tests::scratch::Scratch;
//!
//! # fn main() -> std::io::Result<()> {
//! let scratch = Scratch::new(env::temp_dir(), "example"); // a test has CARGO_TARGET_TMPDIR
//! let path = scratch.path().to_owned();
//! assert!(!path.exists());
//! let store = scratch.store()?;
//! assert!(path.exists());
//! drop(scratch);
//! assert!(!path.exists());
//! # Ok(())
//! # }
//! ```

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, io, process};

use grantflow::FileStore;

/// A directory that nobody else has. Dropping it removes it, and what is in it.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// One in this directory, whose name begins with this. It is not there yet.
    pub fn new(parent: impl AsRef<Path>, name: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = parent.as_ref().join(format!("{name}-{}-{count}", process::id()));
        // A process that was killed may have had the same number.
        drop(fs::remove_dir_all(&directory));
        Self(directory)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A store in it, which makes it.
    ///
    /// # Errors
    /// As [`FileStore::open`].
    pub fn store(&self) -> io::Result<FileStore> {
        FileStore::open(&self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
