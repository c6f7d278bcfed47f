//! The HTTP clients that an application has anyway, set up to trust the sandbox: with the partner
//! itself, an application's own client needs no set-up.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Body;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

/// A ureq agent that trusts this certificate authority and no other.
///
/// A PEM without a certificate trusts nobody: every request then fails.
pub fn blocking(ca_pem: &str) -> ureq::Agent {
    blocking_settings(ca_pem).build().into()
}

/// Its settings, for an agent with a middleware.
pub fn blocking_settings(ca_pem: &str) -> ConfigBuilder<AgentScope> {
    let trusted: Vec<_> = Certificate::from_pem(ca_pem.as_bytes()).into_iter().collect();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&trusted)).build();
    // Redirects are for who asked to see; and a proxy has no way to this machine.
    ureq::Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(30)))
}

/// A hyper client that trusts this certificate authority and no other.
///
/// # Errors
/// Where `ca_pem` has no certificate in it.
pub fn async_client(
    ca_pem: &str,
) -> io::Result<Client<HttpsConnector<HttpConnector>, Empty<Bytes>>> {
    async_client_for(ca_pem)
}

/// The same for requests with any body.
///
/// # Errors
/// Where `ca_pem` has no certificate in it.
pub fn async_client_for<B>(ca_pem: &str) -> io::Result<Client<HttpsConnector<HttpConnector>, B>>
where
    B: Body + Send,
    B::Data: Send,
{
    let mut roots = RootCertStore::empty();
    let certificate =
        CertificateDer::from_pem_slice(ca_pem.as_bytes()).map_err(io::Error::other)?;
    roots.add(certificate).map_err(io::Error::other)?;
    let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let https =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).build(https))
}
