//! Files that are not what the store wrote.

use std::fs::{self, File};
use std::io;
use std::time::{Duration, Instant};

use grantflow::{FileStore, Store, Stored};

use crate::directory::{Directory, create, key, record, refused};

#[test]
fn a_person_sees_the_record_in_its_file() {
    let (directory, key) = (Directory::new(), key("alice"));
    create(&directory.store(), &key);
    let file = fs::read_to_string(directory.file(&key)).unwrap();
    let (header, json) = file.split_once('\n').unwrap();
    assert!(header.starts_with("grantflow-session-1 1 "), "{header}");
    assert_eq!(json, r#"{"refresh_token":"rt-1"}"#);
    let lock = format!("{:02x}.lock", key.as_bytes()[0]);
    assert!(directory.names().contains(&lock));
    assert_eq!(directory.names().len(), 2);
}

#[test]
fn a_torn_file_is_an_error_wherever_it_is_torn() {
    let (directory, key) = (Directory::new(), key("alice"));
    let (store, file) = (directory.store(), directory.file(&key));
    create(&store, &key);
    let whole = fs::read(&file).unwrap();
    for length in 0..whole.len() {
        fs::write(&file, &whole[..length]).unwrap();
        let said = refused(store.load(&key), &file);
        match length {
            0 => assert!(said.contains("is empty"), "{said}"),
            1..19 => assert!(said.contains("not a session in a format"), "{said}"),
            _ => assert!(said.contains("delete the file and log the user in again"), "{said}"),
        }
    }
    fs::write(&file, &whole).unwrap();
    assert_eq!(store.load(&key).unwrap().unwrap().bytes(), record(1).bytes());
}

#[test]
fn a_byte_that_changed_or_was_added_is_seen() {
    let (directory, key) = (Directory::new(), key("alice"));
    let (store, file) = (directory.store(), directory.file(&key));
    create(&store, &key);
    let whole = fs::read(&file).unwrap();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&file, &changed).unwrap();
        refused(store.load(&key), &file);
    }
    fs::write(&file, [&whole[..], b"\n"].concat()).unwrap();
    refused(store.load(&key), &file);
}

#[test]
fn what_is_not_a_session_is_neither_read_nor_replaced() {
    let (directory, key) = (Directory::new(), key("alice"));
    let (store, file) = (directory.store(), directory.file(&key));
    let zeros = [0; 512];
    for foreign in [&br#"{"refresh_token":"rt-9"}"#[..], b"grantflow-session-2 1 00\n{}", &zeros] {
        create(&store, &key);
        fs::write(&file, foreign).unwrap();
        let said = refused(store.load(&key), &file);
        assert!(said.contains("move the file away"), "{said}");
        for expected in [None, Some(1)] {
            refused(store.compare_and_swap(&key, expected, &record(2)), &file);
        }
        assert_eq!(fs::read(&file).unwrap(), foreign);
        // As it was told.
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_session_under_another_ones_name_is_no_second_session() {
    let (directory, alice, bob) = (Directory::new(), key("alice"), key("bob"));
    let store = directory.store();
    create(&store, &alice);
    fs::copy(directory.file(&alice), directory.file(&bob)).unwrap();
    let said = refused(store.load(&bob), &directory.file(&bob));
    assert!(said.contains("written for another name"), "{said}");
}

#[test]
fn a_huge_file_is_not_read_and_a_huge_record_is_not_written() {
    let (directory, key) = (Directory::new(), key("alice"));
    let (store, file) = (directory.store(), directory.file(&key));
    let largest = Stored::new(1, vec![b'x'; 4 * 1024 * 1024]);
    let larger = Stored::new(1, vec![b'x'; 4 * 1024 * 1024 + 1]);
    refused(store.compare_and_swap(&key, None, &larger), &file);
    assert!(store.load(&key).unwrap().is_none());
    assert!(store.compare_and_swap(&key, None, &largest).unwrap());
    assert_eq!(store.load(&key).unwrap().unwrap().bytes(), largest.bytes());
    File::options().write(true).open(&file).unwrap().set_len(1 << 40).unwrap();
    assert!(refused(store.load(&key), &file).contains("is larger than any"));
}

#[test]
fn a_draft_that_a_crash_left_behind_is_no_obstacle() {
    let (directory, key) = (Directory::new(), key("alice"));
    let store = directory.store();
    create(&store, &key);
    fs::write(directory.draft(&key), "half a tok".repeat(1_000)).unwrap();
    assert_eq!(store.load(&key).unwrap().unwrap().version(), 1);
    assert!(store.compare_and_swap(&key, Some(1), &record(2)).unwrap());
    assert_eq!(store.load(&key).unwrap().unwrap().bytes(), record(2).bytes());
    assert!(!directory.draft(&key).exists());
}

#[test]
fn what_the_system_refuses_is_the_source_of_the_error() {
    let (directory, key) = (Directory::new(), key("alice"));
    let store = directory.store();
    fs::create_dir(directory.draft(&key)).unwrap();
    let error = store.compare_and_swap(&key, None, &record(1)).unwrap_err();
    assert!(error.to_string().contains("the session's draft cannot be written ("), "{error}");
    assert!(error.source().unwrap().downcast_ref::<io::Error>().unwrap().raw_os_error().is_some());
    assert!(error.downcast_ref::<io::Error>().is_some());
    assert!(store.load(&key).unwrap().is_none());
}

#[test]
fn who_hangs_with_the_lock_is_not_waited_for_forever() {
    let (directory, key) = (Directory::new(), key("alice"));
    let store = directory.store();
    create(&store, &key);
    let path = directory.path().join(format!("{:02x}.lock", key.as_bytes()[0]));
    let held = File::open(&path).unwrap();
    held.lock().unwrap();
    let hasty = store.clone().with_lock_timeout(Duration::ZERO);
    let begin = Instant::now();
    let said = refused(hasty.compare_and_swap(&key, Some(1), &record(2)), &path);
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
    assert!(said.contains("see whether it hangs"), "{said}");
    assert_eq!(store.load(&key).unwrap().unwrap().version(), 1);
    drop(held);
    assert!(hasty.compare_and_swap(&key, Some(1), &record(2)).unwrap());
}

#[test]
fn a_directory_that_has_gone_is_not_a_user_who_never_logged_in() {
    let (directory, key) = (Directory::new(), key("alice"));
    let store = directory.store();
    assert!(store.load(&key).unwrap().is_none());
    fs::remove_dir_all(directory.path()).unwrap();
    let said = refused(store.load(&key), directory.path());
    assert!(said.contains("has gone"), "{said}");
    assert!(store.compare_and_swap(&key, None, &record(1)).is_err());
}

#[test]
fn a_store_opens_only_in_a_directory() {
    let directory = Directory::new();
    drop(directory.store());
    let below = directory.path().join("not there").join("sessions");
    let error = FileStore::open(&below).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().starts_with(below.to_str().unwrap()), "{error}");
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(FileStore::open(&file).unwrap_err().kind(), io::ErrorKind::NotADirectory);
    assert!(FileStore::open("").is_err());
}
