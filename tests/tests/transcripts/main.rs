//! The recorded exchanges with real servers, run through the core. What each became stands in
//! `tests/transcripts/outcomes.txt`, to be read line by line by whoever changes it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests say what they expect"
)]

mod asked;
mod became;
mod readers;
mod recording;

use std::fs;
use std::path::{Path, PathBuf};

use grantflow::Timestamp;

use crate::asked::Asked;
use crate::recording::Recording;

#[test]
fn each_recorded_answer_becomes_what_the_table_says() {
    let table: String = recordings().iter().map(|recording| line(recording) + "\n").collect();
    let file = folder().join("outcomes.txt");
    if std::env::var_os(WRITE).is_some() {
        fs::write(&file, &table).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    let gone = expected.lines().filter(|line| !table.lines().any(|other| other == *line));
    let new = table.lines().filter(|line| !expected.lines().any(|other| other == *line));
    let different: Vec<String> =
        gone.map(|line| format!("- {line}")).chain(new.map(|line| format!("+ {line}"))).collect();
    assert!(
        different.is_empty(),
        "answers became something else:\n{}\nIf that is right, write the table anew with {WRITE}=1 \
         and read what has changed in it",
        different.join("\n")
    );
    assert_eq!(table, expected, "the table's lines are in another order, or one is there twice");
}

#[test]
fn no_reader_panics_at_a_recorded_answer_and_none_prints_a_secret_of_it() {
    let mut searched = 0;
    for recording in recordings() {
        let secrets = recording.secrets();
        searched += secrets.len();
        for asked in readers::ALL.iter().copied().chain([Asked::by(&recording)]) {
            let shown = readers::read(&recording, asked).shown;
            for secret in &secrets {
                // The first characters are enough to find one that was cut.
                let (name, start) = (&recording.name, &secret[..SEEN]);
                assert!(!shown.contains(start), "{name}: {asked:?} prints {secret}:\n{shown}");
            }
        }
    }
    assert!(searched > 300, "{searched} secrets are too few for so many answers");
}

fn line(recording: &Recording) -> String {
    let asked = Asked::by(recording);
    let became = readers::read(recording, asked).line;
    format!("{:<46}{:<20}{}  {became}", recording.name, asked.name(), recording.status)
}

fn recordings() -> Vec<Recording> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let is_recording = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "http");
    let files = entries.filter(is_recording);
    let mut recordings: Vec<Recording> = files.map(|file| Recording::read(&file)).collect();
    recordings.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(recordings.len(), 301);
    recordings
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts")
}

/// When the exchanges were recorded.
const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_301_240);

const SEEN: usize = 8;

const WRITE: &str = "WRITE_OUTCOMES";
