//! A user at a real browser: Debian's Chromium, without a window.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::{env, fs, process};

use serde_json::{Value, json};

use super::Trouble;
use crate::plain_server::PlainServer;

/// A page in a browser with a profile of its own. Dropping it ends the browser.
#[derive(Debug)]
pub struct Chromium {
    driver: Child,
    answers: BufReader<ChildStdout>,
    profile: PathBuf,
}

impl Chromium {
    /// Opens this page, in a browser with these flags: at least with one that says whom it may ask.
    /// It needs the programs `chromium` and `node`.
    ///
    /// # Errors
    /// Where one of them is missing, or the page does not come.
    pub fn open(page: &str, flags: &[&str]) -> Result<Self, Trouble> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let profile = env::temp_dir().join(format!("grantflow-chromium-{}-{count}", process::id()));
        let mut driver = Command::new("node")
            .arg(DRIVER)
            .arg(&profile)
            .arg(page)
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("node does not start; is it installed? ({error})"))?;
        let answers = BufReader::new(driver.stdout.take().ok_or("the driver has no stdout")?);
        let mut chromium = Self { driver, answers, profile };
        chromium.answer()?;
        Ok(chromium)
    }

    /// Runs a script in the page that leads to another, and waits for that.
    ///
    /// # Errors
    /// Where the script fails, or no other page comes.
    pub fn press(&mut self, script: &str) -> Result<(), Trouble> {
        self.tell(&json!({"press": script})).map(drop)
    }

    /// The value of a script in the page.
    ///
    /// # Errors
    /// Where the script fails.
    pub fn ask(&mut self, script: &str) -> Result<Value, Trouble> {
        self.tell(&json!({"ask": script}))
    }

    /// The cookies that would be sent there, as the browser describes them.
    ///
    /// # Errors
    /// Where the browser is gone.
    pub fn cookies(&mut self, url: &str) -> Result<Value, Trouble> {
        self.tell(&json!({"cookies": url}))
    }

    /// Takes a picture of the page, as it is in a window of this width.
    ///
    /// # Errors
    /// Where it cannot be taken.
    pub fn picture(&mut self, file: &Path, width: u32, dark: bool) -> Result<(), Trouble> {
        self.tell(&json!({"picture": file, "width": width, "dark": dark})).map(drop)
    }

    fn tell(&mut self, command: &Value) -> Result<Value, Trouble> {
        let mut stdin = self.driver.stdin.as_ref().ok_or("the driver has no stdin")?;
        writeln!(stdin, "{command}")?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value, Trouble> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the browser is gone; is chromium installed?".into());
        }
        let mut answer: Value = serde_json::from_str(&line)?;
        match answer.get("error") {
            Some(error) => Err(format!("the browser says: {error}").into()),
            None => Ok(answer.get_mut("value").map(Value::take).unwrap_or_default()),
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The end of its stdin is the end of the browser.
        drop(self.driver.stdin.take());
        let _ = self.driver.wait();
        drop(fs::remove_dir_all(&self.profile));
    }
}

/// Where the browser comes back to: a port of this machine.
pub(super) struct Landing {
    server: PlainServer,
    callbacks: Receiver<String>,
}

impl Landing {
    pub(super) fn open() -> Result<Self, Trouble> {
        let (landed, callbacks) = mpsc::channel();
        let server = PlainServer::start(move |request| {
            let request = String::from_utf8_lossy(&request);
            let target = request.split(' ').nth(1).unwrap_or_default();
            if target.starts_with("/cb?") {
                // Nobody listens any more where it has landed before.
                let _ = landed.send(target.to_owned());
            }
            Some((200, "{}".to_owned()))
        })?;
        Ok(Self { server, callbacks })
    }

    pub(super) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}/cb", self.server.port())
    }

    /// Opens the login page, fills in whatever forms come, and gives the URL at which the browser
    /// lands.
    pub(super) fn log_in(&self, page: &str) -> Result<String, Trouble> {
        let mut browser = Chromium::open(page, &[OWN_MACHINE_ONLY])?;
        loop {
            match self.callbacks.try_recv() {
                Ok(target) => {
                    return Ok(format!("http://127.0.0.1:{}{target}", self.server.port()));
                }
                Err(TryRecvError::Empty) => browser.press(FILL_IN)?,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/chromium.mjs");

/// Whatever else the browser would like to look up, it asks nobody.
const OWN_MACHINE_ONLY: &str = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";

const FILL_IN: &str = "{
    const form = document.forms[0];
    for (const [name, value] of Object.entries({ login: 'anna', password: 'a password' })) {
      if (form.elements[name]) form.elements[name].value = value;
    }
    form.querySelector('[type=submit]').click();
}";
