//! Many tenants and many users, for tasks: the sources are found as the blocking ones are.

use grantflow::{Client, Flow, Scope, flow::Requesting};
use grantflow_hyper::{TokenSources, Transport};
use grantflow_tests::gate::Gate;

fn request(client: &Client) -> Flow<Requesting> {
    client.client_credentials(Scope::default()).unwrap()
}

#[tokio::test]
async fn a_tenant_has_one_source_until_it_is_removed() {
    let gate = Gate::start().unwrap();
    let (sources, client) = (TokenSources::new(&Transport::new()), gate.client().unwrap());
    let tenant = |name| sources.tenant(name, request(&client));
    for (name, token) in [("a", "Bearer token-1"), ("b", "Bearer token-2"), ("a", "Bearer token-1")]
    {
        assert_eq!(tenant(name).authorization().await.unwrap(), token);
    }
    let removed = sources.remove_tenant("a", &request(&client)).unwrap();
    assert!(sources.remove_tenant("a", &request(&client)).is_none());
    assert_eq!(tenant("a").authorization().await.unwrap(), "Bearer token-3");
    assert_eq!(removed.authorization().await.unwrap(), "Bearer token-1");
    assert_eq!(tenant("b").authorization().await.unwrap(), "Bearer token-2");
}
