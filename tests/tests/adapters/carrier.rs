//! One way to call both adapters.

use std::time::Duration;

use grantflow::{
    Client, Endpoint, Exchange, Failed, Flow, Provider, RefreshToken, Scope, Secret,
    flow::{Refreshing, Requesting},
};
use grantflow_tests::hostile::HostileServer;
use tokio::runtime::{Builder, Runtime};

/// An adapter, and what it runs in.
pub(crate) enum Carrier {
    Ureq(grantflow_ureq::Transport),
    Hyper(Box<(grantflow_hyper::Transport, Runtime)>),
}

/// What a test may set.
#[derive(Clone, Copy, Default)]
pub(crate) struct Settings<'a> {
    pub(crate) roots: Option<&'a str>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) response_limit: Option<usize>,
}

impl Carrier {
    /// ureq; hyper in a runtime that stands still between two calls; hyper in one that does not.
    pub(crate) fn all(settings: Settings<'_>) -> [(&'static str, Self); 3] {
        let still = Builder::new_current_thread().enable_all().build().unwrap();
        let busy = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        [
            ("ureq", Self::Ureq(settings.ureq())),
            ("hyper, one thread", Self::Hyper(Box::new((settings.hyper(), still)))),
            ("hyper, more threads", Self::Hyper(Box::new((settings.hyper(), busy)))),
        ]
    }

    pub(crate) fn perform<E: Exchange>(&self, exchange: E) -> Result<E::Output, Failed<E>> {
        match self {
            Self::Ureq(transport) => transport.perform(exchange),
            Self::Hyper(hyper) => {
                let (transport, runtime) = &**hyper;
                runtime.block_on(transport.perform(exchange))
            }
        }
    }
}

macro_rules! apply {
    ($settings:expr, $transport:ty) => {{
        let Settings { roots, connect_timeout, timeout, response_limit } = $settings;
        let mut builder = <$transport>::builder();
        if let Some(roots) = roots {
            builder = builder.root_certificates(roots.as_bytes()).unwrap();
        }
        if let Some(timeout) = connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        if let Some(timeout) = timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(bytes) = response_limit {
            builder = builder.response_limit(bytes);
        }
        builder.build()
    }};
}

impl Settings<'_> {
    pub(crate) fn ureq(self) -> grantflow_ureq::Transport {
        apply!(self, grantflow_ureq::Transport)
    }

    pub(crate) fn hyper(self) -> grantflow_hyper::Transport {
        apply!(self, grantflow_hyper::Transport)
    }
}

/// The secret of [`client`].
pub(crate) const SECRET: &str = "SECRETMARK-client-secret";
/// The refresh token of [`refresh`].
pub(crate) const REFRESH_TOKEN: &str = "SECRETMARK-refresh-token";

/// A client of that server.
pub(crate) fn client(server: &HostileServer) -> Client {
    client_at(&server.token_endpoint())
}

/// A client of the server with that token endpoint.
pub(crate) fn client_at(endpoint: &str) -> Client {
    let endpoint = endpoint.parse().or_else(|_| Endpoint::insecure_loopback(endpoint)).unwrap();
    Client::new("an-app", Secret::new(SECRET).unwrap(), Provider::new(endpoint)).unwrap()
}

/// An exchange that may be sent twice.
pub(crate) fn ask(client: &Client) -> Flow<Requesting> {
    client.client_credentials(Scope::default()).unwrap()
}

/// An exchange that may not.
pub(crate) fn refresh(client: &Client) -> Flow<Refreshing> {
    client.refresh(RefreshToken::new(REFRESH_TOKEN).unwrap()).unwrap()
}
