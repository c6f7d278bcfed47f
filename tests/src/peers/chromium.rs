//! A user at a real browser.

use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use std::{env, fs, process};

use super::Trouble;
use crate::plain_server::PlainServer;

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

    /// Opens the login page in a headless Chromium, fills in whatever forms come, and gives the URL
    /// at which it lands.
    pub(super) fn log_in(&self, page: &str) -> Result<String, Trouble> {
        let profile = env::temp_dir().join(format!(
            "grantflow-chromium-{}-{}",
            process::id(),
            self.server.port()
        ));
        let mut driver = Command::new("node")
            .arg(DRIVER)
            .arg(&profile)
            .arg(page)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let landed = self.callbacks.recv_timeout(PATIENCE);
        // The end of its stdin is the end of the browser.
        drop(driver.stdin.take());
        driver.wait()?;
        drop(fs::remove_dir_all(&profile));
        let target = landed.map_err(|_| "the browser did not come back; is chromium installed?")?;
        Ok(format!("http://127.0.0.1:{}{target}", self.server.port()))
    }
}

const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/chromium.mjs");
const PATIENCE: Duration = Duration::from_secs(30);
