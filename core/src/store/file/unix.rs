//! Modes, owners and directories, as Unix has them.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// For nobody else's eyes.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// For nobody else's eyes.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// The mode, if others can write there.
pub(super) fn writable_by_others(metadata: &Metadata) -> Option<u32> {
    permissions(metadata, 0o022)
}

/// The mode, if others can do anything with it.
pub(super) fn open_to_others(metadata: &Metadata) -> Option<u32> {
    permissions(metadata, 0o077)
}

/// The owners of a directory and of a file in it, if they are not the same.
pub(super) fn owners(directory: &Metadata, file: &Metadata) -> Option<(u32, u32)> {
    (directory.uid() != file.uid()).then(|| (directory.uid(), file.uid()))
}

/// A new name is on the disk when the directory is.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn permissions(metadata: &Metadata, of_others: u32) -> Option<u32> {
    (metadata.mode() & of_others != 0).then(|| metadata.mode() & 0o7777)
}
