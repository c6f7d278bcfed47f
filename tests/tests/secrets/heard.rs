//! What this process says itself, with all of its stories.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use grantflow_tests::collector;

use crate::search::{find, joined};

/// The file where all of it is written.
pub(crate) fn heard() -> &'static Path {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("said.lines");
        collector::install(&file).unwrap();
        file
    });
    &FILE
}

#[test]
fn the_quietest_words_of_a_log_and_of_a_trace_are_heard() {
    let heard = heard();
    log::trace!(target: "a log", "LOGGED");
    let span = tracing::trace_span!(target: "a span", "outside", field = "SPANNED", later = tracing::field::Empty);
    span.in_scope(|| tracing::trace!(target: "an event", field = ?"TRACED", "MESSAGE"));
    span.record("later", "RECORDED");
    let texts = joined(&collector::read(heard).unwrap());
    for (word, place) in [
        ("LOGGED", "a log"),
        ("SPANNED", "a span"),
        ("TRACED", "an event"),
        ("MESSAGE", "an event"),
        ("RECORDED", "tracing"),
    ] {
        assert_eq!(find(word, &texts), [place], "{word}");
    }
}
