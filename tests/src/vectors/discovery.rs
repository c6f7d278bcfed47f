//! What servers and resources say of themselves.

use grantflow::{Challenge, Client, Endpoint, Exchange, Issuer, ResourceDiscovery};
use serde_json::{Value, json};

use super::login::Given;
use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::replies::Reply;
use super::setup::{self, NOW};

pub(super) fn well_known_url(vector: &Vector) -> Result<Accepted, Stop> {
    let discovery =
        || Ok::<_, Stop>(vector.input.required("issuer")?.parse::<Issuer>()?.discover());
    let url = |exchange: &str| Accepted::new([("url", exchange.into())]);
    Ok(match vector.input.required("kind")? {
        "oauth" => url(discovery()?.wire_request().url()),
        "oidc" => url(discovery()?.openid().wire_request().url()),
        "resource" => {
            let discovery = ResourceDiscovery::new(vector.input.required("resource")?)?;
            url(discovery.wire_request().url())
        }
        other => return Err(Stop::Malformed(format!("no kind is called {other}"))),
    })
}

/// Its endpoints are checked while it is read, so they have all been in use.
pub(super) fn parse_metadata(vector: &Vector) -> Result<Accepted, Stop> {
    let issuer: Issuer = vector.context.required("issuer")?.parse()?;
    let reply = Reply::read(&vector.input)?;
    let metadata = issuer.discover().receive(reply.response(), NOW)?;
    let text = |url: Option<&Endpoint>| json!(url.map(Endpoint::as_str));
    if metadata.token_endpoint().is_some() {
        let client = Client::public("c", metadata.provider()?)?;
        if metadata.authorization_endpoint().is_some() {
            drop(Given::default().start(&client, setup::REDIRECT_URI.parse()?)?);
        }
    }
    Ok(Accepted::new([
        ("issuer", metadata.issuer().as_str().into()),
        ("authorization_endpoint", text(metadata.authorization_endpoint())),
        ("token_endpoint", text(metadata.token_endpoint())),
    ])
    .showing(&metadata))
}

pub(super) fn parse_resource_metadata(vector: &Vector) -> Result<Accepted, Stop> {
    let context = &vector.context;
    let discovery = if context.flag("via_challenge")? {
        let url = context.required("request_url")?;
        let challenge = format!("Bearer resource_metadata=\"{url}\"");
        let challenge = Challenge::parse(challenge.as_bytes()).ok().and_then(|mut all| all.pop());
        let challenge = challenge.ok_or(Stop::Inexpressible("a URL that no challenge can have"))?;
        ResourceDiscovery::from_challenge(url, &challenge)?
    } else {
        ResourceDiscovery::new(context.required("resource")?)?
    };
    let reply = Reply::read(&vector.input)?;
    let metadata = discovery.receive(reply.response(), NOW)?;
    let servers: Vec<Value> =
        metadata.authorization_servers().iter().map(|server| json!(server)).collect();
    Ok(Accepted::new([
        ("resource", metadata.resource().into()),
        ("authorization_servers", servers.into()),
    ])
    .showing(&metadata))
}
