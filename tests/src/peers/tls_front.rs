//! TLS before a server that has none: a token is put on requests over https only.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsAcceptor;

use super::Trouble;

/// Hands on what it is told. Dropping it ends it.
pub(super) struct TlsFront {
    /// `https://127.0.0.1:PORT`.
    pub(super) url: String,
    /// Whom to trust.
    pub(super) ca_pem: String,
    _runtime: Runtime,
}

impl TlsFront {
    pub(super) fn before(url: &str) -> Result<Self, Trouble> {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
        let tls = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)?;
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let behind = url.trim_start_matches("http://").to_owned();

        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let url = format!("https://{}", listener.local_addr()?);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A connection that breaks is its client's affair.
                tokio::spawn(hand_on(acceptor.clone(), stream, behind.clone()));
            }
        });
        Ok(Self { url, ca_pem: made.cert.pem(), _runtime: runtime })
    }
}

async fn hand_on(acceptor: TlsAcceptor, stream: TcpStream, behind: String) -> io::Result<()> {
    let mut outside = acceptor.accept(stream).await?;
    let mut inside = TcpStream::connect(behind).await?;
    copy_bidirectional(&mut outside, &mut inside).await?;
    Ok(())
}
