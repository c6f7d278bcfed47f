//! The authorization request.

use grantflow::flow::{AuthorizationUrl, AwaitingCallback};
use grantflow::{Exchange, Flow, Provider, pkce_confirmed};
use serde_json::{Value, json};

use super::login::Given;
use super::members::Members;
use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::replies::Reply;
use super::setup::{self, NOW};

pub(super) fn build_authorization_url(vector: &Vector) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let loopback = vector.context.flag("allow_loopback_http")?;
    let default = setup::AUTHORIZATION_ENDPOINT;
    let provider = setup::provider(vector)?
        .with_authorization_endpoint(setup::endpoint(input, "endpoint", default, loopback)?);
    let provider = with_metadata(provider, vector)?;
    let login = started(input, provider)?;
    let (url, login) = match input.text("request_uri")? {
        Some(request_uri) => pushed(login, request_uri)?,
        None => (login.authorization_url()?, login),
    };
    let text = url.as_str();
    let (base, query) = text.split_once('?').unwrap_or((text, ""));
    let pairs: Vec<Value> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| json!([name, value]))
        .collect();
    Ok(Accepted::new([
        ("url_base", base.into()),
        ("query", pairs.into()),
        ("raw_contains", text.into()),
        ("raw_not_contains", text.into()),
    ])
    .showing(&url)
    .showing(&login))
}

/// The login, without what a caller may add to it.
pub(super) fn begun(input: &Members, provider: Provider) -> Result<Flow<AwaitingCallback>, Stop> {
    let provider = setup::with_dialect(provider, |dialect| {
        dialect.pkce = !input.is_null("pkce_verifier");
    });
    let client = setup::authenticated(input, provider)?;
    let given = Given {
        scope: setup::scope(input, "scope")?,
        state: input.text("state")?,
        verifier: input.text("pkce_verifier")?,
        form_post: false,
    };
    given.start(&client, setup::redirect_uri(input)?)
}

/// The login with all that the input gives, not sent anywhere yet.
pub(super) fn started(input: &Members, provider: Provider) -> Result<Flow<AwaitingCallback>, Stop> {
    let mut login = begun(input, provider)?;
    for resource in input.texts("resource")?.unwrap_or_default() {
        login = login.resource(resource)?;
    }
    if let Some(details) = input.get("authorization_details") {
        login = login.authorization_details(details)?;
    }
    if let Some(thumbprint) = input.text("dpop_jkt")? {
        login = login.parameter("dpop_jkt", thumbprint)?;
    }
    for (name, value) in input.pairs("extra")? {
        login = login.parameter(name, value)?;
    }
    Ok(login)
}

/// The URL after the parameters were pushed, and the server gave this reference for them.
fn pushed(
    login: Flow<AwaitingCallback>,
    request_uri: &str,
) -> Result<(AuthorizationUrl, Flow<AwaitingCallback>), Stop> {
    let body = json!({"request_uri": request_uri, "expires_in": 60}).to_string();
    let reply = Reply::with_status(201, body.into_bytes());
    let pushed = login.push()?.receive(reply.response(), NOW)?;
    Ok(pushed.authorization_url(NOW)?)
}

/// What the server's metadata say about logins, as far as the library asks.
fn with_metadata(provider: Provider, vector: &Vector) -> Result<Provider, Stop> {
    let Some(metadata) = vector.context.get("metadata").and_then(Value::as_object) else {
        return Ok(provider);
    };
    let metadata = Members(metadata.clone());
    let provider = if metadata.flag("require_pushed_authorization_requests")? {
        provider.with_pushed_authorization_requests_only()
    } else {
        provider
    };
    if let Some(methods) = metadata.texts("code_challenge_methods_supported")? {
        pkce_confirmed(Some(&methods))?;
    }
    let named = metadata.flag("authorization_response_iss_parameter_supported")?;
    Ok(match metadata.text("issuer")? {
        Some(issuer) => provider.with_issuer(issuer, setup::iss(named)),
        None => provider,
    })
}
