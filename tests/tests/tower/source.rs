//! The source itself.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use grantflow::flow::Authorized;
use grantflow::{Client, Flow, Scope};
use grantflow_hyper::{AuthorizeError, AuthorizeLayer, TokenSource, TokenSources, Transport};
use grantflow_tests::gate::Gate;
use serde_json::json;

use crate::world::{soon, source, within};

/// A session whose access token `old` has that many seconds left of its ten minutes: its renewal is
/// due when there are 15 to 30.
fn session(client: &Client, left: u64) -> Flow<Authorized> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let record = json!({
        "format": 1,
        "client_id": client.client_id(),
        "token_endpoint": client.provider().token_endpoint().as_str(),
        "access_token": "old",
        "refresh_token": "refresh-0",
        "sent_at": now - 600 + left,
        "expires_in": 600,
    });
    client.resume(serde_json::from_value(record).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_tasks_on_an_empty_cache_make_one_request() {
    let gate = Gate::start().unwrap();
    let source = source(&gate);
    let tasks: Vec<_> = (0..10_000)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { soon(source.authorization()).await.unwrap() })
        })
        .collect();
    for task in tasks {
        let header = task.await.unwrap();
        assert!(header == "Bearer token-1" && header.is_sensitive());
    }
    assert_eq!(gate.requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_waited_learn_the_error_of_one_request() {
    let gate = Gate::start().unwrap();
    gate.answer(503, r#"{"error":"temporarily_unavailable","error_description":"tea"}"#);
    let source = source(&gate);
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { soon(source.token()).await.unwrap_err() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap().to_string().contains("tea"));
    }
    assert_eq!(gate.requests(), 1);
}

#[tokio::test]
async fn while_the_token_is_good_nobody_waits() {
    let gate = Gate::start().unwrap();
    let source = source(&gate);
    soon(source.authorization()).await.unwrap();
    gate.hold();
    for _ in 0..1_000 {
        assert!(within(1, source.authorization()).await.is_some());
        assert!(within(1, source.token()).await.is_some());
    }
    assert_eq!(gate.requests(), 1);
}

#[tokio::test]
async fn nobody_waits_for_a_renewal_while_the_old_token_answers() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let source = TokenSource::new(&Transport::new(), session(&gate.client().unwrap(), 10));
    for _ in 0..100 {
        let header = within(1, source.authorization()).await.unwrap();
        assert_eq!(header.unwrap(), "Bearer old");
    }
    assert!(within(1, source.settle()).await.is_none());
    gate.let_go();
    soon(source.settle()).await;
    assert_eq!(within(1, source.authorization()).await.unwrap().unwrap(), "Bearer token-1");
    assert_eq!(gate.requests(), 1);
    let record = serde_json::to_value(source.record().unwrap()).unwrap();
    assert_eq!(record["refresh_token"], "refresh-1");
}

#[tokio::test]
async fn new_credentials_serve_those_who_wait_for_the_old_ones() {
    let (old, new) = (Gate::start().unwrap(), Gate::start().unwrap());
    old.hold();
    let source = source(&old);
    let mut waiting = Box::pin(source.token());
    assert!(within(1, waiting.as_mut()).await.is_none());
    source.replace(new.client().unwrap().client_credentials(Scope::default()).unwrap());
    assert_eq!(soon(waiting).await.unwrap().access_token().expose(), "token-1");
    assert_eq!(new.requests(), 1);
    assert_eq!(
        source.client().provider().token_endpoint(),
        new.client().unwrap().provider().token_endpoint()
    );
}

#[tokio::test]
async fn a_session_is_loaded_once_and_a_tenant_has_one_source() {
    let gate = Gate::start().unwrap();
    let (sources, client) = (TokenSources::new(&Transport::new()), gate.client().unwrap());
    let load = async { Ok::<_, Infallible>(session(&client, 60)) };
    let first = sources.session("ann", &client, load).await.unwrap();
    let never = async { panic!("it is here already") };
    let again: Result<_, Infallible> = sources.session("ann", &client, never).await;
    assert_eq!(first.authorization().await.unwrap(), "Bearer old");
    assert_eq!(again.unwrap().authorization().await.unwrap(), "Bearer old");
    let failing = async { Err("the store is closed") };
    assert_eq!(sources.session("bob", &client, failing).await.unwrap_err(), "the store is closed");
    assert!(sources.remove_session("ann", &client).is_some());
    assert!(sources.remove_session("ann", &client).is_none());

    let tenant = |name| sources.tenant(name, client.client_credentials(Scope::default()).unwrap());
    for (name, token) in [("a", "Bearer token-1"), ("b", "Bearer token-2"), ("a", "Bearer token-1")]
    {
        assert_eq!(soon(tenant(name).authorization()).await.unwrap(), token);
    }
}

#[test]
fn a_source_and_its_futures_go_anywhere() {
    fn anywhere<T: Clone + Send + Sync + 'static>() {}
    fn can_move<T: Send>(_: T) {}
    fn is_an_error<T: std::error::Error + Send + Sync + 'static>() {}
    is_an_error::<AuthorizeError<std::io::Error>>();
    anywhere::<TokenSource>();
    anywhere::<TokenSources>();
    anywhere::<AuthorizeLayer>();
    anywhere::<Transport>();
    assert_eq!([size_of::<Transport>(), size_of::<TokenSource>()], [size_of::<Arc<()>>(); 2]);
    let gate = Gate::start().unwrap();
    let source = source(&gate);
    can_move(source.token());
    can_move(source.authorization());
    can_move(source.settle());
    let (sources, client) = (TokenSources::new(&Transport::new()), gate.client().unwrap());
    can_move(sources.session("ann", &client, async { Err(()) }));
    // Nothing of a secret is printed.
    assert!(!format!("{source:?} {sources:?}").contains("s3cr3t"));
}
