//! What a server says of itself.

use grantflow::{Issuer, Provider};

use super::{NO_METADATA, Row, row};
use crate::peers::Trouble;
use crate::peers::expect::same;
use crate::peers::peer::Peer;
use crate::peers::scene::Scene;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(
            discovery,
            "issuer and endpoints come from the metadata of RFC 8414, or from OpenID Connect's \
             place; all other rows work with them"
        )
        .lacks(Peer::NodeOauth2, NO_METADATA),
        row!(discovery_where_there_are_no_metadata, "a 404 is told as one, with its status")
            .lacks(Peer::OidcProvider, "It has metadata.")
            .lacks(Peer::Authlib, "It has metadata."),
    ]
}

fn discovery(scene: &Scene<'_>) -> Result<(), Trouble> {
    let issuer = Issuer::insecure_loopback(&scene.server.url)?;
    names_its_endpoints(scene, &scene.perform(issuer.discover())?.provider()?)?;
    let openid = scene.perform(issuer.discover().openid());
    match scene.peer() {
        Peer::OidcProvider => names_its_endpoints(scene, &openid?.provider()?),
        _ => same("the status", openid.err().and_then(|failed| failed.error().status()), Some(404)),
    }
}

fn names_its_endpoints(scene: &Scene<'_>, provider: &Provider) -> Result<(), Trouble> {
    let url = &scene.server.url;
    same("the issuer", provider.issuer(), Some(url.as_str()))?;
    same("the token endpoint", provider.token_endpoint().as_str(), &*format!("{url}/token"))?;
    let places = [
        provider.authorization_endpoint(),
        provider.revocation_endpoint(),
        provider.introspection_endpoint(),
        provider.device_authorization_endpoint(),
    ];
    let places = places.map(|place| place.map_or("", |place| place.as_str()).replace(url, ""));
    let expected = match scene.peer() {
        Peer::OidcProvider => {
            ["/auth", "/token/revocation", "/token/introspection", "/device/auth"]
        }
        _ => ["/authorize", "/revocation", "/introspection", "/device_authorization"],
    };
    same("the other endpoints", places, expected.map(str::to_owned))
}

fn discovery_where_there_are_no_metadata(scene: &Scene<'_>) -> Result<(), Trouble> {
    let discovery = Issuer::insecure_loopback(&scene.server.url)?.discover();
    let Err(failed) = scene.perform(discovery) else { return Err("there are metadata".into()) };
    same("the status", failed.error().status(), Some(404))
}
