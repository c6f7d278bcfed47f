//! One directory, and programs of both kinds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use grantflow::{FileStore, SessionErrorKind};
use grantflow_hyper::BlockingStore;
use grantflow_tests::rotating_server::RotatingServer;

use crate::program::{Program, Tasks, Threads};
use crate::world::{NAME, kind};

#[test]
fn what_one_program_logs_in_another_of_the_other_kind_refreshes() {
    let server = RotatingServer::start().unwrap();
    let client = server.client().unwrap();
    let directory = Directory::new();
    let threads = Threads::over(directory.store(), &client);
    let tasks = Tasks::over(BlockingStore::new(directory.store()), &client);

    threads.login(NAME, server.log_in(&client, "anna").unwrap()).unwrap();
    assert_eq!(threads.token(NAME).unwrap(), "at-anna-0");
    assert_eq!(tasks.next(NAME).unwrap(), "at-anna-1");
    assert_eq!(threads.next(NAME).unwrap(), "at-anna-1");

    tasks.login(NAME, server.log_in(&client, "bert").unwrap()).unwrap();
    // Nobody tells another process; it finds out when it next needs a token.
    assert_eq!(threads.token(NAME).unwrap(), "at-anna-1");
    assert_eq!(threads.next(NAME).unwrap(), "at-bert-0");
    assert_eq!(tasks.token(NAME).unwrap(), "at-bert-0");
    assert_eq!(threads.next(NAME).unwrap(), "at-bert-1");
    assert_eq!(tasks.next(NAME).unwrap(), "at-bert-1");

    let removed = threads.logout(NAME).unwrap().unwrap();
    assert_eq!(removed.tokens().access_token().expose(), "at-bert-1");
    let error = tasks.next(NAME).unwrap_err();
    assert_eq!(kind(&error), Some(SessionErrorKind::Missing), "{error}");
    assert_eq!((server.requests(), server.reuses()), (2, 0));
}

/// It is gone when the test is over.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("session-{}-{count}", process::id());
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
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
