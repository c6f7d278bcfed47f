//! What a document named is asked at public addresses only, whatever its name leads to (RFC 9728
//! section 7.7).

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use grantflow::wire::is_public_address;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

use crate::error::{BoxError, NotPublic};

/// A resolver that may know no private address. The addresses that it gives are the ones that are
/// connected to.
#[derive(Clone)]
pub(crate) struct Resolver {
    pub(crate) public_only: bool,
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let public_only = self.public_only;
        #[cfg(test)]
        let name = tests::known(name);
        let resolving = GaiResolver::new().call(name);
        Box::pin(async move {
            let addresses: Vec<_> = resolving.await?.collect();
            if public_only && !are_public(&addresses) {
                return Err(NotPublic.into());
            }
            Ok(addresses.into_iter())
        })
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
    use tokio::runtime::Builder;

    use super::*;
    use crate::transport::Transport;

    /// A name in the public network that leads to this machine, as a stranger's may.
    const INSIDE: &str = "inside.example.com";

    pub(super) fn known(name: Name) -> Name {
        if name.as_str() == INSIDE { "localhost".parse().unwrap() } else { name }
    }

    #[test]
    fn a_name_that_leads_inside_is_looked_up_and_not_connected_to() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let issuer = format!("https://{INSIDE}:{}", listener.local_addr().unwrap().port());
        let issuer = issuer.parse::<Issuer>().unwrap().untrusted().unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let transport = Transport::builder().connect_timeout(Duration::from_secs(1)).build();
        let failed = runtime.block_on(transport.perform(issuer.discover())).unwrap_err();
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
}
