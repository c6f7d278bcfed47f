//! Servers that misbehave, one way each: real sockets on 127.0.0.1, plain threads, no runtime.
//!
//! Some have a name, [`Hostile`], for the tests that tell a story about them. All others are rows of
//! a table that [`run`] goes through with each adapter, one row after the other: which error it
//! ends in, whether the caller has the exchange back, in what time, in how much memory.
//!
//! ```text
//!   row: acts of a server ──▶ server ◀── trial: a carrier, two exchanges ──▶ finding
//!        verdicts ───────────────────────────▲
//! ```
//!
//! ```
//! use grantflow_tests::hostile::{Hostile, HostileServer};
//!
//! # fn main() -> std::io::Result<()> {
//! let server = HostileServer::start(Hostile::EndlessBody)?;
//! assert!(server.token_endpoint().starts_with("http://127.0.0.1:"));
//! assert_eq!(server.requests(), 0);
//! # Ok(())
//! # }
//! ```

mod act;
mod answer;
mod bomb;
mod carrier;
mod certificates;
mod expected;
mod memory;
mod request;
mod rows;
mod run;
mod server;
mod trial;

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::TcpSocket;

use self::act::Act;
pub use self::carrier::{Carrier, Settings};
use self::certificates::{Certificates, Flaw};
pub(crate) use self::request::Request;
pub use self::run::{Finding, run};
use self::server::{Seen, Server};

/// How the server misbehaves.
///
/// Exhaustive, as only this workspace's tests use it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hostile {
    /// Sends every request on to a second server, which would give a token for it (307).
    Redirect307,
    /// The answer never ends, and has no `Content-Length`.
    EndlessBody,
    /// The answer comes byte by byte, and never ends.
    Drip,
    /// A small answer that unpacks to 64 MiB.
    GzipBomb,
    /// The connection ends long before the announced end of the answer.
    ShortBody,
    /// TLS with a certificate that nobody signed but its own key.
    SelfSigned,
    /// Nobody listens; the port stays taken while the server lives.
    ClosedPort,
    /// The connection ends when the request is read; there is no answer.
    HangUp,
    /// The same, 200 ms later.
    LateHangUp,
    /// Connections are taken; not even a TLS handshake is answered. The endpoint is https.
    SilentTls,
    /// Good answers on connections that are kept, until [`HostileServer::hang_up`].
    KeepAlive,
    /// One good answer on each connection; whatever comes after it there is read, and hung up on.
    OneAnswerEach,
}

/// A server that misbehaves. Dropping it stops it.
pub struct HostileServer {
    scheme: &'static str,
    port: u16,
    ca_pem: Option<String>,
    /// Holds the port of [`Hostile::ClosedPort`]: bound, but not listening.
    reserved: Option<TcpSocket>,
    first: Option<Server>,
    second: Option<Server>,
}

impl HostileServer {
    /// Starts a server on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When the port, the certificates or the threads cannot be had.
    pub fn start(kind: Hostile) -> io::Result<Self> {
        if kind == Hostile::ClosedPort {
            return Self::closed();
        }
        let certificates = match kind {
            Hostile::SelfSigned => Some(Certificates::with(Flaw::SelfSigned)?),
            _ => None,
        };
        let second = match kind {
            Hostile::Redirect307 => Some(Server::start(Hostile::KeepAlive.acts(0).into(), None)?),
            _ => None,
        };
        let acts = kind.acts(second.as_ref().map_or(0, Server::port)).into();
        let mut server = Self::play(acts, certificates.as_ref())?;
        if kind == Hostile::SilentTls {
            server.scheme = "https";
        }
        Ok(Self { second, ..server })
    }

    /// A server that plays these acts on each connection, behind TLS where there are certificates.
    fn play(acts: Arc<[Act]>, certificates: Option<&Certificates>) -> io::Result<Self> {
        let tls = certificates.map(|made| Arc::clone(&made.tls));
        let first = Server::start(acts, tls)?;
        Ok(Self {
            scheme: if certificates.is_some() { "https" } else { "http" },
            port: first.port(),
            ca_pem: certificates.map(|made| made.ca_pem.clone()),
            reserved: None,
            first: Some(first),
            second: None,
        })
    }

    fn closed() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let port = socket.local_addr()?.port();
        let reserved = Some(socket);
        Ok(Self { scheme: "http", port, ca_pem: None, reserved, first: None, second: None })
    }

    /// `http://127.0.0.1:PORT/token`; https where TLS is what goes wrong.
    pub fn token_endpoint(&self) -> String {
        format!("{}://127.0.0.1:{}/token", self.scheme, self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The roots that the client trusts, as PEM: for [`Hostile::SelfSigned`], somebody else's.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// How many requests came, the redirected ones apart.
    pub fn requests(&self) -> u64 {
        self.first.as_ref().map_or(0, |server| server.seen().requests)
    }

    /// How many requests came to where [`Hostile::Redirect307`] points.
    pub fn second_server_requests(&self) -> u64 {
        self.second.as_ref().map_or(0, |server| server.seen().requests)
    }

    /// How many connections were made.
    pub fn connections(&self) -> u64 {
        self.first.as_ref().map_or(0, |server| server.seen().connections)
    }

    /// How many bytes of response bodies were handed to the operating system.
    pub fn body_bytes_sent(&self) -> u64 {
        self.first.as_ref().map_or(0, |server| server.seen().body_bytes_sent)
    }

    /// Whether a request body arrived.
    pub fn request_body_received(&self) -> bool {
        self.first.as_ref().is_some_and(|server| server.seen().request_body_bytes > 0)
    }

    /// Waits until the server has closed this many connections, or some seconds have passed.
    pub fn wait_for_closed(&self, connections: u64) {
        if let Some(server) = &self.first {
            server.wait_until(|seen| seen.closed >= connections);
        }
    }

    /// Closes every connection, idle or not.
    pub fn hang_up(&self) {
        if let Some(server) = &self.first {
            server.hang_up();
        }
    }

    /// Waits until so many answers are sent whole, or cut by the client, or some seconds have passed.
    fn wait_for_answers(&self, answers: u64) {
        if let Some(server) = &self.first {
            server.wait_until(|seen| seen.sent >= answers);
        }
    }

    /// Ends it, and says what it has seen.
    fn end(&mut self) -> Seen {
        self.first.take().map_or_else(Seen::default, Server::end)
    }

    /// Waits until this many requests came, or some seconds have passed.
    pub fn wait_for_requests(&self, requests: u64) {
        if let Some(server) = &self.first {
            server.wait_until(|seen| seen.requests >= requests);
        }
    }
}

impl fmt::Debug for HostileServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostileServer")
            .field("scheme", &self.scheme)
            .field("port", &self.port)
            .field("is_closed", &self.reserved.is_some())
            .finish_non_exhaustive()
    }
}
