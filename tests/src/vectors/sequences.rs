//! Calls to an API with a token, over the tower layer.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use grantflow::{Challenge, Client, Endpoint, Origin, Provider, Scope, Secret};
use grantflow_hyper::{AuthorizeLayer, RepeatableBody, TokenSource, Transport};
use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower_service::Service;

use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::replies::Reply;
use super::setup::Partner;
use crate::gate::Gate;

pub(super) fn resource_sequence(vector: &Vector) -> Result<Accepted, Stop> {
    let cannot = |error: &dyn StdError| Stop::Malformed(format!("this machine: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| cannot(&error))?;
    let gate = Gate::start().map_err(|error| cannot(&error))?;
    runtime.block_on(sequence(vector, &gate))
}

async fn sequence(vector: &Vector, gate: &Gate) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let dialect = Partner::of(&vector.context)?.dialect();
    let provider = Provider::new(Endpoint::insecure_loopback(&gate.token_endpoint())?);
    let client = Client::new("c", Secret::new("s")?, provider.with_dialect(dialect))?;
    let source = TokenSource::new(&Transport::new(), client.client_credentials(Scope::default())?);
    source.token().await.map_err(|error| Stop::Wrong(error.to_string()))?;
    let held = gate.requests();

    let replies = input.objects("responses")?;
    let replies = replies.iter().map(Reply::read).collect::<Result<VecDeque<_>, _>>()?;
    let api = Api(Arc::new(Mutex::new(Script { replies, seen: Vec::new() })));
    let url = input.text_or("url", "https://api.example.com/x")?;
    let origins = url.parse::<Origin>().into_iter();
    let layer = AuthorizeLayer::new(&source, origins);
    let replayable = input.get("replayable").is_none_or(|value| value != &Value::Bool(false));
    let size = if replayable { 10 } else { AuthorizeLayer::KEPT_BODY.saturating_add(1) };
    let request = Request::post(url).body(Full::new(Bytes::from(vec![b'x'; size])));
    let request = request.map_err(|error| Stop::Malformed(format!("url: {error}")))?;
    let answer = layer.layer(api.clone()).request(request).await;

    let (result, scope) = match &answer {
        Ok(answer) => judged(answer),
        Err(_) => ("error", None),
    };
    let script = api.0.lock().unwrap_or_else(PoisonError::into_inner);
    let told: Vec<&str> = script.seen.iter().flatten().map(String::as_str).collect();
    let accepted = Accepted::new([
        ("token_requests", gate.requests().saturating_sub(held).into()),
        ("resource_requests", script.seen.len().into()),
        ("authorization_sent_to", told.into()),
        ("scope", json!(scope.map(|scope| scope.as_str().to_owned()))),
        ("result", result.into()),
    ]);
    Ok(accepted.showing(&answer).showing(&layer).showing(&source))
}

fn judged<B>(answer: &Response<B>) -> (&'static str, Option<Scope>) {
    let challenges = Challenge::in_headers(answer.headers());
    let narrow = challenges.iter().find(|one| one.error() == Some("insufficient_scope"));
    let scope = challenges.iter().find_map(Challenge::scope);
    let result = match answer.status() {
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN if narrow.is_some() => "insufficient_scope",
        status if status.is_redirection() => "redirect",
        status if status.is_success() => "ok",
        _ => "error",
    };
    (result, scope)
}

/// The API: answers what the vector says, the last one again and again.
#[derive(Clone)]
struct Api(Arc<Mutex<Script>>);

struct Script {
    replies: VecDeque<Reply>,
    /// For each request, the origin that got a token, if it did.
    seen: Vec<Option<String>>,
}

impl Script {
    fn answer(&mut self) -> Response<Full<Bytes>> {
        let reply = match self.replies.len() {
            0 | 1 => self.replies.front().map(Reply::http),
            _ => self.replies.pop_front().as_ref().map(Reply::http),
        };
        reply.unwrap_or_default()
    }
}

impl Service<Request<RepeatableBody<Full<Bytes>>>> for Api {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RepeatableBody<Full<Bytes>>>) -> Self::Future {
        let script = Arc::clone(&self.0);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            // A server reads what it is sent.
            let _ = body.collect().await;
            let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
            let told = head.headers.contains_key(AUTHORIZATION);
            let origin = head.uri.to_string().parse::<Origin>();
            script.seen.push(origin.ok().filter(|_| told).map(|origin| origin.to_string()));
            Ok(script.answer())
        })
    }
}
