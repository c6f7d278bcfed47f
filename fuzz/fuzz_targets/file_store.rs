//! Any bytes in a session's file: what was written there comes back whole, and everything else is an
//! error that says what to do.
#![no_main]

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::LazyLock;

use grantflow::{FileStore, Store, StoreError, Stored, TokenKey};
use grantflow_fuzz::{Input, Secrets, Setting};
use libfuzzer_sys::fuzz_target;

/// A folder of this process's own.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("grantflow-fuzz-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    FileStore::open(&folder).unwrap();
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (kind, other) = (input.byte(), input.byte());
    let setting = Setting::new(0, bytes);
    let known = Secrets::new([setting.grant.clone()]);
    let store = FileStore::open(&*FOLDER).unwrap();
    let key = TokenKey::of_session("anna", &setting.client);
    let path = FOLDER.join(format!("{key}.session"));
    drop(fs::remove_file(&path));
    assert!(store.load(&key).unwrap().is_none());
    let version = u64::from(input.choice());
    let text = known.plant(input.part());
    let other_bytes = known.plant(input.part());
    let file = match kind & 3 {
        // Anything.
        0 => [b"grantflow-session-1".as_slice(), &text].concat(),
        1 => text,
        // What was written, and one piece of it is another.
        _ => {
            let new = Stored::new(version, text.clone());
            assert!(store.compare_and_swap(&key, None, &new).unwrap());
            assert!(!store.compare_and_swap(&key, None, &new).unwrap());
            assert!(!store.compare_and_swap(&key, Some(version + 1), &new).unwrap());
            let stands = store.load(&key).unwrap().unwrap();
            assert_eq!((stands.version(), stands.bytes()), (version, &*text));
            let whole = fs::read(&path).unwrap();
            let at = usize::from(other) % (whole.len() + 1);
            let end =
                if kind & 4 == 0 { whole.len().min(at + other_bytes.len()) } else { whole.len() };
            [&whole[..at], &other_bytes, &whole[end..]].concat()
        }
    };
    let is_whole = fs::read(&path).is_ok_and(|whole| whole == file);
    let mode = if kind & 24 == 24 { 0o644 } else { 0o600 };
    drop(fs::remove_file(&path));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(&path).unwrap().write_all(&file).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    match store.load(&key) {
        Ok(stored) => {
            assert!(is_whole && mode == 0o600 && stored.is_some());
            // It can be replaced.
            let new = Stored::new(version + 1, other_bytes);
            assert!(store.compare_and_swap(&key, Some(version), &new).unwrap());
            assert_eq!(store.load(&key).unwrap().unwrap().bytes(), new.bytes());
        }
        Err(error) => {
            assert!(!is_whole || mode != 0o600);
            check(&known, &error);
            let new = Stored::new(1, file);
            check(&known, &store.compare_and_swap(&key, Some(1), &new).unwrap_err());
        }
    }
});

fn check(known: &Secrets, error: &StoreError) {
    known.assert_hidden_by_error(&**error);
    let text = error.to_string();
    assert!(["delete", "move", "chmod"].iter().any(|what| text.contains(what)), "{text}");
}
