//! One request with a token, and perhaps once more with the next.

use std::future::poll_fn;
use std::time::Duration;

use grantflow::{AccessToken, NotRepeated, TokenVerdict};
use hyper::body::Body;
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use tokio::time;
use tower_service::Service;

use super::repeatable_body::RepeatableBody;
use super::response_body::ResponseBody;
use super::{Answer, AuthorizeError};
use crate::source::TokenSource;

/// Sends by a service that is ready.
pub(super) async fn send<S, B, R>(
    mut service: S,
    source: TokenSource,
    request: Request<B>,
) -> Answer<R, S::Error>
where
    S: Service<Request<RepeatableBody<B>>, Response = Response<R>>,
    B: Body,
    R: Body,
{
    let (head, body) = request.into_parts();
    let header = source.authorization().await.map_err(AuthorizeError::NoToken)?;
    let (body, mut again) = RepeatableBody::new(body);
    let answer = service.call(with(&header, head.clone(), body)).await;
    let (answer, refused) = judge(&source, answer.map_err(AuthorizeError::Service)?).await;
    if !refused {
        return Ok(answer);
    }
    if let Ok(token) = AccessToken::try_from(&header) {
        source.reject(&token);
    }
    let Some(body) = again.take() else {
        return Ok(not_repeated(answer, NotRepeated::BodySpent));
    };
    let new = source.authorization().await.map_err(AuthorizeError::NoToken)?;
    if new == header {
        return Ok(not_repeated(answer, NotRepeated::TokenIsNew));
    }
    // The service may have room for one answer at a time.
    drop(answer);
    poll_fn(|cx| service.poll_ready(cx)).await.map_err(AuthorizeError::Service)?;
    let answer = service.call(with(&new, head, body)).await;
    let (answer, refused) = judge(&source, answer.map_err(AuthorizeError::Service)?).await;
    Ok(if refused { not_repeated(answer, NotRepeated::RefusedAgain) } else { answer })
}

fn with<B>(header: &HeaderValue, head: Parts, body: B) -> Request<B> {
    let mut request = Request::from_parts(head, body);
    request.headers_mut().insert(AUTHORIZATION, header.clone());
    request
}

/// The answer as it came, and whether it refuses the token.
async fn judge<R: Body>(
    source: &TokenSource,
    answer: Response<R>,
) -> (Response<ResponseBody<R>>, bool) {
    let mut answer = answer.map(ResponseBody::new);
    if answer.status() != StatusCode::UNAUTHORIZED {
        return (answer, false);
    }
    let client = source.client();
    let refused = match client.provider().dialect().verdict_on(&answer) {
        TokenVerdict::Refused => true,
        TokenVerdict::InBody => {
            let peeking = answer.body_mut().peek(TokenVerdict::READ_AHEAD);
            let body = time::timeout(LOOK, peeking).await;
            body.is_ok_and(|body| body.is_some_and(|body| TokenVerdict::is_refused_in(&body)))
        }
        TokenVerdict::NotRefused => false,
    };
    (answer, refused)
}

fn not_repeated<R>(mut answer: Response<R>, why: NotRepeated) -> Response<R> {
    answer.extensions_mut().insert(why);
    answer
}

/// So long a 401's body may take to be looked into. What comes later is for the caller alone.
const LOOK: Duration = Duration::from_secs(5);
