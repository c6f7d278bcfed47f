//! Texts that are too long to stand in a file, made as far as somebody reads them.

use std::iter;

use base64ct::{Base64, Encoding};
use grantflow::wire::MAX_RESPONSE_BYTES;
use serde::Deserialize;
use serde_json::Value;

use super::outcome::Stop;

/// A recipe for a text.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Generator {
    Repeat {
        #[serde(default)]
        prefix: String,
        unit: String,
        count: usize,
        #[serde(default)]
        suffix: String,
    },
    Nest {
        #[serde(default)]
        prefix: String,
        open: String,
        close: String,
        depth: usize,
        #[serde(default)]
        suffix: String,
    },
}

impl Generator {
    pub(super) fn read(recipe: &Value) -> Result<Self, Stop> {
        Self::deserialize(recipe).map_err(|error| Stop::Malformed(format!("generator: {error}")))
    }

    /// The text's pieces, one after the other.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &str> {
        let (prefix, (open, opened), (close, closed), suffix) = match self {
            Self::Repeat { prefix, unit, count, suffix } => {
                (prefix, (unit, *count), (unit, 0), suffix)
            }
            Self::Nest { prefix, open, close, depth, suffix } => {
                (prefix, (open, *depth), (close, *depth), suffix)
            }
        };
        iter::once(prefix)
            .chain(iter::repeat_n(open, opened))
            .chain(iter::repeat_n(close, closed))
            .chain(iter::once(suffix))
            .map(String::as_str)
    }

    /// The first bytes of the text, at most `limit`: of 100 MB no more is ever held.
    pub(super) fn first(&self, limit: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for piece in self.pieces() {
            let room = limit.saturating_sub(bytes.len());
            if room == 0 {
                break;
            }
            bytes.extend(piece.bytes().take(room));
        }
        bytes
    }
}

/// The bytes of a body in one of its forms: `utf8`, `base64`, `gen`, or an object that stands for
/// its JSON text.
pub(super) fn body(value: Option<&Value>) -> Result<Vec<u8>, Stop> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let of = |name| value.get(name);
    if let Some(text) = value.as_str().or(of("utf8").and_then(Value::as_str)) {
        return Ok(text.as_bytes().to_vec());
    }
    if let Some(text) = of("base64").and_then(Value::as_str) {
        return Base64::decode_vec(text)
            .map_err(|error| Stop::Malformed(format!("body.base64: {error}")));
    }
    match of("gen") {
        Some(recipe) => Ok(Generator::read(recipe)?.first(MAX_BYTES)),
        None => Ok(value.to_string().into_bytes()),
    }
}

/// Whether a body is written as an object of its own, which is then served as JSON.
pub(super) fn is_plain_object(value: Option<&Value>) -> bool {
    let special =
        |value: &Value| ["utf8", "base64", "gen"].iter().any(|name| value.get(name).is_some());
    value.is_some_and(|value| value.is_object() && !special(value))
}

/// One byte more than the longest thing that the library reads.
pub(super) const MAX_BYTES: usize = MAX_RESPONSE_BYTES.saturating_add(1);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hundred_megabytes_are_never_held() {
        let recipe = json!({"kind": "repeat", "prefix": "<", "unit": "ab", "count": 52_428_800});
        let bytes = Generator::read(&recipe).unwrap().first(6);
        assert_eq!(bytes, b"<ababa");
    }

    #[test]
    fn a_nest_opens_and_closes() {
        let recipe = json!({"kind": "nest", "prefix": "p", "open": "[", "close": "]", "depth": 2, "suffix": "s"});
        let text: String = Generator::read(&recipe).unwrap().pieces().collect();
        assert_eq!(text, "p[[]]s");
    }
}
