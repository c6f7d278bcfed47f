//! A token endpoint whose answers a test holds back and lets go: plain http on 127.0.0.1.
//!
//! ```
//! use grantflow_tests::gate::Gate;
//!
//! # fn main() -> std::io::Result<()> {
//! let gate = Gate::start()?;
//! gate.hold(); // what is asked from now on waits for `let_go`
//! gate.answer(503, r#"{"error": "temporarily_unavailable"}"#);
//! gate.let_go();
//! assert_eq!(gate.requests(), 0);
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantflow::{Client, ConfigurationError, Endpoint, Provider, Secret};

use crate::plain_server::{Answer, PlainServer};

/// A token endpoint. Dropping it ends it.
pub struct Gate {
    port: u16,
    shared: Arc<Shared>,
    server: Option<PlainServer>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    requests: u64,
    held: bool,
    /// In place of a new token.
    answer: Option<Answer>,
    /// The last request, as it was on the wire.
    last: Vec<u8>,
}

impl Gate {
    /// Starts one on a free port. It gives a new token for every request: `token-1`, `token-2`, …,
    /// with a refresh token of the same number, good for an hour.
    ///
    /// # Errors
    /// When the port or the thread cannot be had.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let server = PlainServer::start(move |request| Some(own.pass(request)))?;
        Ok(Self { port: server.port(), shared, server: Some(server) })
    }

    /// `http://127.0.0.1:PORT/token`.
    pub fn token_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.port)
    }

    /// A client of it, which proves itself as RFC 6749 has it.
    ///
    /// # Errors
    /// Never in fact.
    pub fn client(&self) -> Result<Client, ConfigurationError> {
        let provider = Provider::new(Endpoint::insecure_loopback(&self.token_endpoint())?);
        Client::new("client", Secret::new("s3cr3t-s3cr3t")?, provider)
    }

    /// Holds back every answer until [`let_go`](Self::let_go).
    pub fn hold(&self) {
        self.shared.state().held = true;
    }

    /// Gives the answers that were held back, and all others at once.
    pub fn let_go(&self) {
        self.shared.state().held = false;
        self.shared.changed.notify_all();
    }

    /// Answers this from now on, in JSON.
    pub fn answer(&self, status: u16, body: &str) {
        self.shared.state().answer = Some((status, body.to_owned()));
    }

    /// Gives new tokens again.
    pub fn relent(&self) {
        self.shared.state().answer = None;
    }

    /// The last request that came, head and form.
    pub fn last_request(&self) -> String {
        String::from_utf8_lossy(&self.shared.state().last).into_owned()
    }

    /// How many requests came.
    pub fn requests(&self) -> u64 {
        self.shared.state().requests
    }

    /// Waits until this many requests came, or some seconds have passed.
    pub fn wait_for_requests(&self, requests: u64) {
        let state = self.shared.state();
        let wait = |state: &mut State| state.requests < requests;
        drop(self.shared.changed.wait_timeout_while(state, PATIENCE, wait));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request, and gives its answer when the gate is open.
    fn pass(&self, request: Vec<u8>) -> Answer {
        let mut state = self.state();
        state.last = request;
        state.requests = state.requests.saturating_add(1);
        let number = state.requests;
        self.changed.notify_all();
        let open = self.changed.wait_while(state, |state| state.held);
        let state = open.unwrap_or_else(PoisonError::into_inner);
        let token = || {
            let body = format!(
                r#"{{"access_token":"token-{number}","token_type":"Bearer","expires_in":3600,"refresh_token":"refresh-{number}"}}"#
            );
            (200, body)
        };
        state.answer.clone().unwrap_or_else(token)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // First, so that what is held back is not answered any more.
        drop(self.server.take());
        self.let_go();
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("port", &self.port).finish_non_exhaustive()
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
