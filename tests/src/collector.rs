//! Hears all that a process says: what it logs by `log` and by `tracing`, at the most talkative
//! level, and the words of its panics.
//!
//! An example is a program of its own. It hears itself where [`FILE`] names a file in its
//! environment: the sandbox, which each of them starts, sees to that, and notes the secrets that it
//! gives and gets.

use std::cell::RefCell;
use std::fmt::{self, Debug, Write as _};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, panic, thread};

use log::{LevelFilter, Log, Metadata, Record};
use serde::{Deserialize, Serialize};
use tracing::field::{Field, Visit};
use tracing::span::{self, Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_core::span::Current;

/// The variable that names the file of a program that is to hear itself.
pub const FILE: &str = "GRANTFLOW_COLLECTOR_FILE";

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The thread that said it.
    pub thread: String,
    /// Which part of which crate it is from; [`SECRET`] or [`PANIC`].
    pub target: String,
    /// The message with all of its fields, and the name of the innermost span that it is in.
    pub text: String,
}

/// The target of a line that is no message, but a secret that no message may have in it.
pub const SECRET: &str = "a secret";
/// The target of what a panic says.
pub const PANIC: &str = "a panic";

/// Hears what this process says from here on, and writes it to this file.
///
/// # Errors
/// Where the file cannot be made, or something else hears this process already.
pub fn install(path: &Path) -> io::Result<()> {
    *file() = Some(File::create(path)?);
    log::set_logger(&Collector).map_err(|error| io::Error::other(error.to_string()))?;
    log::set_max_level(LevelFilter::Trace);
    tracing::subscriber::set_global_default(Collector).map_err(io::Error::other)?;
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        note(PANIC, panic.to_string());
        hook(panic);
    }));
    Ok(())
}

/// The same, where [`FILE`] asks for it.
pub(crate) fn install_where_asked() -> io::Result<()> {
    match env::var_os(FILE) {
        Some(path) if file().is_none() => install(Path::new(&path)),
        _ => Ok(()),
    }
}

/// Notes a secret, where anybody hears this process.
pub fn note_secret(secret: &str) {
    note(SECRET, secret.to_owned());
}

/// All that was said.
///
/// # Errors
/// Where the file cannot be read, or a line of it.
pub fn read(path: &Path) -> io::Result<Vec<Line>> {
    let writing = file();
    let lines = fs::read_to_string(path)?;
    drop(writing);
    lines.lines().map(|line| serde_json::from_str(line).map_err(io::Error::other)).collect()
}

fn note(target: &str, text: String) {
    let mut file = file();
    let Some(file) = file.as_mut() else { return };
    let thread = format!("{:?}", thread::current().id());
    let line = Line { thread, target: target.to_owned(), text };
    // In one piece, so that nothing is lost where the program ends. What cannot be written will be
    // missed by who reads it.
    let line = serde_json::to_string(&line).unwrap_or_default();
    drop(file.write_all(format!("{line}\n").as_bytes()));
}

fn file() -> MutexGuard<'static, Option<File>> {
    static FILE: Mutex<Option<File>> = Mutex::new(None);
    FILE.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Collector;

impl Log for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        note(record.target(), record.args().to_string());
    }

    fn flush(&self) {}
}

impl Subscriber for Collector {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        let mut spans = spans();
        spans.push(metadata);
        // They count from 1 on.
        let id = Id::from_u64(u64::try_from(spans.len()).unwrap_or(u64::MAX));
        drop(spans);
        let name = format!("{} {}", metadata.level(), name_of(&id));
        note(metadata.target(), Words::of(name, |words| span.record(words)).0);
        id
    }

    fn record(&self, id: &Id, values: &span::Record<'_>) {
        note("tracing", Words::of(name_of(id), |words| values.record(words)).0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let name = format!("{} {}", metadata.level(), metadata.name());
        let mut words = Words::of(name, |words| event.record(words));
        if let Some(id) = IN.with_borrow(|ids| ids.last().cloned()) {
            words.0.push_str(" in ");
            words.0.push_str(&name_of(&id));
        }
        note(metadata.target(), words.0);
    }

    fn enter(&self, id: &Id) {
        IN.with_borrow_mut(|ids| ids.push(id.clone()));
    }

    fn exit(&self, _: &Id) {
        IN.with_borrow_mut(Vec::pop);
    }

    fn current_span(&self) -> Current {
        let id = IN.with_borrow(|ids| ids.last().cloned());
        let current = id.and_then(|id| Some(Current::new(id.clone(), metadata_of(&id)?)));
        current.unwrap_or_else(Current::none)
    }
}

thread_local! {
    /// The spans that this thread is in.
    static IN: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

type SpanMetadata = &'static tracing::Metadata<'static>;

/// All there ever were.
fn spans() -> MutexGuard<'static, Vec<SpanMetadata>> {
    static SPANS: Mutex<Vec<SpanMetadata>> = Mutex::new(Vec::new());
    SPANS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn metadata_of(id: &Id) -> Option<SpanMetadata> {
    spans().get(usize::try_from(id.into_u64()).ok()?.checked_sub(1)?).copied()
}

/// A span's name, and a number that no other has.
fn name_of(id: &Id) -> String {
    let name = metadata_of(id).map_or("", |metadata| metadata.name());
    format!("{name}#{}", id.into_u64())
}

/// A name, and fields with their values.
struct Words(String);

impl Words {
    fn of(name: String, record: impl FnOnce(&mut Self)) -> Self {
        let mut words = Self(name);
        record(&mut words);
        words
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string does not fail.
        let _: fmt::Result = write!(self.0, " {field}={value:?}");
    }
}
