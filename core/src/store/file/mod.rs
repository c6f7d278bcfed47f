//! A store that is a directory.

mod error;
mod format;
mod lock;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "elsewhere.rs")]
mod system;

use alloc::format;
use alloc::vec;
use core::time::Duration;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{self, Path, PathBuf};

use crate::wiping::Wiping;

use self::error::{Trouble, error, failed};
use self::lock::Lock;
use super::{Store, StoreError, Stored};
use crate::cache::TokenKey;

/// Keeps each session in a file of its own, in one directory. Any number of threads, of
/// `FileStore`s and of processes may share it: for command-line tools, for desktop programs, and for
/// services that run on one machine.
///
/// ```no_run
/// use grantflow::FileStore;
///
/// let store = FileStore::open("/var/lib/my-app/sessions")?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # The files
/// A session's file is named by its key, `<64 hexadecimal digits>.session`. Its first line says the
/// format, the version, and a digest of key, version and bytes; then come the bytes as they are. To
/// look at the JSON in one: `tail -n +2 <file>`. What was cut short, changed by hand or copied to
/// another key's name does not agree with the digest, and is an error instead of a session.
///
/// A swap writes a `.draft` beside the file and renames it: whoever reads sees the one record or
/// the other, whole, and needs no lock. The record and its name are synced to the disk before the
/// swap is reported.
///
/// Those who swap take turns by a lock on one of at most 256 `.lock` files. They are empty and may
/// be left alone; do not delete them while a program runs, or two may write at once. A lock ends
/// with the process that holds it, so none is ever left behind.
///
/// # Who may read them
/// The tokens stand in the clear, and the modes of the files guard them: the directory is made with
/// mode 0700, files with 0600. A directory that others can write to and a session's file that others
/// can read are refused, and so are symbolic links. The directories above are to be yours or the
/// system's; nobody looks at them here. Whoever wants the bytes encrypted wraps this store in one
/// that does it.
///
/// # Where it does not fit
/// - Not on a network file system, unless its locks hold between machines.
/// - Its calls block: an async program makes them on a thread that may.
/// - On systems other than Unix there are no modes, and names are not synced: access is what the
///   directory passes on to its files, and a swap may be undone when the power fails.
#[derive(Clone, Debug)]
pub struct FileStore {
    directory: PathBuf,
    lock_timeout: Duration,
}

impl FileStore {
    /// The store in this directory, which is made if it is not there. Its parent must exist already.
    ///
    /// # Errors
    /// Where the directory cannot be made, is none, or can be written to by others.
    pub fn open(directory: impl Into<PathBuf>) -> io::Result<Self> {
        // A program may change its working directory; its sessions do not move.
        let directory = path::absolute(directory.into())?;
        match system::make_directory(&directory) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => {
                made.map_err(failed("the directory cannot be made", &directory))?;
                sync_name_of(&directory)?;
            }
        }
        let metadata =
            fs::metadata(&directory).map_err(failed("the directory cannot be used", &directory))?;
        if !metadata.is_dir() {
            return Err(error(&directory, Trouble::NotADirectory));
        }
        if let Some(mode) = system::writable_by_others(&metadata) {
            return Err(error(&directory, Trouble::WritableDirectory(mode)));
        }
        Ok(Self { directory, lock_timeout: LOCK_TIMEOUT })
    }

    /// The same store with another limit to how long a swap waits for others. The default is
    /// 4 seconds: they only write a file each.
    #[must_use]
    pub fn with_lock_timeout(self, lock_timeout: Duration) -> Self {
        Self { lock_timeout, ..self }
    }

    fn read(&self, key: &TokenKey) -> io::Result<Option<Stored>> {
        let path = self.path(key, "session");
        // Before it is opened: a pipe in its place would never answer.
        let is_file = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return self.nothing(),
            metadata => metadata.map_err(failed("the session cannot be read", &path))?.is_file(),
        };
        if !is_file {
            return Err(error(&path, Trouble::NotAFile));
        }
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return self.nothing(),
            file => file.map_err(failed("the session cannot be read", &path))?,
        };
        let metadata = file.metadata().map_err(failed("the session cannot be read", &path))?;
        if let Some(mode) = system::open_to_others(&metadata) {
            return Err(error(&path, Trouble::ReadableSession(mode)));
        }
        let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        if length > MAX_BYTES.saturating_add(format::MAX_HEADER) {
            return Err(error(&path, Trouble::TooLarge));
        }
        // Of its full size from the start: no copy of a token stays behind where it grew.
        let mut bytes = Wiping::new(vec![0; length]);
        file.read_exact(&mut bytes).map_err(failed("the session cannot be read", &path))?;
        format::decode(key, &bytes).map(Some).map_err(|trouble| error(&path, trouble))
    }

    /// There is no such session, which is to be told from a directory that has gone.
    fn nothing(&self) -> io::Result<Option<Stored>> {
        fs::metadata(&self.directory)
            .map_err(failed("the directory of the sessions has gone", &self.directory))?;
        Ok(None)
    }

    fn swap(&self, key: &TokenKey, expected: Option<u64>, new: &Stored) -> io::Result<bool> {
        let path = self.path(key, "session");
        if new.bytes().len() > MAX_BYTES {
            return Err(error(&path, Trouble::TooLarge));
        }
        let lock = self.directory.join(format!("{:02x}.lock", key.as_bytes()[0]));
        let _lock = Lock::take(&self.directory, &lock, self.lock_timeout)?;
        if self.read(key)?.as_ref().map(Stored::version) != expected {
            return Ok(false);
        }
        let draft = self.path(key, "draft");
        write(&draft, key, new)
            .map_err(failed("the session's draft cannot be written", &draft))
            .and_then(|()| {
                fs::rename(&draft, &path).map_err(failed("the session cannot be replaced", &path))
            })
            // The next swap would remove it, but it has tokens in it.
            .inspect_err(|_| drop(fs::remove_file(&draft)))?;
        sync_name_of(&path)?;
        Ok(true)
    }

    fn path(&self, key: &TokenKey, extension: &str) -> PathBuf {
        self.directory.join(format!("{key}.{extension}"))
    }
}

impl Store for FileStore {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        Ok(self.read(key)?)
    }

    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        Ok(self.swap(key, expected, new)?)
    }
}

/// Under the lock, so that a draft which is there already belongs to nobody.
fn write(draft: &Path, key: &TokenKey, new: &Stored) -> io::Result<()> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = system::private(OpenOptions::new().write(true).create_new(true)).open(draft)?;
    file.write_all(format::header(key, new).as_bytes())?;
    file.write_all(new.bytes())?;
    // Before the rename: or the name might reach the disk and the bytes not.
    file.sync_all()
}

fn sync_name_of(path: &Path) -> io::Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    system::sync_directory(parent).map_err(failed("the directory cannot be synced", parent))
}

/// A session with a few tokens has a few thousand.
const MAX_BYTES: usize = 4 * 1024 * 1024;
const LOCK_TIMEOUT: Duration = Duration::from_secs(4);
