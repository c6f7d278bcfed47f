//! A real Redis for a test: the program `redis-server`, on 127.0.0.1, which is gone when the test
//! is.
//!
//! ```no_run
//! use grantflow_tests::redis_server::RedisServer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let server = RedisServer::start()?;
//! let store = grantflow_ureq::RedisStore::open(server.url())?;
//! # Ok(())
//! # }
//! ```

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, process};

/// A server. Dropping it ends it, if it was started here.
#[derive(Debug)]
pub struct RedisServer {
    url: String,
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    port: u16,
    folder: PathBuf,
    settings: Vec<String>,
    child: Child,
}

impl RedisServer {
    /// The server whose URL the environment variable `GRANTFLOW_TEST_REDIS` holds; tests leave
    /// their records there. Without the variable, one of its own.
    ///
    /// # Errors
    /// As [`start_own`](Self::start_own).
    pub fn start() -> io::Result<Self> {
        match env::var("GRANTFLOW_TEST_REDIS") {
            Ok(url) => Ok(Self { url, own: None }),
            Err(_) => Self::start_own(&[]),
        }
    }

    /// Starts one on a free port, which keeps nothing on the disk, unless these settings say so:
    /// `["--appendonly", "yes"]`.
    ///
    /// # Errors
    /// Where there is no `redis-server`, or it does not start.
    pub fn start_own(settings: &[&str]) -> io::Result<Self> {
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut attempts = 1..=ATTEMPTS;
        loop {
            let port = free_port()?;
            let folder = env::temp_dir().join(format!("grantflow-redis-{}-{port}", process::id()));
            fs::create_dir_all(&folder)?;
            match start(port, &folder, &settings) {
                Ok(child) => {
                    let url = format!("redis://127.0.0.1:{port}");
                    return Ok(Self { url, own: Some(Own { port, folder, settings, child }) });
                }
                // Somebody else may have taken the port.
                Err(error) if attempts.next().is_none() || error.kind() == NOT_INSTALLED => {
                    drop(fs::remove_dir_all(&folder));
                    return Err(error);
                }
                Err(_) => drop(fs::remove_dir_all(&folder)),
            }
        }
    }

    /// `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends it as a power failure does.
    ///
    /// # Errors
    /// Where it was not started here.
    pub fn kill(&mut self) -> io::Result<()> {
        self.own()?.kill()
    }

    /// Starts it again after [`kill`](Self::kill), on the same port and with the same settings.
    ///
    /// # Errors
    /// Where it was not started here, or does not start.
    pub fn start_again(&mut self) -> io::Result<()> {
        let own = self.own()?;
        own.child = start(own.port, &own.folder, &own.settings)?;
        Ok(())
    }

    /// Its answer to a command of words, which no test needs to understand.
    ///
    /// # Errors
    /// Where it was not started here, or does not answer.
    pub fn command(&mut self, words: &str) -> io::Result<String> {
        command(self.own()?.port, words)
    }

    fn own(&mut self) -> io::Result<&mut Own> {
        self.own.as_mut().ok_or_else(|| io::Error::other("this Redis was not started here"))
    }
}

impl Own {
    fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.kill();
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A port that nothing listens on, at this moment.
///
/// # Errors
/// Where there is none.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Returns when it is ready: it says so itself, and no clock is needed.
fn start(port: u16, folder: &PathBuf, settings: &[String]) -> io::Result<Child> {
    let mut child = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir"])
        .arg(folder)
        .args(settings)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| match error.kind() {
            NOT_INSTALLED => io::Error::new(
                NOT_INSTALLED,
                "there is no redis-server here: install the Debian package redis-server",
            ),
            _ => error,
        })?;
    let mut said = String::new();
    let mut output = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
    while !said.contains("Ready to accept connections") {
        if output.read_line(&mut said)? == 0 {
            child.wait()?;
            return Err(io::Error::other(format!("redis-server did not start:\n{said}")));
        }
    }
    // With `requirepass`, it says that it wants the password.
    let answer = command(port, "PING")?;
    if answer.starts_with("+PONG") || answer.starts_with("-NOAUTH") {
        Ok(child)
    } else {
        Err(io::Error::other(format!("redis-server answers PING with {answer}")))
    }
}

fn command(port: u16, words: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{words}\r\nQUIT\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

const NOT_INSTALLED: io::ErrorKind = io::ErrorKind::NotFound;
const ATTEMPTS: u8 = 5;
const PATIENCE: Duration = Duration::from_secs(10);
