//! What may be wrong with a code.

use grantflow::Advice;

use super::{Row, row};
use crate::peers::Trouble;
use crate::peers::expect::{LOG_IN_AGAIN, refused, same};
use crate::peers::peer::Peer;
use crate::peers::scene::Scene;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(expired_code, "`invalid_grant`; log in again"),
        row!(used_code, "the same, and what became of the tokens of its first use"),
        row!(wrong_verifier, "the same: a stolen code is of no use (RFC 7636)"),
        row!(wrong_redirect_uri, "refused, as each server names it"),
    ]
}

fn expired_code(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let (stored, callback) = scene.callback(&client)?;
    scene.server.pass(61)?;
    let exchanging = stored.resume(&client)?.callback(&callback, scene.now())?;
    refused(scene.perform(exchanging), LOG_IN_AGAIN)
}

fn used_code(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let (stored, callback) = scene.callback(&client)?;
    let first = scene.perform(stored.resume(&client)?.callback(&callback, scene.now())?)?;
    let second = stored.resume(&client)?.callback(&callback, scene.now())?;
    refused(scene.perform(second), LOG_IN_AGAIN)?;
    // It may be a thief who was first (RFC 6749 section 4.1.2).
    let expected = match scene.peer() {
        Peer::OidcProvider => 401,
        Peer::Authlib | Peer::NodeOauth2 => 200,
    };
    same("what /me says to the first", scene.status_of(first.tokens().access_token())?, expected)
}

fn wrong_verifier(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let (stored, callback) = scene.callback(&client)?;
    let stored = stored.with("code_verifier", "a".repeat(43))?;
    let exchanging = stored.resume(&client)?.callback(&callback, scene.now())?;
    refused(scene.perform(exchanging), LOG_IN_AGAIN)
}

fn wrong_redirect_uri(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let (stored, callback) = scene.callback(&client)?;
    let elsewhere = "https://app.example/elsewhere";
    let stored = stored.with("redirect_uri", elsewhere)?;
    let query = callback.split_once('?').map_or("", |(_, query)| query);
    let callback = format!("{elsewhere}?{query}");
    let exchanging = stored.resume(&client)?.callback(&callback, scene.now())?;
    let expected = match scene.peer() {
        Peer::OidcProvider | Peer::Authlib => LOG_IN_AGAIN,
        Peer::NodeOauth2 => (Some(400), "invalid_request", Advice::FixConfiguration),
    };
    refused(scene.perform(exchanging), expected)
}
