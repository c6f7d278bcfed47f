//! Refresh tokens, used once and twice.

use grantflow::flow::Authorized;
use grantflow::{Flow, RefreshToken};

use super::{Row, row};
use crate::peers::Trouble;
use crate::peers::expect::{LOG_IN_AGAIN, failure, holds, refused, same};
use crate::peers::peer::Peer;
use crate::peers::scene::Scene;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(refresh_with_rotation, "a new refresh token, and a new access token that works"),
        row!(
            spent_refresh_token,
            "`invalid_grant`, log in again, and the flow has it no more; oidc-provider then ends \
             the newest token too, the others do not"
        ),
        row!(
            refresh_for_less,
            "the new access token is for a part of the scope, and says so; the next one is for all \
             of it at oidc-provider, and for the part at the others"
        ),
        row!(refresh_without_rotation, "the refresh token stays, and works again"),
    ]
}

fn refresh_with_rotation(scene: &Scene<'_>) -> Result<(), Trouble> {
    let authorized = scene.log_in(&scene.client("web")?)?;
    let before = secret_of(&authorized)?;
    let refreshed = scene.perform(authorized.refresh()?)?.stored();
    holds("the refresh token is new", secret_of(&refreshed)? != before)?;
    same("the scope", refreshed.tokens().scope().as_str(), scene.scope()?.as_str())?;
    same("what /me says", scene.status_of(refreshed.tokens().access_token())?, 200)
}

fn spent_refresh_token(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let authorized = scene.log_in(&client)?;
    let again = client.resume(authorized.record())?;
    let refreshed = scene.perform(authorized.refresh()?)?.stored();

    let failed = failure(scene.perform(again.refresh()?), LOG_IN_AGAIN)?;
    let Ok((left, _)) = failed.into_authorized() else {
        return Err("expected that the access token is left, and it is not".into());
    };
    holds("the spent token is gone", left.tokens().refresh_token().is_none())?;

    let newest = scene.perform(refreshed.refresh()?);
    match scene.peer() {
        Peer::OidcProvider => refused(newest, LOG_IN_AGAIN),
        Peer::Authlib | Peer::NodeOauth2 => Ok(newest.map(drop)?),
    }
}

fn refresh_for_less(scene: &Scene<'_>) -> Result<(), Trouble> {
    let (all, part) = match scene.peer() {
        Peer::OidcProvider => ("openid offline_access profile api:read", "openid api:read"),
        _ => ("profile api:read", "api:read"),
    };
    let client = scene.client("web")?;
    let authorized = scene.log_in_for(&client, all.parse()?)?;
    same("the scope of the login", authorized.tokens().scope().as_str(), all)?;
    let refreshing = authorized.refresh_for(part.parse()?)?;
    let less = scene.perform(refreshing)?.stored();
    same("the scope", less.tokens().scope().as_str(), part)?;
    let again = scene.perform(less.refresh()?)?;
    // What the others keep beside a refresh token is what was asked for the last time.
    let next = if scene.peer() == Peer::OidcProvider { all } else { part };
    same("the next scope", again.tokens().scope().as_str(), next)
}

fn refresh_without_rotation(scene: &Scene<'_>) -> Result<(), Trouble> {
    let mut session = scene.log_in(&scene.client("keeper")?)?;
    let first = secret_of(&session)?;
    for _ in 0..2 {
        session = scene.perform(session.refresh()?)?.stored();
        holds("the refresh token is as before", secret_of(&session)? == first)?;
        same("what /me says", scene.status_of(session.tokens().access_token())?, 200)?;
    }
    Ok(())
}

fn secret_of(session: &Flow<Authorized>) -> Result<String, Trouble> {
    let token = session.tokens().refresh_token().map(RefreshToken::expose);
    Ok(token.ok_or("there is no refresh token")?.to_owned())
}
