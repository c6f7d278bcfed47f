//! Users log in.

use grantflow::{Advice, CallbackError, Client, Error, Failed, IssParameter};
use serde::Deserialize;

use super::{NO_FORM_POST, NO_ISS, NO_PUSHING, Row, row};
use crate::peers::Trouble;
use crate::peers::chromium;
use crate::peers::expect::{holds, refused, same};
use crate::peers::peer::Peer;
use crate::peers::scene::{REDIRECT_URI, Scene};
use crate::peers::user::{Mind, User};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(
            login_of_a_confidential_client,
            "code with PKCE; the token works at the server's `/me`"
        ),
        row!(login_of_a_public_client, "the same without a secret"),
        row!(
            login_in_a_real_browser,
            "the same in a headless Chromium, which comes back to a port of this machine"
        )
        .lacks(Peer::Authlib, OWN_PAGE)
        .lacks(Peer::NodeOauth2, OWN_PAGE),
        row!(
            refused_login,
            "`access_denied` in the callback; log in again (of @node-oauth/oauth2-server, a redirect \
             with status 400, which a browser would not follow)"
        ),
        row!(issuer_of_the_callback, "`iss` is there (RFC 9207); another server's is refused")
            .lacks(Peer::NodeOauth2, NO_ISS),
        row!(callback_as_a_posted_form, "`response_mode=form_post`: code and `iss` come in a body")
            .lacks(Peer::Authlib, NO_FORM_POST)
            .lacks(Peer::NodeOauth2, NO_FORM_POST),
        row!(pushed_login, "the parameters go to the server first (RFC 9126)")
            .lacks(Peer::Authlib, NO_PUSHING)
            .lacks(Peer::NodeOauth2, NO_PUSHING),
    ]
}

fn login_of_a_confidential_client(scene: &Scene<'_>) -> Result<(), Trouble> {
    logs_in(scene, &scene.client("web")?)
}

fn login_of_a_public_client(scene: &Scene<'_>) -> Result<(), Trouble> {
    logs_in(scene, &scene.client("native")?)
}

fn logs_in(scene: &Scene<'_>, client: &Client) -> Result<(), Trouble> {
    let authorized = scene.log_in(client)?;
    let tokens = authorized.tokens();
    same("the scope", tokens.scope().as_str(), scene.scope()?.as_str())?;
    holds("there is a refresh token", tokens.refresh_token().is_some())?;
    same("what was forgiven", tokens.deviations(), &[])?;
    let id_token = tokens.extra::<OpenId>()?.id_token;
    same("whether there is an ID token", id_token.is_some(), scene.peer() == Peer::OidcProvider)?;
    same("what /me says", scene.status_of(tokens.access_token())?, 200)
}

/// What OpenID Connect brings beside the tokens.
#[derive(Deserialize)]
struct OpenId {
    id_token: Option<String>,
}

fn login_in_a_real_browser(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("native")?;
    let landing = chromium::Landing::open()?;
    let login = scene.login_for(&client, &landing.redirect_uri(), scene.scope()?)?;
    let callback = landing.log_in(login.authorization_url()?.as_str())?;
    let authorized = scene.perform(login.callback(&callback, scene.now())?)?;
    same("what /me says", scene.status_of(authorized.tokens().access_token())?, 200)
}

fn refused_login(scene: &Scene<'_>) -> Result<(), Trouble> {
    let login = scene.login(&scene.client("web")?)?;
    let page = login.authorization_url()?;
    let callback = User::who(Mind::Refuses).log_in(page.as_str(), REDIRECT_URI)?;
    let outcome = login.callback(&callback, scene.now());
    refused(outcome, (None, "access_denied", Advice::Reauthorize))
}

fn issuer_of_the_callback(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let (stored, callback) = scene.callback(&client)?;
    holds("the callback has an iss", callback.contains("iss=http"))?;
    drop(stored.resume(&client)?.callback(&callback, scene.now())?);

    let other = "https://another.example";
    let provider = scene.provider()?.with_issuer(other, IssParameter::Always);
    let mixed_up = Client::public("web", provider)?;
    let outcome = stored.with("issuer", other)?.resume(&mixed_up)?.callback(&callback, scene.now());
    match outcome.err().map(Failed::into_error) {
        Some(Error::Callback(CallbackError::IssuerMismatch)) => Ok(()),
        other => Err(format!("expected an issuer mismatch, and {other:?} came").into()),
    }
}

fn callback_as_a_posted_form(scene: &Scene<'_>) -> Result<(), Trouble> {
    let login = scene.login(&scene.client("web")?)?.form_post();
    let page = login.authorization_url()?;
    let body = User::who(Mind::Agrees).log_in(page.as_str(), REDIRECT_URI)?;
    let media_type = "application/x-www-form-urlencoded";
    let authorized = scene.perform(login.callback_form(media_type, &body, scene.now())?)?;
    same("what /me says", scene.status_of(authorized.tokens().access_token())?, 200)
}

fn pushed_login(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = scene.client("web")?;
    let pushed = scene.perform(scene.login(&client)?.push()?)?;
    let (page, login) = pushed.authorization_url(scene.now())?;
    holds("the URL has no state", !page.as_str().contains("state="))?;
    let callback = User::who(Mind::Agrees).log_in(page.as_str(), REDIRECT_URI)?;
    let authorized = scene.perform(login.callback(&callback, scene.now())?)?;
    same("what /me says", scene.status_of(authorized.tokens().access_token())?, 200)
}

const OWN_PAGE: &str = "Its login page is the application's: a browser would try one of ours.";
