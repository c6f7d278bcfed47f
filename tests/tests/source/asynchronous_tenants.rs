//! Many tenants and many users, for tasks: the sources are found as the blocking ones are.

use std::cell::Cell;
use std::convert::Infallible;

use grantflow::{Advice, Client, Flow, Scope, flow::Requesting};
use grantflow_hyper::{TokenSources, Transport};
use grantflow_tests::gate::Gate;
use tokio::task::yield_now;

use crate::session;

fn request(client: &Client) -> Flow<Requesting> {
    client.client_credentials(Scope::default()).unwrap()
}

#[tokio::test]
async fn a_session_is_loaded_once_and_forgotten_at_logout() {
    let gate = Gate::start().unwrap();
    let (sources, client) = (TokenSources::new(&Transport::new()), gate.client().unwrap());
    let load = async { Ok::<_, Infallible>(session::of_age(&client, 0)) };
    let first = sources.session("ann", &client, load).await.unwrap();
    let never = async { panic!("it is here already") };
    let again: Result<_, Infallible> = sources.session("ann", &client, never).await;
    assert_eq!(first.authorization().await.unwrap(), "Bearer old");
    assert_eq!(again.unwrap().authorization().await.unwrap(), "Bearer old");
    let failing = async { Err("the store is closed") };
    assert_eq!(sources.session("bob", &client, failing).await.unwrap_err(), "the store is closed");
    assert!(sources.remove_session("bob", &client).is_none());
    assert!(sources.remove_session("ann", &client).is_some());
    assert!(sources.remove_session("ann", &client).is_none());
}

#[tokio::test]
async fn a_session_that_the_server_has_ended_is_loaded_anew() {
    let gate = Gate::start().unwrap();
    let (sources, client) = (TokenSources::new(&Transport::new()), gate.client().unwrap());
    let loads = Cell::new(0);
    let open = || async {
        let load = async {
            loads.set(loads.get() + 1);
            Ok::<_, Infallible>(session::of_age(&client, session::OVER))
        };
        sources.session("ann", &client, load).await.unwrap()
    };
    gate.answer(400, r#"{"error":"invalid_grant"}"#);
    let ended = open().await;
    assert_eq!(ended.token().await.unwrap_err().advice(), Advice::Reauthorize);
    gate.relent();
    // After the new login.
    assert_eq!(open().await.authorization().await.unwrap(), "Bearer token-2");
    assert_eq!(open().await.authorization().await.unwrap(), "Bearer token-2");
    assert_eq!((loads.get(), gate.requests()), (2, 2));
    // The old one stays what it is.
    assert_eq!(ended.token().await.unwrap_err().advice(), Advice::Reauthorize);
    assert!(ended.record().is_none());
}

#[tokio::test]
async fn a_logout_while_the_session_is_loaded_is_not_undone() {
    let gate = Gate::start().unwrap();
    let (sources, client) = (TokenSources::new(&Transport::new()), gate.client().unwrap());
    let load = async {
        yield_now().await;
        assert!(sources.remove_session("ann", &client).is_none());
        Ok::<_, Infallible>(session::of_age(&client, 0))
    };
    let source = sources.session("ann", &client, load).await.unwrap();
    assert_eq!(source.authorization().await.unwrap(), "Bearer old");
    let gone = sources.session("ann", &client, async { Err("she has logged out") }).await;
    assert_eq!(gone.unwrap_err(), "she has logged out");
    assert!(sources.remove_session("ann", &client).is_none());
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
