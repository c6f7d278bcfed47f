//! Sessions that are kept in a store.

use std::thread;

use grantflow::{Advice, Error, NotRepeated};

use super::{NO_REVOCATION, Row, row};
use crate::peers::Trouble;
use crate::peers::expect::{holds, same};
use crate::peers::peer::Peer;
use crate::peers::scene::Scene;
use crate::peers::sessions::{Called, Session, aged};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(session_of_yesterday, "an access token that is over is refreshed unasked"),
        row!(
            token_that_expired_at_the_server,
            "its 401 is understood, and the middleware sends the request again with a new token"
        ),
        row!(
            crowd_with_an_expired_token,
            "16 threads call at once, and all are served: the refresh token was sent once, as it \
             would not have worked twice"
        ),
        row!(
            token_that_was_revoked,
            "the same; oidc-provider ends the refresh token with it: then, log in again"
        )
        .lacks(Peer::NodeOauth2, NO_REVOCATION),
        row!(
            token_that_is_not_enough,
            "403 `insufficient_scope` is handed on, and the token is kept"
        ),
        row!(
            token_of_the_client_itself,
            "asked for at the first call; oidc-provider's `/me` refuses it, and one renewal later \
             its 401 is handed on with `RefusedAgain`"
        ),
        row!(rejected_token, "`reject`: the next one is another, and works"),
        row!(
            session_that_ended_at_the_server,
            "its refresh token is used up elsewhere: `invalid_grant`, log in again, and nobody asks \
             again before that"
        ),
    ]
}

fn session_of_yesterday(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let authorized = scene.log_in(&client)?;
    let before = authorized.tokens().access_token().expose().to_owned();
    let session = Session::store(scene, aged(&client, &authorized, HOURS)?)?;
    scene.server.pass(HOURS)?;

    let tokens = session.token()?;
    holds("the access token is new", tokens.access_token().expose() != before)?;
    same("what /me says", scene.status_of(tokens.access_token())?, 200)?;
    let again = session.token()?;
    holds("it is kept", again.access_token().expose() == tokens.access_token().expose())
}

fn token_that_expired_at_the_server(scene: &Scene<'_>) -> Result<(), Trouble> {
    let session = Session::store(scene, scene.log_in(&scene.client("web")?)?)?;
    same("the first call", session.call(scene)?, FINE)?;
    let before = session.token()?;
    scene.server.pass(HOURS)?;
    same("what /me says to the old token", scene.status_of(before.access_token())?, 401)?;
    same("the call after its time", session.call(scene)?, FINE)
}

fn crowd_with_an_expired_token(scene: &Scene<'_>) -> Result<(), Trouble> {
    let session = Session::store(scene, scene.log_in(&scene.client("web")?)?)?;
    scene.server.pass(HOURS)?;
    thread::scope(|scope| {
        let crowd = [(); 16].map(|()| scope.spawn(|| session.call(scene)));
        crowd.into_iter().try_for_each(|one| {
            same("a call", one.join().unwrap_or_else(|_| Err("a panic".into()))?, FINE)
        })
    })
}

fn token_that_was_revoked(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let session = Session::store(scene, scene.log_in(&client)?)?;
    let before = session.token()?;
    scene.perform(client.revoke(before.access_token())?)?;
    same("what /me says to the old token", scene.status_of(before.access_token())?, 401)?;
    match scene.peer() {
        // It takes the refresh token away, too.
        Peer::OidcProvider => {
            let Err(trouble) = session.call(scene) else { return Err("there is a token".into()) };
            holds("the call says what to do", trouble.to_string().contains("log in again"))?;
            has_ended(&session)
        }
        _ => same("the call after that", session.call(scene)?, FINE),
    }
}

fn token_that_is_not_enough(scene: &Scene<'_>) -> Result<(), Trouble> {
    let authorized = scene.log_in_for(&scene.client("web")?, "api:read".parse()?)?;
    let session = Session::store(scene, authorized)?;
    let before = session.token()?;
    same("the call", session.call(scene)?, Called { status: 403, not_repeated: None })?;
    let after = session.token()?;
    holds("the token is kept", after.access_token().expose() == before.access_token().expose())
}

fn token_of_the_client_itself(scene: &Scene<'_>) -> Result<(), Trouble> {
    let scope = match scene.peer() {
        Peer::OidcProvider => "api:read",
        _ => "profile",
    };
    let request = scene.client("service")?.client_credentials(scope.parse()?)?;
    let expected = match scene.peer() {
        // Its resource is for users.
        Peer::OidcProvider => Called { status: 401, not_repeated: Some(NotRepeated::RefusedAgain) },
        _ => FINE,
    };
    same("the call", Session::of_client(scene, request).call(scene)?, expected)
}

fn rejected_token(scene: &Scene<'_>) -> Result<(), Trouble> {
    let session = Session::store(scene, scene.log_in(&scene.client("web")?)?)?;
    let before = session.token()?;
    session.reject(before.access_token());
    let after = session.token()?;
    let is_new = after.access_token().expose() != before.access_token().expose();
    holds("the access token is new", is_new)?;
    same("what /me says", scene.status_of(after.access_token())?, 200)
}

fn session_that_ended_at_the_server(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let authorized = scene.log_in(&client)?;
    let elsewhere = client.resume(authorized.record())?;
    let session = Session::store(scene, authorized)?;
    // Somebody who does not know the store uses up the refresh token.
    drop(scene.perform(elsewhere.refresh()?)?);

    session.reject(session.token()?.access_token());
    has_ended(&session)
}

/// In the server's own words, and for good.
fn has_ended(session: &Session<'_>) -> Result<(), Trouble> {
    let Err(error) = session.token() else { return Err("there is a token".into()) };
    let code = match error.error() {
        Error::Refused(refusal) => refusal.code(),
        other => return Err(format!("expected a refusal, and {other:?} came").into()),
    };
    same("the error", code, "invalid_grant")?;
    same("the advice", error.advice(), Advice::Reauthorize)?;
    holds("nobody asks again before a login", error.retry_at().is_none())
}

const HOURS: u64 = 2 * 60 * 60;
const FINE: Called = Called { status: 200, not_repeated: None };
