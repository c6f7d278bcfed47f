//! The primitives that the library stands on.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::generate::Generator;
use super::model::Vector;
use super::outcome::{Accepted, Stop};

pub(super) fn sha256(vector: &Vector) -> Result<Accepted, Stop> {
    let mut hash = Sha256::new();
    match vector.input.get("gen") {
        Some(recipe) => Generator::read(recipe)?.pieces().for_each(|piece| hash.update(piece)),
        None => hash.update(vector.input.required("utf8")?),
    }
    Ok(Accepted::new([("hex", hex(&hash.finalize()).into())]))
}

pub(super) fn sha256_many(vector: &Vector) -> Result<Accepted, Stop> {
    let inputs = vector.input.texts("inputs")?.unwrap_or_default();
    let hashes = inputs.iter().map(|text| hex(&Sha256::digest(text)).into());
    Ok(Accepted::new([("hex", hashes.collect::<Vec<Value>>().into())]))
}

pub(super) fn base64url(vector: &Vector) -> Result<Accepted, Stop> {
    let octets = Base64::decode_vec(vector.input.required("base64")?)
        .map_err(|error| Stop::Malformed(format!("base64: {error}")))?;
    let text = Base64UrlUnpadded::encode_string(&octets);
    Ok(Accepted::new([("text", text.into())]))
}

pub(super) fn hex(octets: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16);
    octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).flatten().collect()
}
