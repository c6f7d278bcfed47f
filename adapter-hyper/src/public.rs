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
        let resolving = GaiResolver::new().call(name);
        Box::pin(async move {
            let addresses: Vec<_> = resolving.await?.collect();
            if public_only && !addresses.iter().all(|address| is_public_address(address.ip())) {
                return Err(NotPublic.into());
            }
            Ok(addresses.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::time::Duration;

    use grantflow::TransportErrorKind;
    use tokio::runtime::Builder;

    use crate::connector::Connector;
    use crate::error::transport_error;

    #[test]
    fn a_name_that_leads_inside_is_looked_up_and_not_connected_to() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let uri: hyper::Uri = format!("https://localhost:{port}/").parse().unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let connector = Connector::new(None, Duration::from_secs(10));
        let connected = runtime.block_on(connector.connect(uri, true));
        let error = transport_error(connected.err().unwrap(), false);
        assert_eq!(error.kind(), TransportErrorKind::NotPublic);
        assert!(listener.accept().is_err(), "somebody knocked");
    }
}
