//! What a document named is asked at public addresses only, whatever its name leads to (RFC 9728
//! section 7.7).

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
        let addresses = self.0.resolve(uri, config, timeout)?;
        // The proxy is the configuration's, and may be anywhere.
        let is_proxy = config.proxy().is_some_and(|proxy| proxy.uri() == uri);
        if is_proxy || addresses.iter().all(|address| is_public_address(address.ip())) {
            Ok(addresses)
        } else {
            Err(ureq::Error::Other(Box::new(NotPublic)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use grantflow::TransportErrorKind;

    use crate::error::transport_error;
    use crate::transport::Transport;

    #[test]
    fn a_name_that_leads_inside_is_looked_up_and_not_connected_to() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
        let transport = Transport::new();
        let error = transport_error(transport.public().get(url).call().unwrap_err(), false);
        assert_eq!(error.kind(), TransportErrorKind::NotPublic);
        assert!(listener.accept().is_err(), "somebody knocked");
    }
}
