//! What is done about tokens, and whom they are for.

use grantflow::flow::Authorized;
use grantflow::{Advice, Flow, Scope, Timestamp};

use super::{NO_RESOURCES, NO_REVOCATION, Row, row};
use crate::peers::Trouble;
use crate::peers::expect::{LOG_IN_AGAIN, holds, refused, same};
use crate::peers::peer::Peer;
use crate::peers::scene::{REDIRECT_URI, Scene};
use crate::peers::user::{Mind, User};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(
            revocation_of_an_access_token,
            "it is no good at `/me`; the refresh token is, but at oidc-provider"
        )
        .lacks(Peer::NodeOauth2, NO_REVOCATION),
        row!(
            revocation_of_a_session,
            "`revoke` of a login: neither token is good; twice is no error"
        )
        .lacks(Peer::NodeOauth2, NO_REVOCATION),
        row!(introspection, "`Some` with scope and end of a good token, `None` of a revoked one")
            .lacks(Peer::NodeOauth2, NO_REVOCATION),
        row!(
            resource_indicators,
            "a token for one audience (RFC 8707), for a client and for a user; `invalid_target`"
        )
        .lacks(Peer::Authlib, NO_RESOURCES)
        .lacks(Peer::NodeOauth2, NO_RESOURCES),
    ]
}

fn revocation_of_an_access_token(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let authorized = scene.log_in(&client)?;
    let access_token = authorized.tokens().access_token();
    scene.perform(client.revoke(access_token)?)?;
    same("what /me says", scene.status_of(access_token)?, 401)?;
    let next = scene.perform(authorized.refresh()?);
    match scene.peer() {
        Peer::OidcProvider => refused(next, LOG_IN_AGAIN),
        _ => {
            same("what /me says to the next", scene.status_of(next?.tokens().access_token())?, 200)
        }
    }
}

fn revocation_of_a_session(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let authorized = scene.log_in(&client)?;
    let copy = || -> Result<Flow<Authorized>, Trouble> { Ok(client.resume(authorized.record())?) };
    scene.perform(copy()?.revoke()?)?;
    same("what /me says", scene.status_of(authorized.tokens().access_token())?, 401)?;
    refused(scene.perform(copy()?.refresh()?), LOG_IN_AGAIN)?;
    scene.perform(copy()?.revoke()?)?;
    Ok(())
}

fn introspection(scene: &Scene<'_>) -> Result<(), Trouble> {
    let (client, api) = (scene.client("web")?, scene.client("service")?);
    let authorized = scene.log_in(&client)?;
    let access_token = authorized.tokens().access_token();
    let active = scene.perform(api.introspect(access_token)?)?.ok_or("it is not active")?;
    holds("it has its scope", active.scope().contains("profile"))?;
    let end = active.expires_at().map_or(0, Timestamp::unix_seconds);
    holds("it says when it ends", end > scene.now().unix_seconds())?;
    scene.perform(client.revoke(access_token)?)?;
    let active = scene.perform(api.introspect(access_token)?)?;
    holds("it is not active any more", active.is_none())
}

fn resource_indicators(scene: &Scene<'_>) -> Result<(), Trouble> {
    let service = scene.client("service")?;
    let wanted: Scope = "api:read".parse()?;
    let request = service.client_credentials(wanted.clone())?.resource(RESOURCE)?;
    let granted = scene.perform(request)?;
    let active = scene.perform(service.introspect(granted.tokens().access_token())?)?;
    let audience = active.ok_or("it is not active")?.audience().to_vec();
    same("the audience", audience, vec![RESOURCE.to_owned()])?;

    let elsewhere = service.client_credentials(wanted)?.resource("https://elsewhere.example")?;
    let expected = (Some(400), "invalid_target", Advice::FixConfiguration);
    refused(scene.perform(elsewhere), expected)?;

    let login = scene.login(&scene.client("web")?)?.resource(RESOURCE)?;
    let page = login.authorization_url()?;
    let callback = User::who(Mind::Agrees).log_in(page.as_str(), REDIRECT_URI)?;
    let exchanging = login.callback(&callback, scene.now())?.resource(RESOURCE)?;
    let authorized = scene.perform(exchanging)?;
    let active = scene.perform(service.introspect(authorized.tokens().access_token())?)?;
    let audience = active.ok_or("it is not active")?.audience().to_vec();
    same("the user's audience", audience, vec![RESOURCE.to_owned()])
}

const RESOURCE: &str = "https://api.example";
