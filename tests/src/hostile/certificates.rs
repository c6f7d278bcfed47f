//! Certificates that are nearly right.

use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;

pub(super) struct Certificates {
    /// Whom the client trusts.
    pub(super) ca_pem: String,
    pub(super) tls: Arc<ServerConfig>,
}

impl Certificates {
    /// For this host, signed by its own key.
    pub(super) fn self_signed() -> io::Result<Self> {
        Self::make(&["localhost", "127.0.0.1"], |params, key, _| params.self_signed(key))
    }

    /// Signed by whom the client trusts, for another host.
    pub(super) fn of_another_host() -> io::Result<Self> {
        Self::make(&["elsewhere.example"], |params, key, ca| params.signed_by(key, ca))
    }

    fn make(
        names: &[&str],
        sign: impl FnOnce(
            CertificateParams,
            &KeyPair,
            &CertifiedIssuer<'static, KeyPair>,
        ) -> Result<Certificate, rcgen::Error>,
    ) -> io::Result<Self> {
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let ca = KeyPair::generate()
            .and_then(|key| CertifiedIssuer::self_signed(ca, key))
            .map_err(io::Error::other)?;

        let key = KeyPair::generate().map_err(io::Error::other)?;
        let names: Vec<_> = names.iter().copied().map(str::to_owned).collect();
        let certificate = CertificateParams::new(names)
            .and_then(|params| sign(params, &key, &ca))
            .map_err(io::Error::other)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .map_err(io::Error::other)?;
        Ok(Self { ca_pem: ca.pem(), tls: Arc::new(tls) })
    }
}
