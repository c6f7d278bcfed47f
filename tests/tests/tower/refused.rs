//! What is done about a 401, and about other answers.

use std::sync::atomic::{AtomicBool, Ordering};

use grantflow::{NotRepeated, Scope};
use grantflow_hyper::AuthorizeError;
use http::StatusCode;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http_body_util::BodyExt;

use crate::script::{Asked, Reply, data, fine, refused, refused_in_body, reply};
use crate::world::{API, Whole, World, soon, within};

/// Takes one token, and refuses every other.
fn takes(token: &'static str, no: fn() -> Reply) -> impl Fn(&Asked) -> Reply {
    move |asked| if asked.authorization.as_deref() == Some(token) { fine() } else { no() }
}

#[tokio::test]
async fn a_refused_token_is_replaced_and_the_request_sent_once_more() {
    for no in [refused, refused_in_body] {
        let world = World::new(takes("Bearer token-2", no));
        for _ in 0..3 {
            let answer = soon(world.get()).await;
            assert_eq!((answer.status, answer.why), (StatusCode::OK, None));
            assert_eq!(answer.body, b"fine");
        }
        let expected = [1, 2, 2, 2].map(|number| format!("Bearer token-{number}"));
        assert_eq!(world.script.tokens(), expected);
        assert_eq!(world.gate.requests(), 2);
        assert!(world.script.is_free());
    }
}

#[tokio::test]
async fn a_second_refusal_is_handed_on_and_the_second_token_is_kept() {
    for (no, body) in [(refused as fn() -> Reply, "no"), (refused_in_body, INVALID)] {
        let world = World::new(move |_| no());
        let answer = soon(world.get()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.why, Some(NotRepeated::RefusedAgain));
        assert_eq!(answer.body, body.as_bytes());
        assert_eq!(world.script.tokens(), ["Bearer token-1", "Bearer token-2"]);
        let kept = world.source.authorization().await.unwrap();
        assert_eq!(kept, "Bearer token-2");
        // Where it goes on like this, a token that is too young is not replaced any more.
        let mut answers = Vec::new();
        while answers.len() < 10 {
            let (before, answer) = (world.gate.requests(), soon(world.get()).await);
            assert_eq!((answer.status, &*answer.body), (StatusCode::UNAUTHORIZED, body.as_bytes()));
            let renewed = world.gate.requests() - before;
            answers.push((answer.why, renewed));
        }
        assert_eq!(answers.first(), Some(&(Some(NotRepeated::RefusedAgain), 1)));
        assert_eq!(answers.last(), Some(&(Some(NotRepeated::TokenIsNew), 0)));
        assert!(answers.is_sorted_by_key(|answer| answer.1 == 0), "{answers:?}");
    }
}

/// A request with the first token is on its way; meanwhile the source has the second one, which
/// nobody has rejected yet.
async fn late(world: &World) -> Whole {
    let source = &world.source;
    drop(source.token().await.unwrap());
    let mut late = Box::pin(world.get());
    assert!(within(1, late.as_mut()).await.is_none());
    source.replace(world.gate.client().unwrap().client_credentials(Scope::default()).unwrap());
    assert_eq!(soon(source.authorization()).await.unwrap(), "Bearer token-2");
    soon(late).await
}

#[tokio::test]
async fn late_401_for_an_old_token_leaves_the_new_one_alone() {
    let world = World::new(takes("Bearer token-2", refused));
    let answer = late(&world).await;
    assert_eq!((answer.status, answer.why), (StatusCode::OK, None));
    assert_eq!(world.script.tokens(), ["Bearer token-1", "Bearer token-2"]);
    assert_eq!(world.source.authorization().await.unwrap(), "Bearer token-2");
    assert_eq!(world.gate.requests(), 2);
}

#[tokio::test]
async fn a_second_refusal_leaves_the_token_to_the_next_request() {
    let world = World::new(|_| refused());
    let answer = late(&world).await;
    assert_eq!(answer.why, Some(NotRepeated::RefusedAgain));
    assert_eq!(world.script.tokens(), ["Bearer token-1", "Bearer token-2"]);
    // It is as good as before, as far as the source knows.
    assert_eq!(world.source.authorization().await.unwrap(), "Bearer token-2");
    assert_eq!(world.gate.requests(), 2);
}

