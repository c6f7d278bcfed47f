//! Certificates that are nearly right.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;

pub(super) struct Certificates {
    /// Whom the client trusts.
    pub(super) ca_pem: String,
    pub(super) tls: Arc<ServerConfig>,
}

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flaw {
    Nothing,
    OtherHost,
    Expired,
    NotYetValid,
    SelfSigned,
    /// Signed by one whom the client does not know.
    UnknownCa,
    /// Signed by a server, whose own certificate is good.
    NoCa,
    /// For clients, and not for servers.
    ForClients,
}

impl Certificates {
    pub(super) fn with(flaw: Flaw) -> io::Result<Self> {
        make(flaw).map_err(io::Error::other)
    }
}

fn make(flaw: Flaw) -> Result<Certificates, Box<dyn std::error::Error + Send + Sync>> {
    let trusted = ca("a trusted CA")?;
    let other = match flaw {
        Flaw::UnknownCa => Some(ca("an unknown CA")?),
        Flaw::NoCa => {
            let mut params = CertificateParams::new([LOCALHOST.to_owned()])?;
            params.distinguished_name.push(DnType::CommonName, "a server");
            Some(CertifiedIssuer::signed_by(params, KeyPair::generate()?, &trusted)?)
        }
        _ => None,
    };
    let name = if flaw == Flaw::OtherHost { "elsewhere.example" } else { LOCALHOST };
    let mut params = CertificateParams::new([name.to_owned()])?;
    match flaw {
        Flaw::Expired => params.not_after = date_time_ymd(2020, 1, 1),
        Flaw::NotYetValid => params.not_before = date_time_ymd(2500, 1, 1),
        Flaw::ForClients => params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
        _ => {}
    }
    let key = KeyPair::generate()?;
    let certificate = match flaw {
        Flaw::SelfSigned => params.self_signed(&key)?,
        _ => params.signed_by(&key, other.as_ref().unwrap_or(&trusted))?,
    };
    let mut chain = vec![certificate.der().clone()];
    chain.extend(other.map(|signer| signer.der().clone()));
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Certificates { ca_pem: trusted.pem(), tls: Arc::new(tls) })
}

fn ca(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

/// The host in [`token_endpoint`](super::HostileServer::token_endpoint).
const LOCALHOST: &str = "127.0.0.1";
