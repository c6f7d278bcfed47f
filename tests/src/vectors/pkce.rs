//! Proof key for code exchange.

use grantflow::{CallbackError, Client, Error, PkceVerifier, Secret, pkce_confirmed};

use super::login::Given;
use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::setup::{self, NOW};

pub(super) fn pkce_verifier_from_octets(vector: &Vector) -> Result<Accepted, Stop> {
    let octets = vector.input.get("octets").and_then(|octets| {
        let octets = octets.as_array()?.iter();
        octets.map(|octet| u8::try_from(octet.as_u64()?).ok()).collect::<Option<Vec<u8>>>()
    });
    let octets = octets.ok_or_else(|| Stop::Malformed("octets are no octets".to_owned()))?;
    let octets = <&[u8; 32]>::try_from(octets.as_slice())
        .map_err(|_| Stop::Inexpressible("a verifier of another number of octets than 32"))?;
    let verifier = PkceVerifier::from_octets(octets);
    Ok(Accepted::new([("verifier", verifier.expose().into())]).showing(&verifier))
}

pub(super) fn pkce_challenge(vector: &Vector) -> Result<Accepted, Stop> {
    let verifier = PkceVerifier::new(vector.input.required("verifier")?)?;
    Ok(Accepted::new([
        ("challenge", verifier.challenge().into()),
        ("method", PkceVerifier::METHOD.into()),
    ])
    .showing(&verifier))
}

pub(super) fn pkce_select(vector: &Vector) -> Result<Accepted, Stop> {
    let offered = vector.input.texts("code_challenge_methods_supported")?;
    let confirmed = pkce_confirmed(offered.as_deref())?;
    Ok(Accepted::new([
        ("method", PkceVerifier::METHOD.into()),
        ("pkce_confirmed", confirmed.into()),
        ("state_required", state_is_required(vector)?.into()),
    ]))
}

/// Whether a callback without a state is refused.
fn state_is_required(vector: &Vector) -> Result<bool, Stop> {
    let client = Client::new("c", Secret::new("s")?, setup::provider(vector)?)?;
    let login = Given::default().start(&client, setup::REDIRECT_URI.parse()?)?;
    let answer = login.callback(&format!("{}?code=a-code", setup::REDIRECT_URI), NOW);
    let missing = |error: &Error| matches!(error, Error::Callback(CallbackError::StateMissing));
    Ok(answer.is_err_and(|failed| missing(failed.error())))
}
