//! A directory that is gone when the test is over.

use std::fs;
use std::path::{Path, PathBuf};

use grantflow::{Client, FileStore, Provider, Secret, Store, StoreError, Stored, TokenKey};
use grantflow_tests::scratch::Scratch;

pub(crate) struct Directory(Scratch);

impl Directory {
    /// Not there yet.
    pub(crate) fn new() -> Self {
        Self(Scratch::new(env!("CARGO_TARGET_TMPDIR"), "store"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn store(&self) -> FileStore {
        self.0.store().unwrap()
    }

    pub(crate) fn file(&self, key: &TokenKey) -> PathBuf {
        self.path().join(format!("{key}.session"))
    }

    pub(crate) fn draft(&self, key: &TokenKey) -> PathBuf {
        self.path().join(format!("{key}.draft"))
    }

    /// The names of the files in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<Vec<_>>();
        names.sort();
        names
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
