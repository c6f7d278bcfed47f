//! Servers that misbehave, one way each: real sockets on 127.0.0.1, plain threads, no runtime.
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

mod answer;
mod bomb;
mod certificates;
mod request;
mod server;

use std::fmt;
use std::io;
use std::net::Ipv4Addr;

use tokio::net::TcpSocket;

use self::certificates::Certificates;
pub(crate) use self::request::Request;
use self::server::Server;

/// How the server misbehaves.
///
/// Exhaustive, as only this workspace's tests use it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hostile {
    /// Sends every request on to a second server, which would give a token for it (307).
    Redirect307,
    /// The answer never ends, and has no `Content-Length`.
    EndlessBody,
    /// The answer never ends, and its `Content-Length` says 10 GB.
    EndlessLength,
    /// The answer comes byte by byte, one per second.
    Drip,
    /// A small answer that unpacks to 64 MiB.
    GzipBomb,
    /// The connection ends long before the announced end of the answer.
    ShortBody,
    /// TLS with a certificate that nobody signed but its own key.
    SelfSigned,
    /// TLS with a good certificate for another host.
    OtherHost,
    /// Nobody listens; the port stays taken while the server lives.
    ClosedPort,
    /// The connection ends when the request is read; there is no answer.
    HangUp,
    /// The same, 200 ms later.
    LateHangUp,
    /// The request is read; nothing else happens.
    NoAnswer,
    /// Connections are taken; not even a TLS handshake is answered. The endpoint is https.
    SilentTls,
    /// Good answers on connections that are kept, until [`HostileServer::hang_up`].
    KeepAlive,
    /// One good answer on each connection; whatever comes after it there is read, and hung up on.
    OneAnswerEach,
}

/// A server that misbehaves. Dropping it stops it.
pub struct HostileServer {
    kind: Hostile,
    port: u16,
    ca_pem: Option<String>,
    /// Holds the port of [`Hostile::ClosedPort`]: bound, but not listening.
    _reserved: Option<TcpSocket>,
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
            let socket = TcpSocket::new_v4()?;
            socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
            let port = socket.local_addr()?.port();
            let reserved = Some(socket);
            return Ok(Self {
                kind,
                port,
                ca_pem: None,
                _reserved: reserved,
                first: None,
                second: None,
            });
        }
        let certificates = match kind {
            Hostile::SelfSigned => Some(Certificates::self_signed()?),
            Hostile::OtherHost => Some(Certificates::of_another_host()?),
            _ => None,
        };
        let second = match kind {
            Hostile::Redirect307 => Some(Server::start(Hostile::KeepAlive, None, 0)?),
            _ => None,
        };
        let target = second.as_ref().map_or(0, Server::port);
        let (ca_pem, tls) = certificates.map(|made| (made.ca_pem, made.tls)).unzip();
        let first = Server::start(kind, tls, target)?;
        Ok(Self { kind, port: first.port(), ca_pem, _reserved: None, first: Some(first), second })
    }

    /// `http://127.0.0.1:PORT/token`; https where TLS is what goes wrong.
    pub fn token_endpoint(&self) -> String {
        let scheme = match self.kind {
            Hostile::SelfSigned | Hostile::OtherHost | Hostile::SilentTls => "https",
            _ => "http",
        };
        format!("{scheme}://127.0.0.1:{}/token", self.port)
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
            .field("kind", &self.kind)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
