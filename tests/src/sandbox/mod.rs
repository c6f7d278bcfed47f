//! The partner sandbox: one HTTPS server that answers as the three partner pages say.
//!
//! It is a server of its own on `localhost`, with a certificate authority of its own, and any
//! HTTP client can talk to it. Its clock can be moved, its requests are counted, and any
//! endpoint can be told to fail.
//!
//! | partner | path |
//! |---|---|
//! | Meed | `POST /api/partner/v1/oauth/token`, `GET /api/partner/v1/sales` |
//! | `FlowAccount` | `GET /connect/authorize`, `POST /{v1,test}/token`, `GET /{v1,test}/company/info` |
//! | Cover Genius | `POST /api/oauth/token`, `GET /api/bookings` |
//!
//! The fact numbers in the comments (`M11`, `F10`, `C5`) are those of the partner pages.
//!
//! ```
//! use grantflow_tests::sandbox::{Endpoint, Sandbox};
//! use std::time::Duration;
//!
//! # fn main() -> std::io::Result<()> {
//! let sandbox = Sandbox::start()?;
//! let before = sandbox.now();
//! sandbox.advance(Duration::from_secs(3600));
//! assert!(sandbox.now() >= before + 3600);
//! assert_eq!(sandbox.requests(Endpoint::MeedToken), 0);
//! # Ok(())
//! # }
//! ```

mod certificates;
mod clock;
mod cover_genius;
pub mod credentials;
mod flow_account;
mod meed;
mod pages;
mod params;
mod random;
mod reply;
mod router;
mod server;
mod state;
mod vault;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use self::certificates::Certificates;
pub use self::flow_account::{Loss, Refresh};
use self::state::{Shared, State};
use crate::collector;

/// A running sandbox. Dropping it stops the server.
pub struct Sandbox {
    port: u16,
    ca_pem: String,
    state: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox on a free port.
    ///
    /// The server has its own thread and its own runtime, so that blocking and async tests
    /// can use it alike.
    ///
    /// # Errors
    /// When the port, the certificates or the thread cannot be had.
    pub fn start() -> io::Result<Self> {
        Self::start_on(0)
    }

    /// Starts a sandbox on this port of 127.0.0.1; 0 takes a free one.
    ///
    /// # Errors
    /// When the port, the certificates or the thread cannot be had.
    pub fn start_on(port: u16) -> io::Result<Self> {
        collector::install_where_asked()?;
        credentials::SECRETS.into_iter().for_each(collector::note_secret);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let port = listener.local_addr()?.port();
        let Certificates { ca_pem, tls } = Certificates::make()?;
        let state = Arc::new(Shared::new(State::new()?));

        let (stop, stopped) = oneshot::channel();
        let server = server::Server::new(listener, tls, Arc::clone(&state))?;
        let thread =
            thread::Builder::new().name("sandbox".to_owned()).spawn(move || server.run(stopped))?;

        Ok(Self { port, ca_pem, state, stop: Some(stop), thread: Some(thread) })
    }

    /// `localhost:PORT`, the `<host>` of the partner pages.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// `https://localhost:PORT` and this path.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.host())
    }

    /// The certificate authority that a client has to trust, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// What the sandbox's clock says, in seconds since 1970.
    pub fn now(&self) -> u64 {
        self.state().clock.now().as_secs()
    }

    /// Moves the sandbox's clock on. It runs by itself as well.
    pub fn advance(&self, by: Duration) {
        self.state().clock.advance(by);
    }

    /// How many requests came to this endpoint, whatever the answer was.
    pub fn requests(&self, endpoint: Endpoint) -> u64 {
        self.state().requests(endpoint)
    }

    /// Suspends the Meed application (M13): no new token for it, and its old ones are dead.
    pub fn suspend_meed(&self) {
        self.state().meed.suspend();
    }

    /// Revokes every access token that Meed has given; new ones can be had.
    pub fn revoke_meed_tokens(&self) {
        self.state().meed.revoke_tokens();
    }

    /// Gives the next `times` requests of this endpoint this answer, before anything else is
    /// looked at. A second call queues up behind the first.
    pub fn answer_next(&self, endpoint: Endpoint, times: u32, answer: Answer) {
        self.state().answer_next(endpoint, times, answer);
    }

    /// Loses the next refresh at `FlowAccount`: its connection is closed without an answer. A second
    /// call queues up behind the first.
    pub fn lose_next_refresh(&self, loss: Loss) {
        self.state().flow_account.lose_next_refresh(loss);
    }

    /// Every refresh that came to `FlowAccount`, and what became of it; without those that had a
    /// scripted answer.
    pub fn refreshes(&self) -> Vec<Refresh> {
        self.state().flow_account.refreshes().to_vec()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server thread has been printed by then; a second one would only
            // hide the test's own.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("host", &self.host()).finish_non_exhaustive()
    }
}

/// What is counted, and what can be told to fail.
///
/// The two environments of `FlowAccount` count as one. Exhaustive, as only this workspace's tests
/// use it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Endpoint {
    /// `POST /api/partner/v1/oauth/token`
    MeedToken,
    /// `GET /api/partner/v1/sales`
    MeedSales,
    /// `GET /connect/authorize`; the two forms behind it are not counted
    FlowAccountAuthorize,
    /// `POST /{environment}/token`
    FlowAccountToken,
    /// `GET /{environment}/company/info`
    FlowAccountCompany,
    /// `POST /api/oauth/token`
    CoverGeniusToken,
    /// `GET /api/bookings`
    CoverGeniusBookings,
}

/// A raw answer for [`Sandbox::answer_next`].
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, sent as they stand.
    pub headers: Vec<(String, String)>,
    /// The body, sent as it stands.
    pub body: String,
}
