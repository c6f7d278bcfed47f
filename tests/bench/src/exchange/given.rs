//! What every client here is given.

use std::error::Error;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::random::Random;
use crate::subject::Rounds;

pub const CLIENT_ID: &str = "meed_0cb08343fffe4134";

/// What an application sets.
pub const TIMEOUT: Duration = Duration::from_secs(30);
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of an answer.
pub const MOST: usize = 1024 * 1024;

/// The server that a subject talks to.
pub struct Given<'a> {
    pub url: &'a str,
    root: &'a str,
    /// One for each round.
    pub secrets: Vec<String>,
}

impl<'a> Given<'a> {
    pub fn new(rounds: &Rounds<'a>) -> Result<Self, Box<dyn Error>> {
        let [url, root] = rounds.arguments else {
            return Err("an exchange needs the token endpoint, and the certificate to trust".into());
        };
        // More than there are rounds.
        let secrets = Random::new(1).many(300, |random| random.token(43));
        Ok(Self { url, root, secrets })
    }

    /// The certificate to be trusted, in PEM, where there is TLS.
    pub fn root(&self) -> Option<&'a str> {
        Some(self.root).filter(|root| !root.is_empty())
    }

    pub fn certificate(&self) -> Result<Option<CertificateDer<'static>>, Box<dyn Error>> {
        Ok(self.root().map(|root| CertificateDer::from_pem_slice(root.as_bytes())).transpose()?)
    }
}
