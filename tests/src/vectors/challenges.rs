//! What an API asks for.

use base64ct::{Base64, Encoding};
use grantflow::{Challenge, MalformedChallenge};
use serde_json::{Map, Value, json};

use super::generate::{Generator, MAX_BYTES};
use super::members::Members;
use super::model::Vector;
use super::outcome::{Accepted, Refused, Shown, Stop};

pub(super) fn parse_www_authenticate(vector: &Vector) -> Result<Accepted, Stop> {
    let lines = lines(&vector.input)?;
    let challenges = read(lines.iter().map(|line| Challenge::parse(line)).collect())?;
    let ambiguous = challenges.iter().flat_map(Challenge::ambiguous);
    let accepted = Accepted::new([
        ("challenges", challenges.iter().map(told).collect()),
        ("ambiguous", ambiguous.collect()),
        ("challenges_first_error", json!(challenges.iter().find_map(Challenge::error))),
    ]);
    Ok(accepted.showing(&challenges))
}

fn lines(input: &Members) -> Result<Vec<Vec<u8>>, Stop> {
    if let Some(lines) = input.texts("values")? {
        return Ok(lines.into_iter().map(|line| line.as_bytes().to_vec()).collect());
    }
    if let Some(lines) = input.texts("values_base64")? {
        let malformed = |error| Stop::Malformed(format!("values_base64: {error}"));
        return lines.into_iter().map(|line| Base64::decode_vec(line).map_err(malformed)).collect();
    }
    match input.get("value_gen") {
        Some(recipe) => Ok(vec![Generator::read(recipe)?.first(MAX_BYTES)]),
        None => Err(Stop::Malformed("values are missing".to_owned())),
    }
}

/// As the library reads an answer: a malformed line is passed over where another can be read.
fn read(
    lines: Vec<Result<Vec<Challenge>, MalformedChallenge>>,
) -> Result<Vec<Challenge>, MalformedChallenge> {
    if lines.iter().any(Result::is_ok) {
        return Ok(lines.into_iter().flatten().flatten().collect());
    }
    let lines: Result<Vec<_>, _> = lines.into_iter().collect();
    Ok(lines?.concat())
}

fn told(challenge: &Challenge) -> Value {
    let params = challenge.params().map(|(name, value)| (name.to_owned(), value.into()));
    json!({
        "scheme": challenge.scheme(),
        "token68": challenge.token68(),
        "params": params.collect::<Map<String, Value>>(),
    })
}

impl From<MalformedChallenge> for Stop {
    fn from(error: MalformedChallenge) -> Self {
        let mut shown = Shown::default();
        shown.error(&error);
        Refused { kind: "malformed_header", members: Map::new(), shown }.into()
    }
}
