//! The examples, as they stand in their folder, each in a process of its own that hears itself.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use grantflow_tests::collector::{self, Line, SECRET};
use grantflow_tests::scratch::Scratch;

use crate::search::{Text, find, joined};

#[test]
fn the_quickstart_says_no_secret() {
    Run::of("quickstart").says_no_secret(&[OWN_CALLS, BROWSER]);
}

#[test]
fn the_async_quickstart_says_no_secret() {
    Run::of("quickstart_async").says_no_secret(&[BROWSER]);
}

#[test]
fn a_thousand_api_calls_say_no_secret() {
    Run::of("api_client").says_no_secret(&[]);
}

#[test]
fn a_thousand_async_api_calls_say_no_secret() {
    Run::of("api_client_async").says_no_secret(&[]);
}

#[test]
fn two_programs_that_share_a_session_say_no_secret() {
    Run::of("session").says_no_secret(&[BROWSER]);
}

/// What the user's browser asks for, which knows the password, and brings the code.
const BROWSER: &[&str] = &["/connect/authorize", "/connect/login", "/connect/business"];

/// Requests that the program sends by a client of its own, without our middleware: what that client
/// logs is the program's affair.
const OWN_CALLS: &[&str] = &["/api/partner/v1/sales", "/test/company/info", "/api/bookings"];

/// An example that has run to its end.
struct Run {
    lines: Vec<Line>,
    printed: [Text; 2],
}

impl Run {
    fn of(example: &str) -> Self {
        let directory = Scratch::new(env!("CARGO_TARGET_TMPDIR"), "collector");
        fs::create_dir_all(directory.path()).unwrap();
        let file = directory.path().join("lines");
        let output = Command::new(program(example))
            .env(collector::FILE, &file)
            .env("TMPDIR", directory.path())
            .env("RUST_BACKTRACE", "1")
            .output()
            .unwrap_or_else(|error| {
                panic!("{example} is not there ({error}): cargo build --examples")
            });
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
        assert!(output.status.success(), "{stdout}{stderr}");
        let lines = collector::read(&file).unwrap();
        Self { lines, printed: [Text::new("stdout", stdout), Text::new("stderr", stderr)] }
    }

    /// `not_ours` are the paths of requests whose bytes may be in the log of their client.
    fn says_no_secret(&self, not_ours: &[&[&str]]) {
        let (secrets, said): (Vec<_>, Vec<_>) =
            self.lines.iter().partition(|line| line.target == SECRET);
        let mut texts = joined(without_calls_to(&not_ours.concat(), said));
        texts.extend(self.printed.iter().cloned());
        assert!(secrets.len() >= 5 && texts.len() > 5, "{} {}", secrets.len(), texts.len());
        let mut found: Vec<_> =
            secrets.iter().flat_map(|secret| find(&secret.text, &texts)).collect();
        found.dedup();
        assert!(found.is_empty(), "a secret is in {found:?}");
    }
}

#[test]
fn drivers_by_hand_say_no_secret() {
    for driver in ["driver_std", "driver_smol"] {
        Run::of(driver).says_no_secret(&[]);
    }
}

/// The lines, but for what `ureq` says of its calls to these paths.
fn without_calls_to<'a>(paths: &[&str], lines: Vec<&'a Line>) -> Vec<&'a Line> {
    let mut calls = HashMap::new();
    let is_ours = |line: &&Line| {
        if line.target == "ureq::run"
            && let Some(path) = path_of_call(&line.text)
        {
            calls.insert(line.thread.clone(), paths.contains(&path));
        }
        !line.target.starts_with("ureq") || calls.get(&line.thread) != Some(&true)
    };
    lines.into_iter().filter(is_ours).collect()
}

/// Of `GET https://localhost:1234/path?…`.
fn path_of_call(text: &str) -> Option<&str> {
    let (method, url) = text.split_once(' ')?;
    let (_, path) = url.strip_prefix("https://")?.split_once('/')?;
    let end = path.find(['?', '"', ' ']).unwrap_or(path.len());
    let from = text.len() - path.len() - 1;
    method.chars().all(char::is_uppercase).then_some(&text[from..=from + end])
}

/// Cargo puts the examples into a folder beside that of the tests.
fn program(example: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    profile.join("examples").join(example).with_extension(env::consts::EXE_EXTENSION)
}
