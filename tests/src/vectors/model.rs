//! A vector as it stands in its file.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::members::Members;

/// One test vector. Members that are not listed here are ignored.
#[derive(Debug, Deserialize)]
pub struct Vector {
    pub(super) id: String,
    #[serde(default)]
    pub(super) title: String,
    pub(super) op: String,
    #[serde(default)]
    pub(super) input: Members,
    #[serde(default)]
    pub(super) context: Members,
    pub(super) expect: Expectation,
}

/// What a vector expects: one of `ok`, `error` and `any_of`.
#[derive(Debug, Default, Deserialize)]
pub struct Expectation {
    pub(super) ok: Option<Map<String, Value>>,
    pub(super) error: Option<Map<String, Value>>,
    pub(super) any_of: Option<Vec<Expectation>>,
    #[serde(default)]
    pub(super) display_must_not_contain: Vec<String>,
}

impl Vector {
    /// The texts that no rendering may hold, those of alternatives included: the markers of the
    /// operations that search for secrets.
    pub(super) fn markers(&self) -> Vec<&str> {
        let alternatives = self.expect.any_of.iter().flatten();
        let own = self.expect.display_must_not_contain.iter();
        own.chain(alternatives.flat_map(|one| &one.display_must_not_contain))
            .map(String::as_str)
            .collect()
    }
}
