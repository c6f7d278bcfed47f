//! How a client proves who it is, and what it may have for itself.

use grantflow::{Advice, Client, Dialect, Scope, Secret};

use super::{Row, row};
use crate::peers::Trouble;
use crate::peers::expect::{failure, holds, refused, same};
use crate::peers::peer::Peer;
use crate::peers::scene::Scene;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(client_credentials_by_basic, "a token that the server says lives for an hour"),
        row!(
            basic_with_odd_characters,
            "an identifier and a secret full of `:`, `+`, `%`, `&`, `\"` and spaces, encoded for \
             servers that decode"
        )
        .lacks(Peer::NodeOauth2, "It does not decode, so Basic is raw there."),
        row!(raw_basic_with_odd_characters, "the same for a server that does not decode")
            .lacks(Peer::OidcProvider, DECODES)
            .lacks(Peer::Authlib, DECODES),
        row!(encoded_basic_where_nobody_decodes, "is refused: `invalid_client`, fix the settings")
            .lacks(Peer::OidcProvider, DECODES)
            .lacks(Peer::Authlib, DECODES),
        row!(client_credentials_by_post, "the secret in the body"),
        row!(wrong_secret, "`invalid_client`, fix the settings; not to be sent again"),
        row!(scope, "what was asked for is granted, and nothing else"),
        row!(
            unknown_scope,
            "`invalid_scope`; oidc-provider grants the rest, and the tokens say so"
        ),
    ]
}

fn client_credentials_by_basic(scene: &Scene<'_>) -> Result<(), Trouble> {
    gets_a_token(scene, &scene.client("service")?)
}

fn basic_with_odd_characters(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = Client::new("odd:id+1%20/x", Secret::new(ODD_SECRET)?, scene.provider()?)?;
    gets_a_token(scene, &client)
}

/// Raw, an identifier cannot have a colon (RFC 7617 section 2).
fn raw_basic_with_odd_characters(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = Client::new("odd id+1%20/x", Secret::new(ODD_SECRET)?, scene.provider()?)?;
    gets_a_token(scene, &client)
}

fn encoded_basic_where_nobody_decodes(scene: &Scene<'_>) -> Result<(), Trouble> {
    let provider = scene.provider()?.with_dialect(Dialect::default());
    let client = Client::new("odd id+1%20/x", Secret::new(ODD_SECRET)?, provider)?;
    let outcome = scene.perform(client.client_credentials(Scope::default())?);
    refused(outcome, (Some(401), "invalid_client", Advice::FixConfiguration))
}

fn client_credentials_by_post(scene: &Scene<'_>) -> Result<(), Trouble> {
    gets_a_token(scene, &scene.client("poster")?)
}

fn wrong_secret(scene: &Scene<'_>) -> Result<(), Trouble> {
    let client = Client::new("service", Secret::new("another-secret")?, scene.provider()?)?;
    let outcome = scene.perform(client.client_credentials(Scope::default())?);
    let expected = (Some(401), "invalid_client", Advice::FixConfiguration);
    let failed = failure(outcome, expected)?;
    holds("it does not come back to be sent again", failed.retry().is_err())
}

fn scope(scene: &Scene<'_>) -> Result<(), Trouble> {
    let wanted: Scope = "api:read".parse()?;
    let granted = scene.perform(scene.client("service")?.client_credentials(wanted.clone())?)?;
    same("the scope", granted.tokens().scope().as_str(), wanted.as_str())?;
    same("whether it differs", granted.tokens().scope_differs(), false)
}

fn unknown_scope(scene: &Scene<'_>) -> Result<(), Trouble> {
    let request = scene.client("service")?.client_credentials("api:read nonsense".parse()?)?;
    if scene.peer() != Peer::OidcProvider {
        let expected = (Some(400), "invalid_scope", Advice::FixConfiguration);
        return refused(scene.perform(request), expected);
    }
    let granted = scene.perform(request)?;
    same("the scope", granted.tokens().scope().as_str(), "api:read")?;
    same("whether it differs", granted.tokens().scope_differs(), true)
}

fn gets_a_token(scene: &Scene<'_>, client: &Client) -> Result<(), Trouble> {
    let granted = scene.perform(client.client_credentials(Scope::default())?)?;
    let lifetime = granted.tokens().lifetime().map(|lifetime| lifetime.as_secs());
    // One of them counts down from when it began to make the token.
    holds("a token lives for an hour", lifetime.is_some_and(|it| it == 3600 || it == 3599))?;
    holds("there is no refresh token", granted.tokens().refresh_token().is_none())?;
    same("what was forgiven", granted.tokens().deviations(), &[])
}

const ODD_SECRET: &str = r#"p@ss:w/rd+ %&=~""#;
const DECODES: &str = "It decodes Basic, as RFC 6749 says.";
