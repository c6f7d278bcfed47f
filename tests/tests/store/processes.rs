//! Several processes, and the end of one.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use grantflow::{FileStore, Store, Stored};

use crate::directory::{Directory, create, key, record};

#[test]
fn many_processes_lose_no_increment() {
    if let Some(directory) = env::var_os(CHILD) {
        let store = FileStore::open(directory).unwrap();
        return (0..INCREMENTS).for_each(|_| increment(&store, record));
    }
    let directory = Directory::new();
    create(&directory.store(), &key("alice"));
    let test = "processes::many_processes_lose_no_increment";
    let children = (0..PROCESSES).map(|_| child(test, directory.path())).collect::<Vec<_>>();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let stored = directory.store().load(&key("alice")).unwrap().unwrap();
    assert_eq!(stored.version(), 1 + PROCESSES * INCREMENTS);
    assert_eq!(stored.bytes(), record(stored.version()).bytes());
}

#[test]
fn a_process_that_is_killed_in_the_middle_leaves_a_whole_record() {
    if let Some(directory) = env::var_os(CHILD) {
        let store = FileStore::open(directory).unwrap();
        // Until it is killed, or until nobody reads any more.
        while io::stderr().write_all(b"swapped\n").is_ok() {
            increment(&store, large);
        }
        return;
    }
    let (directory, key) = (Directory::new(), key("alice"));
    let store = directory.store();
    assert!(store.compare_and_swap(&key, None, &large(1)).unwrap());
    let test = "processes::a_process_that_is_killed_in_the_middle_leaves_a_whole_record";
    for kills in 0..16 {
        let before = store.load(&key).unwrap().unwrap().version();
        let mut child = child(test, directory.path());
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.by_ref().take(1 + kills % 4).count();
        child.kill().unwrap();
        child.wait().unwrap();
        // The first is said before the first swap.
        let swaps = u64::try_from(first + lines.count() - 1).unwrap();
        let stored = store.load(&key).unwrap().unwrap();
        assert_eq!(stored.bytes(), large(stored.version()).bytes());
        let made = stored.version() - before;
        assert!(made == swaps || made == swaps + 1, "{made} were made, {swaps} were reported");
        increment(&store, large);
        assert!(!directory.draft(&key).exists());
    }
}

fn increment(store: &FileStore, record: fn(u64) -> Stored) {
    loop {
        let version = store.load(&key("alice")).unwrap().unwrap().version();
        if store.compare_and_swap(&key("alice"), Some(version), &record(version + 1)).unwrap() {
            return;
        }
    }
}

/// So large that it takes most of the time to write it.
fn large(version: u64) -> Stored {
    Stored::new(version, version.to_be_bytes().repeat(32 * 1024))
}

/// This test again, in a process of its own.
fn child(test: &str, directory: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test]).env(CHILD, directory);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

const CHILD: &str = "GRANTFLOW_TEST_CHILD";
const PROCESSES: u64 = 6;
const INCREMENTS: u64 = 25;
