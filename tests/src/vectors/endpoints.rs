//! Answers of the endpoints beside the token endpoint.

use grantflow::{AccessToken, Client, Exchange};
use serde_json::{Map, Value, json};

use super::login::Given;
use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::replies::Reply;
use super::setup::{self, NOW};

pub(super) fn parse_revocation(vector: &Vector) -> Result<Accepted, Stop> {
    let (client, reply) = read(vector)?;
    client.revoke(&AccessToken::new("a-token")?)?.receive(reply.response(), NOW)?;
    Ok(Accepted::new([("revoked", true.into())]))
}

pub(super) fn parse_introspection(vector: &Vector) -> Result<Accepted, Stop> {
    let (client, reply) = read(vector)?;
    let introspection = client.introspect(&AccessToken::new("a-token")?)?;
    let Some(token) = introspection.receive(reply.response(), NOW)? else {
        return Ok(Accepted::new([("active", false.into()), ("claims_visible", false.into())]));
    };
    let scope: Vec<&str> = token.scope().tokens().collect();
    let extra: Map<String, Value> = token.extra()?;
    Ok(Accepted::new([
        ("active", true.into()),
        ("claims_visible", true.into()),
        ("scope", scope.into()),
        ("aud", token.audience().into()),
        ("exp", json!(token.expires_at().map(|end| end.since_unix_epoch().as_secs_f64()))),
        ("jkt", json!(token.key_thumbprint())),
        ("extra", extra.into()),
    ])
    .showing(&token))
}

pub(super) fn parse_par(vector: &Vector) -> Result<Accepted, Stop> {
    let (client, reply) = read(vector)?;
    let login = Given::default().start(&client, setup::redirect_uri(&vector.input)?)?;
    let pushed = login.push()?.receive(reply.response(), NOW)?;
    Ok(Accepted::new([
        ("request_uri", pushed.request_uri().into()),
        ("expires_in", pushed.lifetime().as_secs().into()),
    ])
    .showing(&pushed))
}

fn read(vector: &Vector) -> Result<(Client, Reply), Stop> {
    let client = setup::client(vector, setup::provider(vector)?)?;
    Ok((client, Reply::read(&vector.input)?))
}
