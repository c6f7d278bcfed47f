//! Clients written by hand: ureq 3, and one kept connection of hyper. They have the timeouts and the
//! limits that every application sets.
//!
//! What they leave out: a connection is looked at before its next use by ureq alone, and a hyper
//! connection that breaks is not made anew.

use std::error::Error;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper::http::HeaderValue;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Builder, Runtime};
use tokio::time;
use tokio_rustls::TlsConnector;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::given::{CONNECT_TIMEOUT, Given, MOST, TIMEOUT};

/// A ureq client.
pub fn agent(given: &Given<'_>) -> Result<Agent, Box<dyn Error>> {
    let mut tls = TlsConfig::builder();
    if let Some(root) = given.root() {
        let root = Certificate::from_pem(root.as_bytes())?;
        tls = tls.root_certs(RootCerts::Specific(Arc::new(vec![root])));
    }
    let config = Agent::config_builder()
        .tls_config(tls.build())
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_global(Some(TIMEOUT));
    Ok(config.build().into())
}

/// A runtime, with one connection of hyper in it.
pub struct Connection {
    pub runtime: Runtime,
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
}

impl Connection {
    pub fn open(given: &Given<'_>) -> Result<Self, Box<dyn Error>> {
        let url: Uri = given.url.parse()?;
        let (host, name) = url.authority().map(|it| (it.as_str(), it.host())).ok_or("no host")?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let (certificate, name) = (given.certificate()?, ServerName::try_from(name)?.to_owned());
        let sender = runtime.block_on(async {
            let stream = tokio::net::TcpStream::from_std(stream)?;
            match certificate {
                None => kept(stream).await,
                Some(certificate) => {
                    let mut roots = RootCertStore::empty();
                    roots.add(certificate)?;
                    let config =
                        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
                            .with_safe_default_protocol_versions()?
                            .with_root_certificates(roots)
                            .with_no_client_auth();
                    let tls = TlsConnector::from(Arc::new(config));
                    kept(tls.connect(name, stream).await?).await
                }
            }
        })?;
        Ok(Self { runtime, sender, host: HeaderValue::from_str(host)? })
    }

    /// Sends, and brings the whole answer.
    pub fn answer(&mut self, request: Request<Full<Bytes>>) -> io::Result<Response<Bytes>> {
        let Self { runtime, sender, host } = self;
        runtime.block_on(async { time::timeout(TIMEOUT, send(sender, host, request)).await? })
    }
}

async fn kept<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, Box<dyn Error>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// A connection wants the path alone, and the host beside it.
async fn send(
    sender: &mut SendRequest<Full<Bytes>>,
    host: &HeaderValue,
    mut request: Request<Full<Bytes>>,
) -> io::Result<Response<Bytes>> {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map(Uri::from).unwrap_or_default();
    request.headers_mut().insert(HOST, host.clone());
    sender.ready().await.map_err(io::Error::other)?;
    let answer = sender.send_request(request).await.map_err(io::Error::other)?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, MOST).collect().await.map_err(io::Error::other)?;
    Ok(Response::from_parts(head, body.to_bytes()))
}
