//! What the adapters say by crate `tracing`, and what they count: the same for both.
#![expect(clippy::unwrap_used, reason = "tests say what they expect")]

mod adapter;
mod own;
mod sessions;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use grantflow_tests::collector;

/// The file where all of it is written: this process hears itself from here on.
fn heard() -> &'static Path {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("telemetry.lines");
        collector::install(&file).unwrap();
        file
    });
    &FILE
}
