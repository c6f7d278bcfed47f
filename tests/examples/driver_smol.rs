//! The core in an async runtime that is not tokio, smol: `cargo run --example driver_smol`

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use futures_rustls::{TlsConnector, client::TlsStream};
use grantflow::wire::{self, Body};
use grantflow::{Client, Exchange, Failed, Scope, Secret, TransportError, partner::meed};
use grantflow_tests::by_hand::{self, LONGEST, TIMEOUT, interrupted, unconnected};
use grantflow_tests::sandbox::{Sandbox, credentials::MEED};
use grantflow_tests::story::describe;
use http::Uri;
use rustls::pki_types::ServerName;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpStream, resolve};
use smol::{Timer, future};

fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start()?; // plays the partner, with a certificate authority of its own
    let provider = meed::provider(&sandbox.host())?;
    let client = Client::new(MEED.client_id, Secret::new(MEED.client_secret)?, provider.clone())?;
    let driver = Driver { tls: by_hand::trusting(sandbox.ca_pem())?.into() };

    let granted = smol::block_on(driver.perform(client.client_credentials(Scope::default())?))?;
    println!("Over smol and futures-rustls: {}.", describe(granted.tokens()));

    let stranger = Client::new(MEED.client_id, Secret::new("not-the-secret")?, provider)?;
    let refused = smol::block_on(driver.perform(stranger.client_credentials(Scope::default())?));
    println!("With a wrong secret: {}.", refused.err().ok_or("it is taken for the right one")?);
    Ok(())
}

/// Carries exchanges. Each is sent once, over a connection of its own: so whether it
/// [`may_repeat`](Exchange::may_repeat) need not be asked.
struct Driver {
    tls: TlsConnector,
}

impl Driver {
    async fn perform<E: Exchange>(&self, exchange: E) -> Result<E::Output, Failed<E>> {
        let sent_at = by_hand::now();
        let came = future::or(self.send(&exchange.wire_request()), timeout()).await;
        by_hand::conclude(exchange, came, sent_at)
    }

    async fn send(&self, request: &wire::Request<'_>) -> Result<Body, TransportError> {
        let uri: Uri = request.url().parse().map_err(io::Error::other).map_err(unconnected)?;
        let address = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(443));
        let addresses = resolve(address).await.map_err(unconnected)?;
        let addresses = by_hand::allowed(request, addresses.into_iter())?;
        let mut server = self.connect(address.0, addresses).await.map_err(unconnected)?;
        let bytes = by_hand::bytes_of(request, &uri).map_err(unconnected)?;
        exchange(&mut server, &bytes).await.map_err(interrupted)
    }

    async fn connect(&self, host: &str, addresses: Vec<SocketAddr>) -> io::Result<Tls> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.tls.connect(name, TcpStream::connect(addresses.as_slice()).await?).await
    }
}

async fn exchange(server: &mut Tls, request: &Body) -> io::Result<Body> {
    server.write_all(request.as_ref()).await?;
    server.flush().await?;
    let (mut answer, mut chunk) = (Body::default(), [0; 4096]);
    loop {
        // An error where the connection ends and TLS does not say that this is the end.
        let count = server.read(&mut chunk).await?;
        let is_room = answer.push_within(LONGEST, chunk.get(..count).unwrap_or_default());
        if count == 0 || !is_room {
            return Ok(answer);
        }
    }
}

async fn timeout<T>() -> Result<T, TransportError> {
    Timer::after(TIMEOUT).await;
    Err(interrupted(ErrorKind::TimedOut.into()))
}

type Tls = TlsStream<TcpStream>;
