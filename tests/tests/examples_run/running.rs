//! One run of an example.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::mem;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use grantflow_tests::collector::{self, SECRET};
use grantflow_tests::scratch::Scratch;

/// An example, under way.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    said: String,
    folder: Scratch,
}

/// An example, at its end.
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) succeeded: bool,
    /// What nobody is to see.
    pub(crate) secrets: Vec<String>,
}

impl Running {
    /// Starts it with these variables.
    pub(crate) fn start(example: &str, variables: &[(&str, &str)]) -> Self {
        let folder = Scratch::new(env!("CARGO_TARGET_TMPDIR"), example);
        fs::create_dir_all(folder.path()).unwrap();
        // Cargo puts the examples into a folder beside that of the tests.
        let test = env::current_exe().unwrap();
        let profile = test.parent().unwrap().parent().unwrap();
        let program = profile.join("examples").join(example);
        let mut child = Command::new(program.with_extension(env::consts::EXE_EXTENSION))
            .env(collector::FILE, folder.path().join(LINES))
            .env("TMPDIR", folder.path())
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{example} is not there ({error}): cargo build --examples")
            });
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout, said: String::new(), folder }
    }

    /// The rest of the next line that begins so.
    pub(crate) fn line(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "{start}: {}", self.said);
            self.said.push_str(&line);
            if let Some(rest) = line.strip_prefix(start) {
                return rest.trim_end().to_owned();
            }
        }
    }

    pub(crate) fn type_in(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Where it puts its files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// As Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Run {
        drop(self.child.stdin.take());
        let (mut stdout, mut stderr) = (mem::take(&mut self.said), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let succeeded = self.child.wait().unwrap().success();
        let lines = collector::read(&self.folder.path().join(LINES)).unwrap_or_default();
        let secrets = lines.into_iter().filter(|line| line.target == SECRET);
        Run { stdout, stderr, succeeded, secrets: secrets.map(|line| line.text).collect() }
    }
}

/// A test that fails leaves no process behind.
impl Drop for Running {
    fn drop(&mut self) {
        // It is over already, most of the time.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Run {
    /// Nothing that it printed has a secret in it, but for these, which a person has to see.
    pub(crate) fn says_no_secret_but(&self, shown: &[&str]) {
        assert!(self.secrets.len() >= 5, "{:?}", self.secrets);
        for secret in self.secrets.iter().filter(|secret| !shown.contains(&secret.as_str())) {
            for said in [&self.stdout, &self.stderr] {
                assert!(!said.contains(secret.as_str()), "{secret} is in {said}");
            }
        }
    }
}

const LINES: &str = "lines";
