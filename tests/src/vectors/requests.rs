//! Requests to the server's endpoints.

use grantflow::{Exchange, Provider, RefreshToken, TokenType, TypedToken};
use http::HeaderMap;
use serde_json::{Value, json};

use super::authorization;
use super::device;
use super::login;
use super::members::Members;
use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::setup::{self, NOW};

/// A token request with the parameters that the caller adds.
macro_rules! with_parameters {
    ($flow:expr, $input:expr) => {{
        let mut flow = $flow;
        for resource in $input.texts("resource")?.unwrap_or_default() {
            flow = flow.resource(resource)?;
        }
        for (name, value) in $input.pairs("extra")? {
            flow = flow.parameter(name, value)?;
        }
        flow
    }};
}

pub(super) fn build_request(vector: &Vector) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let provider = setup::provider(vector)?;
    // A caller's own header fields (`headers`) find no door into an exchange: they are dropped.
    match input.required("flow")? {
        "client_credentials" => {
            let client = setup::authenticated(input, provider)?;
            let flow = client.client_credentials(setup::scope(input, "scope")?)?;
            sent(&with_parameters!(flow, input))
        }
        "device_code" => device_code(input, provider),
        "authorization_code" => authorization_code(input, provider),
        "refresh_token" => refresh_token(input, provider),
        "token_exchange" => token_exchange(input, provider),
        "par" => sent(&authorization::started(input, provider)?.push()?),
        "device_authorization" => {
            let client = setup::authenticated(input, provider)?;
            let mut request = client.device_authorization(setup::scope(input, "scope")?)?;
            for resource in input.texts("resource")?.unwrap_or_default() {
                request = request.resource(resource)?;
            }
            for (name, value) in input.pairs("extra")? {
                request = request.parameter(name, value)?;
            }
            sent(&request)
        }
        "revocation" => {
            check_no_parameters(input)?;
            let (token, hint) = token(input)?;
            let revocation = setup::authenticated(input, provider)?.revoke(token)?;
            sent(&if hint { revocation } else { revocation.without_hint() })
        }
        "introspection" => {
            check_no_parameters(input)?;
            let (token, hint) = token(input)?;
            let introspection = setup::authenticated(input, provider)?.introspect(token)?;
            sent(&if hint { introspection } else { introspection.without_hint() })
        }
        other => Err(Stop::Malformed(format!("no flow is called {other}"))),
    }
}

/// A token to be ended or looked up, and whether its type is to be hinted at.
fn token(input: &Members) -> Result<(TypedToken, bool), Stop> {
    let hint = input.text("token_type_hint")?;
    let token_type = match hint {
        None | Some("access_token") => TokenType::ACCESS_TOKEN,
        Some("refresh_token") => TokenType::REFRESH_TOKEN,
        Some(_) => return Err(Stop::Inexpressible("a hint of a type that has none")),
    };
    let token = TypedToken::new(input.text_or("token", "a-token")?, token_type)?;
    Ok((token, hint.is_some()))
}

/// The device has its codes already; this is how it asks for the token.
fn device_code(input: &Members, provider: Provider) -> Result<Accepted, Stop> {
    let client = setup::authenticated(input, provider)?;
    let code = input.text_or("device_code", "a-device-code")?;
    let scope = setup::scope(input, "scope")?;
    let device = device::started(&client, scope, &[("device_code", code.into())], NOW)?;
    sent(&with_parameters!(device, input))
}

fn authorization_code(input: &Members, provider: Provider) -> Result<Accepted, Stop> {
    let redirect_uri = setup::redirect_uri(input)?;
    let login = authorization::begun(input, provider)?;
    let exchanging = login::back_with(login, &redirect_uri, input.text_or("code", "a-code")?)?;
    sent(&with_parameters!(exchanging, input))
}

