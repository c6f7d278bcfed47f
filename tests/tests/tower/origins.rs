//! Where the token goes, and where it does not.

use std::error::Error;

use bytes::Bytes;
use grantflow_hyper::{AuthorizeError, AuthorizeLayer};
use http::header::LOCATION;
use http::{Request, StatusCode};
use http_body_util::Empty;
use tower_layer::Layer;
use tower_service::Service;

use crate::script::{Server, fine, reply};
use crate::world::{API, World, whole};

#[tokio::test]
async fn requests_to_the_origin_have_the_token_and_no_others_have() {
    let world = World::new(|_| fine());
    for (url, token) in [
        (API, "Bearer token-1"),
        ("https://API.example:443/", "Bearer token-1"),
        ("https://api.example/\"ä{b}", "Bearer token-1"),
        ("http://api.example/v1/sales", ""),
        ("https://api.example:8443/v1/sales", ""),
        ("https://api.example.evil.example/v1/sales", ""),
        ("https://evil.example/https://api.example/", ""),
        ("https://api.example@evil.example/", ""),
        ("https://user@api.example/", ""),
        ("/v1/sales", ""),
    ] {
        let answer = whole(world.try_get(url).await.unwrap()).await;
        assert_eq!((answer.status, &*answer.body), (StatusCode::OK, &b"fine"[..]));
        let asked = world.script.asked().pop().unwrap();
        assert_eq!(asked.authorization.unwrap_or_default(), token, "{url}");
        assert_eq!(asked.is_sensitive, !token.is_empty(), "{url}");
        assert_eq!(asked.url.parse::<http::Uri>().unwrap(), url.parse::<http::Uri>().unwrap());
    }
    assert_eq!(world.gate.requests(), 1);
}

#[tokio::test]
async fn the_host_of_another_is_another_origin() {
    let world = World::new(|_| fine());
    for host in ["evil.example", "api.example"] {
        let request = Request::get(API).header("host", host).body(Empty::<Bytes>::new());
        drop(world.api.request(request.unwrap()).await.unwrap());
    }
    assert_eq!(world.script.tokens(), ["", "Bearer token-1"]);
}

#[tokio::test]
async fn a_layer_without_origins_gives_no_token_away() {
    let world = World::new(|_| fine());
    let mut api =
        Layer::layer(&AuthorizeLayer::new(&world.source, []), Server(world.script.clone()));
    std::future::poll_fn(|cx| Service::<Request<Empty<Bytes>>>::poll_ready(&mut api, cx))
        .await
        .unwrap();
    let answer = api.call(Request::get(API).body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    drop(answer);
    assert_eq!((world.script.tokens(), world.gate.requests()), (vec![String::new()], 0));
}

#[tokio::test]
async fn a_request_with_an_authorization_of_its_own_is_not_sent() {
    let world = World::new(|_| fine());
    let request = |url| {
        let own = Request::get(url).header("authorization", "Basic b3duOm93bg==");
        world.api.request(own.body(Empty::<Bytes>::new()).unwrap())
    };
    let error = request(API).await.unwrap_err();
    assert!(matches!(error, AuthorizeError::HasAuthorization), "{error:?}");
    assert!(error.to_string().contains("leave one of them out"), "{error}");
    assert!(world.script.asked().is_empty());
    assert!(world.script.is_free());
    // Elsewhere it is nobody's business.
    drop(request("https://other.example/").await.unwrap());
    assert_eq!(world.script.tokens(), ["Basic b3duOm93bg=="]);
    assert_eq!(world.gate.requests(), 0);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let world = World::new(|_| fine());
    world.gate.answer(401, r#"{"error":"invalid_client","message":"suspended"}"#);
    for _ in 0..3 {
        let error = world.try_get(API).await.unwrap_err();
        assert!(error.to_string().contains("suspended"), "{error}");
        assert!(error.source().is_none_or(|source| !source.to_string().contains("no access")));
        let AuthorizeError::NoToken(error) = error else { panic!("{error:?}") };
        assert!(error.retry_at().is_some());
    }
    assert!(world.script.asked().is_empty());
    assert!(world.script.is_free());
    assert_eq!(world.gate.requests(), 1);
}

#[tokio::test]
async fn a_redirect_is_handed_on_and_not_followed() {
    let world = World::new(|_| reply(307, &[(LOCATION, "https://other.example/v1/sales")], vec![]));
    let answer = world.get().await;
    assert_eq!((answer.status, answer.why), (StatusCode::TEMPORARY_REDIRECT, None));
    assert_eq!(world.script.asked().len(), 1);
}
