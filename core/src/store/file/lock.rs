//! One at a time, between threads and between processes.

use core::time::Duration;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::thread;
use std::time::Instant;

use super::error::{Trouble, error, failed};
use super::system;

/// Held until it is dropped, or until the process ends. It belongs to the open file: two that are
/// opened by one process exclude each other, too.
pub(super) struct Lock(File);

impl Lock {
    /// The system's own waiting has no limit, so it is asked again and again.
    pub(super) fn take(directory: &Path, path: &Path, timeout: Duration) -> io::Result<Self> {
        let file = open(directory, path)?;
        let begin = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(fs::TryLockError::WouldBlock) if begin.elapsed() < timeout => {
                    thread::sleep(PAUSE);
                }
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(error(path, Trouble::Locked(timeout)));
                }
                Err(fs::TryLockError::Error(source)) => {
                    return Err(failed("this file system has no locks", path)(source));
                }
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is enough, unless a child process has got it by a fork.
        drop(self.0.unlock());
    }
}

/// A lock file that another user's process made would shut out the directory's own user. Such a
/// process removes it again, and nobody whom it is meant for can have opened it meanwhile.
fn open(directory: &Path, path: &Path) -> io::Result<File> {
    let options = || {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        options
    };
    let cannot = || failed("the lock cannot be opened", path);
    let file = match system::private(options().create_new(true)).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return options().open(path).map_err(cannot());
        }
        file => file.map_err(cannot())?,
    };
    let metadata = fs::metadata(directory).and_then(|above| Ok((above, file.metadata()?)));
    let (above, own) = metadata.map_err(cannot())?;
    match system::owners(&above, &own) {
        None => Ok(file),
        Some((directory_owner, process)) => {
            fs::remove_file(path).map_err(cannot())?;
            Err(error(directory, Trouble::OthersDirectory { directory: directory_owner, process }))
        }
    }
}

/// About as long as the swap of another takes.
const PAUSE: Duration = Duration::from_millis(1);
