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
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use grantflow::{Client, ConfigurationError, Endpoint, Provider, Secret};

use crate::hostile::Request;

/// A token endpoint. Dropping it ends it.
pub struct Gate {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
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
    stopped: bool,
    /// In place of a new token.
    answer: Option<(u16, String)>,
    /// The last request, as it was on the wire.
    last: Vec<u8>,
    open: Vec<TcpStream>,
}

impl Gate {
    /// Starts one on a free port. It gives a new token for every request: `token-1`, `token-2`, …,
    /// with a refresh token of the same number, good for an hour.
    ///
    /// # Errors
    /// When the port or the thread cannot be had.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new().spawn(move || accept(&listener, &own))?;
        Ok(Self { port, shared, thread: Some(thread) })
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
    fn pass(&self, request: Vec<u8>) -> (u16, String) {
        let mut state = self.state();
        state.last = request;
        state.requests = state.requests.saturating_add(1);
        let number = state.requests;
        self.changed.notify_all();
        let held = |state: &mut State| state.held && !state.stopped;
        let state = self.changed.wait_while(state, held).unwrap_or_else(PoisonError::into_inner);
        let token = || {
            let body = format!(
                r#"{{"access_token":"token-{number}","token_type":"Bearer","expires_in":3600,"refresh_token":"refresh-{number}"}}"#
            );
            (200, body)
        };
        state.answer.clone().unwrap_or_else(token)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { return };
        let Ok(copy) = stream.try_clone() else { return };
        {
            let mut state = shared.state();
            if state.stopped {
                return;
            }
            state.open.push(copy);
        }
        let own = Arc::clone(shared);
        // A thread that cannot be had shows as a connection that ends.
        drop(thread::Builder::new().spawn(move || serve(stream, &own)));
    }
}

/// Requests and answers, one after the other, until the client has enough.
fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let mut kept = Kept { stream: &mut stream, bytes: Vec::new() };
        if Request::read(&mut kept)?.is_none() {
            return Ok(());
        }
        let request = kept.bytes;
        let (status, body) = shared.pass(request);
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        stream.write_all((head + &body).as_bytes())?;
    }
}

/// Keeps what is read.
struct Kept<'a> {
    stream: &'a mut TcpStream,
    bytes: Vec<u8>,
}

impl Read for Kept<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            state.stopped = true;
            for stream in state.open.drain(..) {
                // It may be closed already.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        self.shared.changed.notify_all();
        // Wakes the accepting thread, which then sees that it is over.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("port", &self.port).finish_non_exhaustive()
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
