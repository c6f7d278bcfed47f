//! One way to call both adapters.

use grantflow::{
    Client, Endpoint, Flow, Provider, RefreshToken, Scope, Secret,
    flow::{Refreshing, Requesting},
};
use grantflow_tests::hostile::HostileServer;
pub(crate) use grantflow_tests::hostile::{Carrier, Settings};

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
