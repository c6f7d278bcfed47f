//! What can be wrong with a file.

use core::error::Error;
use core::fmt;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Which file, and what is wrong with it.
#[derive(Debug)]
struct FileError {
    path: PathBuf,
    trouble: Trouble,
}

/// Says what to do. The system's own word is the source, and its kind is in the text.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("this is no directory: name another one for the sessions")]
    NotADirectory,
    #[error(
        "others can write to this directory (mode {0:04o}), and could put in sessions of their \
         own: take that from them (chmod 700), or name a directory in it that is not there yet"
    )]
    WritableDirectory(u32),
    #[error(
        "the directory belongs to user {directory}, this process runs as user {process}: what it \
         writes there, the other could not read; run it as that user"
    )]
    OthersDirectory { directory: u32, process: u32 },
    #[error(
        "others can read or write this session (mode {0:04o}): take that from them (chmod 600), \
         and if one of them may have done so, delete the file and log the user in again"
    )]
    ReadableSession(u32),
    #[error(
        "here should be a file with a session, and not a link, a directory or a device: move it \
         away"
    )]
    NotAFile,
    #[error("the file is empty, where a session should be: delete it and log the user in again")]
    Empty,
    #[error("this is not a session in a format that is known here: move the file away")]
    Foreign,
    #[error(
        "the session was cut short, changed, or written for another name: delete the file and log \
         the user in again"
    )]
    Damaged,
    #[error("this session is larger than any that is kept here; do not keep other things in it")]
    TooLarge,
    #[error("another process has held this lock for {0:?}: see whether it hangs, and end it")]
    Locked(Duration),
    #[error("{0} ({kind})", kind = .1.kind())]
    System(&'static str, #[source] io::Error),
}

/// A trouble with this file.
pub(super) fn error(path: &Path, trouble: Trouble) -> io::Error {
    let kind = match &trouble {
        Trouble::NotADirectory => ErrorKind::NotADirectory,
        Trouble::WritableDirectory(_)
        | Trouble::OthersDirectory { .. }
        | Trouble::ReadableSession(_) => ErrorKind::PermissionDenied,
        Trouble::NotAFile | Trouble::Empty | Trouble::Foreign | Trouble::Damaged => {
            ErrorKind::InvalidData
        }
        Trouble::TooLarge => ErrorKind::FileTooLarge,
        Trouble::Locked(_) => ErrorKind::TimedOut,
        Trouble::System(_, error) => error.kind(),
    };
    io::Error::new(kind, FileError { path: path.into(), trouble })
}

/// What the system does not do with this file.
pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |source| error(path, Trouble::System(what, source))
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.trouble)
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.trouble.source()
    }
}
