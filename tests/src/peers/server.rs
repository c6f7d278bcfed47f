//! A server's process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::Trouble;
use super::peer::Peer;
use super::tls_front::TlsFront;
use crate::clients;

/// A server that runs. Dropping it ends it.
pub(super) struct Server {
    pub(super) peer: Peer,
    /// Its issuer: `http://127.0.0.1:PORT`.
    pub(super) url: String,
    /// The same behind TLS.
    pub(super) front: TlsFront,
    child: Child,
    /// Whatever else it says has somewhere to go.
    _output: BufReader<ChildStdout>,
}

/// Puts what starts the servers beside the packages that they need: Node looks from there.
pub(super) fn put_in_place() -> Result<(), Trouble> {
    let scripts = Peer::ALL.map(|peer| {
        let (folder, _, script) = peer.program();
        format!("{folder}/{script}")
    });
    for script in scripts.iter().map(String::as_str).chain(["harness.mjs"]) {
        let (from, to) = (Path::new(SOURCES).join(script), Path::new(INSTALLED).join(script));
        fs::copy(from, to).map_err(|error| {
            format!("{script} finds no place ({error}): tests/peers/run installs the servers first")
        })?;
    }
    Ok(())
}

impl Server {
    /// Starts it as `tests/peers/run` has installed it, on a port that it chooses.
    pub(super) fn start(peer: Peer) -> Result<Self, Trouble> {
        let (folder, program, script) = peer.program();
        let installed = Path::new(INSTALLED).join(folder);
        let program = if program == "node" { program.into() } else { installed.join(program) };
        let mut child = Command::new(program)
            .arg(installed.join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(installed.join("log"))?)
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("it has no output")?);
        let mut said = String::new();
        output.read_line(&mut said)?;
        let Some(url) = said.trim().strip_prefix("READY ") else {
            child.wait()?;
            let log = installed.join("log");
            return Err(format!("{} did not start: see {}", peer.name(), log.display()).into());
        };
        let front = TlsFront::before(url)?;
        Ok(Self { peer, url: url.to_owned(), front, child, _output: output })
    }

    /// Moves its clock ahead.
    pub(super) fn pass(&self, seconds: u64) -> Result<(), Trouble> {
        let url = format!("{}/test/clock?advance={seconds}", self.url);
        let status = clients::blocking("").post(url).send_empty()?.status();
        if status.is_success() { Ok(()) } else { Err(format!("its clock says {status}").into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/peers");