fn refresh_token(input: &Members, provider: Provider) -> Result<Accepted, Stop> {
    let client = setup::authenticated(input, provider)?;
    let token = RefreshToken::new(input.text_or("refresh_token", "a-refresh-token")?)?;
    let scope = setup::scope(input, "scope")?;
    let granted = input.scope("granted_scope")?.unwrap_or_else(|| scope.clone());
    let record = login::record("an-access-token", token.expose(), &granted);
    let refreshing = login::held(&client, record)?.refresh_for(scope)?;
    sent(&with_parameters!(refreshing, input))
}

fn token_exchange(input: &Members, provider: Provider) -> Result<Accepted, Stop> {
    let client = setup::authenticated(input, provider)?;
    let subject = typed(input, "subject_token", "subject_token_type")?
        .ok_or(Stop::Inexpressible("an exchange without a token"))?;
    let mut exchange = client.token_exchange(subject, setup::scope(input, "scope")?);
    if let Some(actor) = typed(input, "actor_token", "actor_token_type")? {
        exchange = exchange.actor(actor);
    }
    if let Some(requested) = input.text("requested_token_type")? {
        exchange = exchange.requested_token_type(requested.parse()?);
    }
    for resource in input.texts("resource")?.unwrap_or_default() {
        exchange = exchange.resource(resource)?;
    }
    for audience in input.texts("audience")?.unwrap_or_default() {
        exchange = exchange.audience(audience)?;
    }
    for (name, value) in input.pairs("extra")? {
        exchange = match name {
            "audience" => exchange.audience(value)?,
            "requested_token_type" => exchange.requested_token_type(value.parse()?),
            _ => exchange.parameter(name, value)?,
        };
    }
    sent(&exchange)
}

/// A token and its type, which the library takes together or not at all.
fn typed(input: &Members, token: &str, token_type: &str) -> Result<Option<TypedToken>, Stop> {
    match (input.text(token)?, input.text(token_type)?) {
        (Some(token), Some(token_type)) => Ok(Some(TypedToken::new(token, token_type.parse()?)?)),
        (None, None) => Ok(None),
        _ => Err(Stop::Inexpressible("a token without its type, or a type alone")),
    }
}

/// The parameters that a caller adds find no door into some exchanges.
fn check_no_parameters(input: &Members) -> Result<(), Stop> {
    if input.get("resource").is_some() || input.get("extra").is_some() {
        return Err(Stop::Lacking("door for parameters of a caller's in this exchange"));
    }
    Ok(())
}

/// What an exchange sends, by both of its faces.
fn sent<E: Exchange + std::fmt::Debug>(exchange: &E) -> Result<Accepted, Stop> {
    let (wire, http) = (exchange.wire_request(), exchange.request());
    let headers = header_pairs(http.headers());
    let wire_headers: Vec<Value> =
        wire.headers().map(|(name, value)| json!([name, value])).collect();
    let same_headers = headers.as_array().is_some_and(|own| {
        own.len() == wire_headers.len() && wire_headers.iter().all(|one| own.contains(one))
    });
    let same_place = wire.url().parse().is_ok_and(|uri: http::Uri| uri == *http.uri());
    if !same_headers || !same_place || wire.body() != http.body().as_ref() {
        return Err(Stop::Wrong("two requests from one exchange".to_owned()));
    }
    let body = String::from_utf8_lossy(wire.body()).into_owned();
    let mut accepted = Accepted::new([
        ("method", http.method().as_str().into()),
        ("url", wire.url().into()),
        ("headers", headers.clone()),
        ("headers_absent", headers.clone()),
        ("headers_present", headers),
        ("body_raw_contains_any", body.clone().into()),
    ]);
    if let Ok(object) = serde_json::from_str::<Value>(&body) {
        accepted.set("body_json", object);
    } else {
        let pairs = form_urlencoded::parse(body.as_bytes());
        let pairs: Vec<Value> = pairs.map(|(name, value)| json!([name, value])).collect();
        accepted.set("body_form_pairs", pairs);
    }
    Ok(accepted.showing(&wire).showing(&http).showing(exchange))
}

/// Header fields as a list of pairs.
pub(super) fn header_pairs(headers: &HeaderMap) -> Value {
    headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect()
}
