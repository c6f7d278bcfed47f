//! The marker in what goes to the other endpoints and comes from them.

use grantflow::{Client, Exchange, Flow, Scope, TokenType, TypedToken, flow::AwaitingCallback};
use serde_json::json;

use super::device;
use super::outcome::{Shown, Stop};
use super::replies::Reply;
use super::setup::NOW;
use super::world::{World, exchange, show};

pub(super) fn render(world: &World<'_>, client: &Client, shown: &mut Shown) -> Result<(), Stop> {
    device(world, client, shown)?;
    token_exchange(world, client, shown)?;
    about_tokens(world, client, shown)?;
    let assertion = world.value("client_assertion");
    let grant = client.extension_grant("urn:example:grant", Scope::default())?;
    exchange(&grant.parameter("assertion", &assertion)?, shown);
    Ok(())
}

/// A login whose parameters are pushed before the user goes.
pub(super) fn push(login: Flow<AwaitingCallback>, shown: &mut Shown) -> Result<(), Stop> {
    let pushing = login.push()?;
    exchange(&pushing, shown);
    let body = json!({"request_uri": "urn:example:1", "expires_in": 60}).to_string();
    let reply = Reply::with_status(201, body.into_bytes());
    let pushed = pushing.receive(reply.response(), NOW)?;
    shown.debug(&pushed);
    let (url, login) = pushed.authorization_url(NOW)?;
    shown.debug(&url);
    shown.debug(&login);
    Ok(())
}

fn device(world: &World<'_>, client: &Client, shown: &mut Shown) -> Result<(), Stop> {
    let request = client.device_authorization(Scope::default())?;
    exchange(&request, shown);
    let codes = ["device_code", "user_code"].map(|name| (name, world.value(name).into()));
    let device = device::started(client, Scope::default(), &codes, NOW)?;
    exchange(&device, shown);
    shown.debug(&device.device_code());
    shown.debug(&device.pending());
    // A server that repeats the codes while the user is busy.
    let text = format!("not yet: {} {}", world.value("device_code"), world.value("user_code"));
    let body = json!({"error": "authorization_pending", "error_description": text}).to_string();
    let reply = Reply::with_status(400, body.into_bytes());
    show(shown, device.receive(reply.response(), NOW));
    Ok(())
}

fn token_exchange(world: &World<'_>, client: &Client, shown: &mut Shown) -> Result<(), Stop> {
    let typed = |field| TypedToken::new(world.value(field), TokenType::ACCESS_TOKEN);
    let subject = typed("subject_token")?;
    shown.debug(&subject);
    let request = client.token_exchange(subject, Scope::default()).actor(typed("actor_token")?);
    exchange(&request, shown);
    let mut answer = world.tokens();
    if let Some(members) = answer.as_object_mut() {
        members.insert("issued_token_type".to_owned(), TokenType::JWT.as_str().into());
    }
    let exchanged = request.receive(Reply::json(&answer).response(), NOW)?;
    shown.debug(&exchanged);
    shown.debug(&exchanged.typed());
    Ok(())
}

/// Revocation and introspection.
fn about_tokens(world: &World<'_>, client: &Client, shown: &mut Shown) -> Result<(), Stop> {
    let refresh_token = TypedToken::new(world.value("refresh_token"), TokenType::REFRESH_TOKEN)?;
    exchange(&client.revoke(refresh_token)?, shown);
    let access_token = TypedToken::new(world.value("access_token"), TokenType::ACCESS_TOKEN)?;
    let introspection = client.introspect(access_token)?;
    exchange(&introspection, shown);
    let answer =
        json!({"active": true, "sub": world.value("extra"), "jti": world.value("id_token")});
    shown.debug(&introspection.receive(Reply::json(&answer).response(), NOW)?);
    Ok(())
}
