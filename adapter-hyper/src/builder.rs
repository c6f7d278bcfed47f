//! The settings of a transport.

use std::io;
use std::time::Duration;

use grantflow::wire::MAX_RESPONSE_BYTES;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::transport::Transport;

/// A [`Transport`] in the making. What is not set keeps its safe default; no setting turns a
/// check off.
#[derive(Clone, Debug)]
#[must_use = "it is a transport only after `build`"]
pub struct TransportBuilder {
    /// In place of the built-in ones.
    pub(crate) roots: Option<RootCertStore>,
    pub(crate) limits: Limits,
}

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) response_limit: usize,
}

impl TransportBuilder {
    pub(crate) fn new() -> Self {
        let limits = Limits {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            response_limit: MAX_RESPONSE_BYTES,
        };
        Self { roots: None, limits }
    }

    /// Trusts the certificates in this PEM text, and no others: the built-in roots are left out.
    ///
    /// # Errors
    /// Where the text is no PEM, has no certificate in it, or has one that cannot be a root.
    pub fn root_certificates(self, pem: &[u8]) -> io::Result<Self> {
        let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidData, message);
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|error| invalid(format!("not a PEM text: {error}")))?;
            roots
                .add(certificate)
                .map_err(|error| invalid(format!("not a root certificate: {error}")))?;
        }
        if roots.is_empty() {
            return Err(invalid("there is no certificate in the PEM text".to_owned()));
        }
        Ok(Self { roots: Some(roots), ..self })
    }

    /// How long a new connection may take, from the first packet to the end of the TLS
    /// handshake. Default: 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout.min(LONGEST);
        self
    }

    /// How long a whole exchange may take, from the look-up of the host to the last byte of the
    /// answer. Default: 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = timeout.min(LONGEST);
        self
    }

    /// How many bytes the body of an answer may have. Default, and the most that can be set:
    /// [`MAX_RESPONSE_BYTES`].
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.limits.response_limit = bytes.min(MAX_RESPONSE_BYTES);
        self
    }

    /// The transport. The proxy is read from the environment now.
    pub fn build(self) -> Transport {
        Transport::from_settings(self)
    }
}

/// A day: no deadline that far out can overflow a clock.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
