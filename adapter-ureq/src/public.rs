//! What a document named is asked at public addresses only, whatever its name leads to (RFC 9728
//! section 7.7).

use std::net::SocketAddr;

use grantflow::wire::is_public_address;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::error::NotPublic;

/// A resolver that knows no private address. The addresses that it gives are the ones that are
/// connected to.
#[derive(Debug, Default)]
pub(crate) struct PublicOnly(DefaultResolver);

impl Resolver for PublicOnly {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        #[cfg(test)]
        let uri = &tests::known(uri);
        let addresses = self.0.resolve(uri, config, timeout)?;
        // The proxy is the configuration's, and may be anywhere.
        let is_proxy = config.proxy().is_some_and(|proxy| proxy.uri() == uri);
        if is_proxy || are_public(&addresses) {
            Ok(addresses)
        } else {
            Err(ureq::Error::Other(Box::new(NotPublic)))
        }
    }
}

/// All of them: any may be the one that is connected to.
fn are_public(addresses: &[SocketAddr]) -> bool {
    addresses.iter().all(|address| is_public_address(address.ip()))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::time::Duration;

    use grantflow::{Error, Issuer, TransportErrorKind};
    use ureq::{Agent, Proxy, Timeout};

    use super::*;
    use crate::transport::Transport;

    /// A name in the public network that leads to this machine, as a stranger's may.
    const INSIDE: &str = "inside.example.com";

    pub(super) fn known(uri: &Uri) -> Uri {
        uri.to_string().replace(INSIDE, "localhost").parse().unwrap()
    }

    #[test]
    fn a_name_that_leads_inside_is_looked_up_and_not_connected_to() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let issuer = format!("https://{INSIDE}:{}", listener.local_addr().unwrap().port());
        let issuer = issuer.parse::<Issuer>().unwrap().untrusted().unwrap();
        let failed = Transport::new().perform(issuer.discover()).unwrap_err();
        let Error::Transport(error) = failed.error() else { panic!("{failed:?}") };
        assert_eq!(error.kind(), TransportErrorKind::NotPublic, "{failed:?}");
        assert!(listener.accept().is_err(), "somebody knocked");
    }

    #[test]
    fn one_private_address_among_others_is_one_too_many() {
        let at = |addresses: &[&str]| {
            let read = |address: &&str| format!("{address}:443").parse().unwrap();
            are_public(&addresses.iter().map(read).collect::<Vec<_>>())
        };
        assert!(at(&["1.1.1.1", "[2606:4700::1]"]));
        assert!(!at(&["1.1.1.1", "127.0.0.1"]));
        assert!(!at(&["[::1]", "1.1.1.1"]));
    }

    #[test]
    fn a_proxy_may_be_anywhere_and_what_goes_past_it_may_not() {
        let proxy = Some(Proxy::new("http://localhost:3128").unwrap());
        let config = Agent::config_builder().proxy(proxy).build();
        let leads_to = |url: &str| {
            let timeout = NextTimeout {
                after: Duration::from_secs(10).into(),
                reason: Timeout::Resolve,
                per_read: None,
                per_write: None,
            };
            PublicOnly::default().resolve(&url.parse().unwrap(), &config, timeout)
        };
        assert!(leads_to("http://localhost:3128").is_ok());
        assert!(leads_to("https://localhost:3128").is_err());
    }
}
