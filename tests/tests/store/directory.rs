//! A directory that is gone when the test is over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use grantflow::{Client, FileStore, Provider, Secret, Store, StoreError, Stored, TokenKey};

pub(crate) struct Directory(PathBuf);

impl Directory {
    /// Not there yet.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("store-{}-{count}", process::id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // A process that was killed may have had the same number.
        drop(fs::remove_dir_all(&directory));
        Self(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn store(&self) -> FileStore {
        FileStore::open(self.path()).unwrap()
    }

    pub(crate) fn file(&self, key: &TokenKey) -> PathBuf {
        self.0.join(format!("{key}.session"))
    }

    pub(crate) fn draft(&self, key: &TokenKey) -> PathBuf {
        self.0.join(format!("{key}.draft"))
    }

    /// The names of the files in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<Vec<_>>();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

pub(crate) fn key(session: &str) -> TokenKey {
    let provider = Provider::new("https://as.example/token".parse().unwrap());
    let client = Client::new("my-app", Secret::new("s3cr3t").unwrap(), provider).unwrap();
    TokenKey::of_session(session, &client)
}

pub(crate) fn record(version: u64) -> Stored {
    Stored::new(version, format!(r#"{{"refresh_token":"rt-{version}"}}"#).into_bytes())
}

/// The first record of a session.
pub(crate) fn create(store: &FileStore, key: &TokenKey) {
    assert!(store.compare_and_swap(key, None, &record(1)).unwrap());
}

/// What the store says about it, if it says what is to be said: which file, and no token.
pub(crate) fn refused<T>(result: Result<T, StoreError>, file: &Path) -> String {
    let error = result.err().unwrap();
    let said = error.to_string();
    assert!(said.starts_with(&format!("{}: ", file.display())), "{said}");
    assert!(!format!("{said} {error:?}").contains("rt-"), "{error:?}");
    said
}