#[tokio::test]
async fn a_token_that_cannot_be_replaced_is_an_error() {
    let world = World::new(|_| refused());
    drop(world.source.token().await.unwrap());
    world.gate.answer(503, r#"{"error":"temporarily_unavailable"}"#);
    let error = soon(world.try_get(API)).await.unwrap_err();
    assert!(matches!(error, AuthorizeError::NoToken(_)), "{error:?}");
    assert_eq!(world.script.tokens(), ["Bearer token-1"]);
    assert_eq!(world.gate.requests(), 2);
    assert!(world.script.is_free());
    // The next request does not go out at all.
    assert!(matches!(world.try_get(API).await, Err(AuthorizeError::NoToken(_))));
    assert_eq!((world.script.asked().len(), world.gate.requests()), (1, 2));
}

#[tokio::test]
async fn answers_about_other_things_renew_nothing() {
    let bearer = |error: &str| format!("Bearer error=\"{error}\"");
    for (status, challenge, body) in [
        (403, bearer("insufficient_scope"), ""),
        (403, bearer("invalid_token"), INVALID),
        (401, bearer("insufficient_scope"), INVALID),
        (401, bearer("invalid_request"), INVALID),
        (401, "Basic realm=\"a\"".to_owned(), ""),
        (401, "Bearer".to_owned(), r#"{"error":"invalid_client"}"#),
        (400, bearer("invalid_token"), INVALID),
        (500, String::new(), INVALID),
    ] {
        let line = challenge.clone();
        let world =
            World::new(move |_| reply(status, &[(WWW_AUTHENTICATE, &line)], vec![data(body)]));
        let answer = soon(world.get()).await;
        assert_eq!((answer.status.as_u16(), answer.why), (status, None), "{challenge}");
        assert_eq!(answer.body, body.as_bytes());
        assert_eq!((world.script.asked().len(), world.gate.requests()), (1, 1), "{challenge}");
        assert_eq!(world.source.authorization().await.unwrap(), "Bearer token-1");
    }
}

#[tokio::test]
async fn a_body_is_asked_only_where_it_may_be_json() {
    for (kind, asked) in [
        (Some("application/json"), true),
        (Some("Application/JSON ; charset=\u{e9}"), true),
        (Some("application/problem+json"), true),
        (None, true),
        (Some("text/plain"), false),
        (Some("text/html; a=application/json"), false),
        (Some("application/jsonl"), false),
    ] {
        let world = World::new(move |one| {
            let line = kind.map(|kind| (CONTENT_TYPE, kind));
            if one.earlier > 0 { fine() } else { reply(401, line.as_slice(), vec![data(INVALID)]) }
        });
        let answer = soon(world.get()).await;
        assert_eq!(answer.status == StatusCode::OK, asked, "{kind:?}");
        assert_eq!(answer.why, None);
    }
}

#[tokio::test]
async fn the_service_s_own_error_is_handed_on() {
    let world = World::new(|_| fine());
    let broken = http_body_util::Full::<&[u8]>::default()
        .map_err(|never| match never {})
        .with_trailers(async { Some(Err(std::io::Error::other("a broken body"))) });
    let request = http::Request::post(API).body(broken).unwrap();
    let error = world.api.request(request).await.unwrap_err();
    assert!(matches!(&error, AuthorizeError::Service(_)), "{error:?}");
    assert!(error.to_string().contains("a broken body"), "{error}");
    assert!(world.script.is_free());
}

#[tokio::test]
async fn many_late_refusals_of_one_token_bring_one_new_token() {
    static REVOKED: AtomicBool = AtomicBool::new(false);
    let world = World::new(|asked| {
        let old = asked.authorization.as_deref() == Some("Bearer token-1");
        if old && REVOKED.load(Ordering::SeqCst) { refused() } else { fine() }
    });
    drop(soon(world.get()).await);
    REVOKED.store(true, Ordering::SeqCst);
    let world = std::sync::Arc::new(world);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let world = std::sync::Arc::clone(&world);
            tokio::spawn(async move { soon(world.get()).await.status })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(world.gate.requests(), 2);
}

const INVALID: &str = r#"{"error":"invalid_token"}"#;
