//! How connections are made: TCP, perhaps through a proxy, then TLS; all within one timeout.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};
use tokio::time;
use tower_service::Service;

use crate::attentive::{Attentive, Stream};
use crate::error::BoxError;
use crate::public::Resolver;

/// Makes connections, with their certificates checked.
pub(crate) struct Connector {
    tcp: HttpConnector<Resolver>,
    /// The same for what may be asked at public addresses only.
    public: HttpConnector<Resolver>,
    tls: Result<Arc<ClientConfig>, rustls::Error>,
    proxies: Matcher,
    timeout: Duration,
}

impl Connector {
    /// Trusts these roots, or the built-in ones. The proxies are those of the environment.
    pub(crate) fn new(roots: Option<RootCertStore>, timeout: Duration) -> Self {
        let tcp = |public_only| {
            let mut tcp = HttpConnector::new_with_resolver(Resolver { public_only });
            tcp.enforce_http(false);
            tcp.set_nodelay(true);
            // Shared among the addresses of a host, so that a dead one leaves time for the next.
            tcp.set_connect_timeout(Some(timeout));
            tcp
        };
        let tls = tls_config(roots).map(Arc::new);
        Self { tcp: tcp(false), public: tcp(true), tls, proxies: Matcher::from_env(), timeout }
    }

    /// A connection, within the time that it may take.
    pub(crate) async fn connect(&self, uri: Uri, public_only: bool) -> Result<Attentive, BoxError> {
        let connecting = time::timeout(self.timeout, self.connect_in_time(uri, public_only));
        Ok(Attentive::new(connecting.await??))
    }

    async fn connect_in_time(&self, uri: Uri, public_only: bool) -> Result<Stream, BoxError> {
        // What it refuses here is reported as any other failure of TLS is.
        let tls = Result::clone(&self.tls)?;
        // Plain http is this very machine, which no proxy stands before; and TLS hides nothing.
        let is_https = uri.scheme() == Some(&Scheme::HTTPS);
        let proxy = if is_https { self.proxies.intercept(&uri) } else { None };
        // The proxy is the configuration's, and may be anywhere.
        let tcp = if public_only && proxy.is_none() { &self.public } else { &self.tcp };
        let mut way = Way::Direct(tcp.clone());
        if let Some(proxy) = proxy {
            if !matches!(proxy.uri().scheme_str(), Some("http" | "https")) {
                let other = "only an HTTP proxy can be used; the environment names another kind";
                return Err(other.into());
            }
            let to_proxy = HttpsConnector::from((way, Arc::clone(&tls)));
            let mut tunnel = Tunnel::new(proxy.uri().clone(), to_proxy);
            if let Some(credentials) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(credentials.clone());
            }
            way = Way::Proxy(Box::new(tunnel));
        }
        Ok(Box::new(HttpsConnector::from((way, tls)).call(uri).await?))
    }
}

/// What TLS lies on. One type for both, and one type of stream, so that no program has TLS twice.
#[derive(Clone)]
enum Way {
    Direct(HttpConnector<Resolver>),
    Proxy(Box<Tunnel<HttpsConnector<Way>>>),
}

impl Service<Uri> for Way {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self {
            Self::Direct(tcp) => {
                let connecting = tcp.call(uri);
                Box::pin(async { Ok(Box::new(connecting.await?) as Stream) })
            }
            Self::Proxy(tunnel) => {
                let connecting = tunnel.call(uri);
                Box::pin(async { Ok(Box::new(connecting.await?) as Stream) })
            }
        }
    }
}

/// Certificates are checked against the roots; nothing turns that off.
fn tls_config(roots: Option<RootCertStore>) -> Result<ClientConfig, rustls::Error> {
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(ring::default_provider()));
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = match roots {
        Some(roots) => config.with_root_certificates(roots),
        None => config.with_webpki_roots(),
    };
    Ok(config.with_no_client_auth())
}
