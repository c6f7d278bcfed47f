//! A token endpoint on 127.0.0.1. It is in the process that measures: what is measured is in another,
//! so that only the client's work is counted.

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time;
use tokio_rustls::TlsAcceptor;

use crate::random::Random;

/// Ends with its connections when it is dropped.
pub struct Server {
    url: String,
    root: String,
    shared: Arc<Shared>,
    /// Its only thread runs until this is dropped.
    _runtime: Runtime,
}

struct Shared {
    status: AtomicU16,
    delay_in_ms: AtomicU64,
    requests: AtomicUsize,
    connections: AtomicUsize,
    tokens: Mutex<Random>,
}

impl Server {
    /// One that answers at once, with a new token each time.
    pub fn plain() -> Result<Self, Box<dyn Error>> {
        Self::start("http", String::new(), None)
    }

    /// The same over TLS: [`root`](Self::root) is to be trusted.
    pub fn tls() -> Result<Self, Box<dyn Error>> {
        let own = rcgen::generate_simple_self_signed([Ipv4Addr::LOCALHOST.to_string()])?;
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der())?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)?;
        Self::start("https", own.cert.pem(), Some(TlsAcceptor::from(Arc::new(config))))
    }

    fn start(scheme: &str, root: String, tls: Option<TlsAcceptor>) -> Result<Self, Box<dyn Error>> {
        let shared = Arc::new(Shared {
            status: AtomicU16::new(200),
            delay_in_ms: AtomicU64::new(0),
            requests: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            tokens: Mutex::new(Random::new(7)),
        });
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            // A herd comes all at once.
            socket.listen(16_384)
        })?;
        let url = format!("{scheme}://{}/token", listener.local_addr()?);
        runtime.spawn(accept(listener, tls, Arc::clone(&shared)));
        Ok(Self { url, root, shared, _runtime: runtime })
    }

    /// Of the token endpoint; every other path answers alike.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate to be trusted, in PEM, short enough for an argument. Empty where there is none.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// From now on every request gets this status, so long after it came. Those from 400 on have an
    /// error for a body, the others a token.
    pub fn answer_with(&self, status: u16, delay: Duration) {
        let delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.shared.status.store(status, Ordering::Relaxed);
        self.shared.delay_in_ms.store(delay, Ordering::Relaxed);
    }

    /// How many requests came since the start or the last [`reset`](Self::reset).
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// How many connections were accepted since then.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Counts from zero again.
    pub fn reset(&self) {
        self.shared.requests.store(0, Ordering::Relaxed);
        self.shared.connections.store(0, Ordering::Relaxed);
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(open(stream, tls.clone(), Arc::clone(&shared)));
            }
            // Out of file handles, most likely: they come back when connections end.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// One connection. Whatever goes wrong on it is seen by its client.
async fn open(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(stream, shared).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, shared).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let answer = service_fn(|request| answer(request, &shared));
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(request: Request<Incoming>, shared: &Shared) -> io::Result<Response<Full<Bytes>>> {
    request.into_body().collect().await.map_err(io::Error::other)?;
    shared.requests.fetch_add(1, Ordering::Relaxed);
    let delay = shared.delay_in_ms.load(Ordering::Relaxed);
    if delay > 0 {
        time::sleep(Duration::from_millis(delay)).await;
    }
    let status = shared.status.load(Ordering::Relaxed);
    let body = if status < 400 {
        let token = shared.tokens.lock().unwrap_or_else(PoisonError::into_inner).token(22);
        format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600}}"#)
    } else {
        r#"{"error":"invalid_client","error_description":"this client is suspended"}"#.to_owned()
    };
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header(CACHE_CONTROL, "no-store")
        .body(Full::from(body))
        .map_err(io::Error::other)
}
