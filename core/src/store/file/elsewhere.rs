//! Systems without Unix's modes and owners, and without a way to sync a directory.

use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::path::Path;

pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

pub(super) fn writable_by_others(_: &Metadata) -> Option<u32> {
    None
}

pub(super) fn open_to_others(_: &Metadata) -> Option<u32> {
    None
}

pub(super) fn owners(_: &Metadata, _: &Metadata) -> Option<(u32, u32)> {
    None
}

#[expect(clippy::unnecessary_wraps, reason = "as on Unix, where it can fail")]
pub(super) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
