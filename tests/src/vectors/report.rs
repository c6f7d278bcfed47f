//! Runs files of vectors and says what came of them.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use serde::Deserialize;
use serde_json::Value;

use super::compare;
use super::model::Vector;
use super::operation;
use super::outcome::Stop;

/// How many vectors passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Came out as expected.
    pub passed: usize,
    /// Came out otherwise, or could not be read.
    pub failed: usize,
    /// Are of an operation that the runner does not know, or of a feature that the library does
    /// not have.
    pub skipped: usize,
}

/// Runs the vectors of a file, or of all files under a folder, and writes a line for each that
/// fails or is skipped.
///
/// # Errors
/// Where a line cannot be written. A file that cannot be read is a failure like any other.
pub fn run(path: &Path, lines: &mut dyn Write) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let files = match files(path) {
        Ok(files) => files,
        Err(error) => {
            tally.fail(lines, &unreadable(path), &error.to_string())?;
            Vec::new()
        }
    };
    for file in files {
        match fs::read_to_string(&file) {
            Ok(text) => tally.add(run_text(&file.display().to_string(), &text, lines)?),
            Err(error) => tally.fail(lines, &unreadable(&file), &error.to_string())?,
        }
    }
    Ok(tally)
}

/// Runs the vectors of a text in the form of a vector file; `name` is what the report calls it.
///
/// # Errors
/// Where a line cannot be written.
pub fn run_text(name: &str, text: &str, lines: &mut dyn Write) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let file: File = match serde_json::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            tally.fail(lines, name, &error.to_string())?;
            return Ok(tally);
        }
    };
    for vector in &file.vectors {
        match Vector::deserialize(vector) {
            Ok(vector) => tally.run(&vector, lines)?,
            Err(error) => {
                let id = vector.get("id").and_then(Value::as_str).unwrap_or(name);
                tally.fail(lines, id, &format!("malformed vector: {error}"))?;
            }
        }
    }
    Ok(tally)
}

#[derive(Deserialize)]
struct File {
    vectors: Vec<Value>,
}

impl Tally {
    /// Adds the counts of another run.
    pub fn add(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }

    fn run(&mut self, vector: &Vector, lines: &mut dyn Write) -> io::Result<()> {
        let Some(operation) = operation(&vector.op) else {
            return self.skip(lines, vector, "");
        };
        // A defect of the library must not hide what comes after it.
        let result = panic::catch_unwind(AssertUnwindSafe(|| operation(vector)))
            .unwrap_or_else(|panic| Err(Stop::Wrong(words(&*panic))));
        match (compare::check(&vector.expect, &result), result) {
            (Ok(()), _) => {
                self.passed = self.passed.saturating_add(1);
                Ok(())
            }
            (Err(_), Err(Stop::Lacking(what))) => {
                self.skip(lines, vector, &format!(": the library has no {what}"))
            }
            (Err(difference), _) => {
                self.fail(lines, &format!("{} {}", vector.id, vector.title), &difference)
            }
        }
    }

    fn skip(&mut self, lines: &mut dyn Write, vector: &Vector, why: &str) -> io::Result<()> {
        self.skipped = self.skipped.saturating_add(1);
        writeln!(lines, "SKIP {} {}{why}", vector.id, vector.op)
    }

    fn fail(&mut self, lines: &mut dyn Write, whose: &str, why: &str) -> io::Result<()> {
        self.failed = self.failed.saturating_add(1);
        writeln!(lines, "FAIL {}", one_line(&format!("{whose}: {why}")))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries = fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else if entry.extension().is_some_and(|end| end == "json") {
            found.push(entry);
        }
    }
    Ok(found)
}

fn unreadable(path: &Path) -> String {
    format!("{} cannot be read", path.display())
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a panic: {}", text.unwrap_or("without a word"))
}

/// One line of a length that a terminal shows.
fn one_line(text: &str) -> String {
    let plain = |character: char| {
        if character.is_control() {
            character.escape_default().collect::<String>()
        } else {
            character.to_string()
        }
    };
    let mut line: String = text.chars().take(MAX_LINE).map(plain).collect();
    if text.chars().nth(MAX_LINE).is_some() {
        line.push('…');
    }
    line
}

const MAX_LINE: usize = 600;
