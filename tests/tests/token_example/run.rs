//! One run of the example.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::server::Server;

/// What it is given by the environment, and what servers and users give it.
pub(crate) const SECRET: &str = "s3cr3t-of-the-client";
pub(crate) const REFRESH_TOKEN: &str = "refresh-token-of-anna";
pub(crate) const TOKEN: &str = "access-token-1";
pub(crate) const NEW_REFRESH_TOKEN: &str = "the-next-refresh-token";
pub(crate) const CODE: &str = "code-of-the-login";
pub(crate) const DEVICE_CODE: &str = "device-code-1";

/// Base64 of the client's identifier, a colon and its secret.
pub(crate) const BASIC: &str = "YXBwOnMzY3IzdC1vZi10aGUtY2xpZW50";

const COUNTS: &str = "LLVM_PROFILE_FILE";

const SECRETS: &[&str] =
    &[SECRET, REFRESH_TOKEN, TOKEN, NEW_REFRESH_TOKEN, CODE, DEVICE_CODE, BASIC];

/// The example, under way.
pub(crate) struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

/// The example, at its end.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) succeeded: bool,
}

/// With client credentials at the server's token endpoint, and these options.
pub(crate) fn at(server: &Server, options: &[&str]) -> Run {
    let endpoint = server.url("/token");
    let own = ["--token-endpoint", &endpoint, "--insecure-loopback-http", "--client-id", "app"];
    run(&[&own[..], &["--client-secret-env", "APP_SECRET"], options].concat())
}

pub(crate) fn run(options: &[&str]) -> Run {
    Running::start(options).end()
}

impl Running {
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut child = Command::new(program())
            .args(options)
            .env_clear()
            // Where runs are counted, this one's count has its place.
            .envs(env::var_os(COUNTS).map(|place| (COUNTS, place)))
            .env("APP_SECRET", SECRET)
            .env("ANNAS_TOKEN", REFRESH_TOKEN)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("token is not there ({error}): cargo build -p grantflow-ureq --examples")
            });
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr, said: String::new() }
    }

    /// The next line that it says to the user.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        self.said.push_str(&line);
        line.trim_end().to_owned()
    }

    pub(crate) fn type_in(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Waits for its end, and sees that it told no secret but on standard output.
    pub(crate) fn end(mut self) -> Run {
        drop(self.child.stdin.take());
        self.stderr.read_to_string(&mut self.said).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), self.said);
        for secret in SECRETS {
            assert!(!stderr.contains(secret), "{secret} is in {stderr}");
        }
        assert!(output.status.success() || output.status.code() == Some(1), "{stderr}");
        Run { stdout, stderr, succeeded: output.status.success() }
    }
}

impl Run {
    /// What it printed, where all went well.
    pub(crate) fn printed(&self) -> &str {
        assert!(self.succeeded, "{}", self.stderr);
        &self.stdout
    }

    /// The one sentence that says why not.
    pub(crate) fn sentence(&self) -> &str {
        assert!(!self.succeeded, "it printed {}", self.stdout);
        assert_eq!(self.stdout, "");
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        self.stderr.trim_end()
    }
}

/// Cargo puts the examples into a folder beside that of the tests.
fn program() -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    profile.join("examples/token").with_extension(env::consts::EXE_EXTENSION)
}
