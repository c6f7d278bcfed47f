//! Devices without a browser.

use std::time::Duration;

use grantflow::flow::{Authorized, AwaitingUser};
use grantflow::{Advice, CallbackError, Error, Flow, Timestamp};

use super::{NO_DEVICES, Row, row};
use crate::peers::Trouble;
use crate::peers::expect::{Refused, failure, holds, refused, same};
use crate::peers::peer::Peer;
use crate::peers::scene::Scene;
use crate::peers::user::{Mind, User};

pub(super) fn rows() -> Vec<Row> {
    let rows = [
        row!(
            device_approved,
            "pending first; the program starts anew and goes on; tokens that work, and a refresh"
        ),
        row!(device_refused, "`access_denied`; start again"),
        row!(
            device_that_asks_too_soon,
            "`slow_down`: from then on the pause is five seconds longer, and that is enough"
        )
        .lacks(Peer::OidcProvider, "It never says `slow_down`."),
        row!(
            device_whose_codes_expired,
            "`expired_token`, or `invalid_grant` from oidc-provider's memory; start again; by its own \
             clock, the device does not even ask"
        ),
    ];
    rows.map(|row| row.lacks(Peer::NodeOauth2, NO_DEVICES)).to_vec()
}

fn device_approved(scene: &Scene<'_>) -> Result<(), Trouble> {
    let (device, now) = start(scene)?;
    let pending = failure(scene.perform(wait(scene, device, now)?), not_yet(5))?;
    // The program starts anew.
    let stored = serde_json::to_string(pending.retry()?.pending())?;
    let device = scene.client("device")?.resume_device(serde_json::from_str(&stored)?)?;
    decide(&device, Mind::Agrees)?;

    let authorized: Flow<Authorized> = scene.perform(wait(scene, device, now)?)?;
    same("what /me says", scene.status_of(authorized.tokens().access_token())?, 200)?;
    let refreshed = scene.perform(authorized.refresh()?)?;
    same("what /me says to the next", scene.status_of(refreshed.tokens().access_token())?, 200)
}

fn device_refused(scene: &Scene<'_>) -> Result<(), Trouble> {
    let (device, now) = start(scene)?;
    decide(&device, Mind::Refuses)?;
    let expected = (Some(400), "access_denied", Advice::Reauthorize);
    let failed = failure(scene.perform(wait(scene, device, now)?), expected)?;
    holds("it does not come back to be sent again", failed.retry().is_err())
}

fn device_that_asks_too_soon(scene: &Scene<'_>) -> Result<(), Trouble> {
    let (device, now) = start(scene)?;
    let device = failure(scene.perform(wait(scene, device, now)?), not_yet(5))?.retry()?;
    // Nobody waits.
    let slow_down = (Some(400), "slow_down", Advice::RetryAfter(Duration::from_secs(10)));
    let device = failure(scene.perform(device), slow_down)?.retry()?;
    same("the pause", device.pause(now)?.as_secs(), 10)?;
    let device = failure(scene.perform(wait(scene, device, now)?), not_yet(10))?.retry()?;
    decide(&device, Mind::Agrees)?;
    drop(scene.perform(wait(scene, device, now)?)?);
    Ok(())
}

fn device_whose_codes_expired(scene: &Scene<'_>) -> Result<(), Trouble> {
    let (device, now) = start(scene)?;
    same("the lifetime", device.lifetime().as_secs(), TEN_MINUTES)?;
    let later = now.saturating_add(Duration::from_secs(TEN_MINUTES));
    match device.pause(later) {
        Err(Error::Callback(CallbackError::Expired)) => {}
        other => return Err(format!("expected that it is over, and {other:?} came").into()),
    }
    scene.server.pass(TEN_MINUTES + 1)?;
    let code = match scene.peer() {
        // What is over is forgotten at once where it is kept in memory.
        Peer::OidcProvider => "invalid_grant",
        _ => "expired_token",
    };
    refused(scene.perform(device), (Some(400), code, Advice::Reauthorize))
}

fn start(scene: &Scene<'_>) -> Result<(Flow<AwaitingUser>, Timestamp), Trouble> {
    let request = scene.client("device")?.device_authorization(scene.scope()?)?;
    Ok((scene.perform(request)?, scene.now()))
}

/// As long as the device has to, by the server's clock.
fn wait(
    scene: &Scene<'_>,
    device: Flow<AwaitingUser>,
    now: Timestamp,
) -> Result<Flow<AwaitingUser>, Trouble> {
    scene.server.pass(device.pause(now)?.as_secs())?;
    Ok(device)
}

/// The user types the code at the page that the device shows.
fn decide(device: &Flow<AwaitingUser>, mind: Mind) -> Result<(), Trouble> {
    User::who(mind).type_code(device.verification_uri(), device.user_code())
}

/// What a device is told whose user is not done.
fn not_yet(pause: u64) -> Refused {
    (Some(400), "authorization_pending", Advice::RetryAfter(Duration::from_secs(pause)))
}

const TEN_MINUTES: u64 = 600;
