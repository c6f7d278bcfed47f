//! Who may read the files.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use grantflow::{FileStore, Store};

use crate::directory::{Directory, create, key, record, refused};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_a_store_makes_is_for_its_user_alone() {
    let (directory, key) = (Directory::new(), key("alice"));
    let store = directory.store();
    create(&store, &key);
    // Whatever mode it has: it is of a process that is gone.
    fs::write(directory.draft(&key), "").unwrap();
    set_mode(&directory.draft(&key), 0o666);
    assert!(store.compare_and_swap(&key, Some(1), &record(2)).unwrap());
    assert_eq!(mode(directory.path()), 0o700);
    for name in directory.names() {
        assert_eq!(mode(&directory.path().join(&name)), 0o600, "{name}");
    }
}

#[test]
fn a_session_that_others_can_read_or_write_is_refused() {
    let (directory, key) = (Directory::new(), key("alice"));
    let (store, file) = (directory.store(), directory.file(&key));
    create(&store, &key);
    let before = fs::read(&file).unwrap();
    for open in [0o640, 0o604, 0o620, 0o602, 0o610, 0o644] {
        set_mode(&file, open);
        let said = refused(store.load(&key), &file);
        assert!(said.contains(&format!("mode {open:04o}")) && said.contains("chmod 600"), "{said}");
        refused(store.compare_and_swap(&key, Some(1), &record(2)), &file);
        refused(store.compare_and_swap(&key, None, &record(2)), &file);
        assert_eq!((fs::read(&file).unwrap(), mode(&file)), (before.clone(), open));
    }
    set_mode(&file, 0o400);
    assert_eq!(store.load(&key).unwrap().unwrap().version(), 1);
}

#[test]
fn a_link_is_not_followed_wherever_it_leads() {
    let (directory, alice, bob) = (Directory::new(), key("alice"), key("bob"));
    let (store, link) = (directory.store(), directory.file(&bob));
    create(&store, &alice);
    let before = fs::read(directory.file(&alice)).unwrap();
    for target in [directory.file(&alice), directory.path().join("nowhere")] {
        symlink(&target, &link).unwrap();
        let said = refused(store.load(&bob), &link);
        assert!(said.contains("move it away"), "{said}");
        refused(store.compare_and_swap(&bob, None, &record(2)), &link);
        fs::remove_file(&link).unwrap();
    }
    // A draft that is one is removed, not written through.
    symlink(directory.file(&alice), directory.draft(&bob)).unwrap();
    create(&store, &bob);
    assert_eq!(fs::read(directory.file(&alice)).unwrap(), before);
    assert!(fs::symlink_metadata(directory.file(&bob)).unwrap().is_file());
}

#[test]
fn what_is_no_file_is_an_error_and_never_waited_for() {
    let (directory, key) = (Directory::new(), key("alice"));
    let (store, file) = (directory.store(), directory.file(&key));
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    refused(store.load(&key), &file);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    refused(store.load(&key), &file);
    refused(store.compare_and_swap(&key, None, &record(1)), &file);
}

#[test]
fn a_directory_that_others_can_write_to_is_refused() {
    let directory = Directory::new();
    drop(directory.store());
    for open in [0o770, 0o707, 0o720, 0o702, 0o1777] {
        set_mode(directory.path(), open);
        let error = FileStore::open(directory.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        let said = error.to_string();
        assert!(said.contains(&format!("mode {open:04o}")) && said.contains("chmod 700"), "{said}");
    }
    set_mode(directory.path(), 0o755);
    drop(directory.store());
}

/// `sudo` once, and the user's own program could not open the lock any more. Only root can give a
/// directory away; for anybody else there is nothing to test.
#[test]
fn root_leaves_nothing_behind_in_another_users_directory() {
    let (directory, key) = (Directory::new(), key("alice"));
    let store = directory.store();
    if chown(directory.path(), Some(65_534), None).is_ok() {
        let said = refused(store.compare_and_swap(&key, None, &record(1)), directory.path());
        assert!(said.contains("belongs to user 65534") && said.contains("as user 0"), "{said}");
        assert_eq!(directory.names(), [""; 0]);
    }
}
