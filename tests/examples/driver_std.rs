//! The core over sockets and TLS alone, blocking: `cargo run --example driver_std`

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Instant;

use grantflow::wire::{self, Body};
use grantflow::{Client, Exchange, Failed, Scope, Secret, TransportError, partner::meed};
use grantflow_tests::by_hand::{self, LONGEST, TIMEOUT, interrupted, unconnected};
use grantflow_tests::sandbox::{Sandbox, credentials::MEED};
use grantflow_tests::story::describe;
use http::Uri;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start()?; // plays the partner, with a certificate authority of its own
    let provider = meed::provider(&sandbox.host())?;
    let client = Client::new(MEED.client_id, Secret::new(MEED.client_secret)?, provider.clone())?;
    let driver = Driver { tls: by_hand::trusting(sandbox.ca_pem())? };

    let granted = driver.perform(client.client_credentials(Scope::default())?)?;
    println!("Over std::net and rustls: {}.", describe(granted.tokens()));

    let stranger = Client::new(MEED.client_id, Secret::new("not-the-secret")?, provider)?;
    let refused = driver.perform(stranger.client_credentials(Scope::default())?);
    println!("With a wrong secret: {}.", refused.err().ok_or("it is taken for the right one")?);
    Ok(())
}

/// Carries exchanges. Each is sent once, over a connection of its own: so whether it
/// [`may_repeat`](Exchange::may_repeat) need not be asked.
struct Driver {
    tls: Arc<ClientConfig>,
}

impl Driver {
    fn perform<E: Exchange>(&self, exchange: E) -> Result<E::Output, Failed<E>> {
        let sent_at = by_hand::now();
        let came = self.send(&exchange.wire_request());
        by_hand::conclude(exchange, came, sent_at)
    }

    fn send(&self, request: &wire::Request<'_>) -> Result<Body, TransportError> {
        let uri: Uri = request.url().parse().map_err(io::Error::other).map_err(unconnected)?;
        let address = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(443));
        let addresses = address.to_socket_addrs().map_err(unconnected)?;
        let addresses = by_hand::allowed(request, addresses)?;
        let mut server = self.connect(address.0, addresses).map_err(unconnected)?;
        let bytes = by_hand::bytes_of(request, &uri).map_err(unconnected)?;
        exchange(&mut server, &bytes).map_err(interrupted)
    }

    fn connect(&self, host: &str, addresses: Vec<SocketAddr>) -> io::Result<Tls> {
        let mut tcp = Err(ErrorKind::NotFound.into());
        for address in addresses {
            tcp = TcpStream::connect_timeout(&address, TIMEOUT);
            if tcp.is_ok() {
                break;
            }
        }
        let mut tcp = tcp?;
        tcp.set_read_timeout(Some(TIMEOUT))?;
        tcp.set_write_timeout(Some(TIMEOUT))?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut tls =
            ClientConnection::new(Arc::clone(&self.tls), name).map_err(io::Error::other)?;
        tls.complete_io(&mut tcp)?; // the handshake
        Ok(StreamOwned::new(tls, tcp))
    }
}

fn exchange(server: &mut Tls, request: &Body) -> io::Result<Body> {
    let started = Instant::now();
    server.write_all(request.as_ref())?;
    let (mut answer, mut chunk) = (Body::default(), [0; 4096]);
    loop {
        // An error where the connection ends and TLS does not say that this is the end.
        let count = server.read(&mut chunk)?;
        let is_room = answer.push_within(LONGEST, chunk.get(..count).unwrap_or_default());
        if count == 0 || !is_room {
            return Ok(answer);
        }
        if started.elapsed() > TIMEOUT {
            return Err(ErrorKind::TimedOut.into());
        }
    }
}

type Tls = StreamOwned<ClientConnection, TcpStream>;
