//! JSON from outside: one object, each member once, and zeroed when done with.

use alloc::string::String;
use core::fmt::{self, Write};

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroize;

use crate::error::ConfigurationError;
use crate::secret;

/// The members of one JSON object that came from outside. They may hold secrets (an `id_token`):
/// they print as their number and are zeroed when dropped.
#[derive(Default)]
pub(crate) struct Members(pub(crate) Map<String, Value>);

/// Why a body is not one JSON object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JsonProblem {
    Malformed,
    /// A member's name came twice; the names are compared after undoing escapes.
    Duplicate(String),
}

impl Members {
    /// Reads one object with nothing behind it, nested no deeper than [`MAX_DEPTH`].
    pub(crate) fn read(body: &[u8]) -> Result<Self, JsonProblem> {
        if is_deeper_than(MAX_DEPTH, body) {
            return Err(JsonProblem::Malformed);
        }
        let mut reading = Reading { members: Self::default(), twice: None };
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        // Its own limit is one level short of ours.
        deserializer.disable_recursion_limit();
        let read = deserializer.deserialize_map(&mut reading).and_then(|()| deserializer.end());
        match (read, reading.twice) {
            (_, Some(name)) => Err(JsonProblem::Duplicate(name)),
            (Ok(()), None) => Ok(reading.members),
            (Err(_), None) => Err(JsonProblem::Malformed),
        }
    }

    /// Takes over the members that are not there.
    pub(crate) fn add_missing(&mut self, mut others: Self) {
        for (name, value) in core::mem::take(&mut others.0) {
            let mut value = Hidden(value);
            if !self.0.contains_key(&name) {
                self.0.insert(name, value.0.take());
            }
        }
    }

    /// Takes a member out; `null` counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Hidden> {
        self.0.remove(name).filter(|value| !value.is_null()).map(Hidden)
    }

    /// The members as a type of the caller's; those that the type does not have are passed over.
    pub(crate) fn extra<T: DeserializeOwned>(&self) -> Result<T, ConfigurationError> {
        T::deserialize(&self.0).map_err(|_| {
            let wanted = core::any::type_name::<T>();
            ConfigurationError::invalid(
                "extra",
                alloc::format!("fields of the answer do not fit the type {wanted}"),
            )
        })
    }

    /// A member that is a text and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

impl Clone for Members {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// For a store: as a text, so that it comes back from any format and at any depth.
impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Hidden(Value::Object(self.0.clone())).to_text();
        serializer.serialize_str(text.expose())
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = secret::Hidden::deserialize(deserializer)?;
        let problem = |_| serde::de::Error::custom("the answer's other fields are not JSON");
        Self::read(text.expose().as_bytes()).map_err(problem)
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        self.0.values_mut().for_each(zeroize);
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[redacted], {} members", self.0.len())
    }
}

/// A JSON value that is zeroed when dropped.
#[derive(Clone)]
pub(crate) struct Hidden(pub(crate) Value);

impl Hidden {
    /// The text, taken out; anything else is `None`.
    pub(crate) fn into_text(mut self) -> Option<String> {
        match &mut self.0 {
            Value::String(text) => Some(core::mem::take(text)),
            _ => None,
        }
    }

    /// The value as JSON. The buffer has its full size from the start, so that no half of it stays
    /// behind in freed memory.
    pub(crate) fn to_text(&self) -> secret::Hidden {
        let mut text = String::with_capacity(self.bound());
        // Writing into memory does not fail.
        let _ = write!(text, "{}", self.0);
        secret::Hidden::new(text)
    }

    /// The room that the value takes at most when written.
    pub(crate) fn bound(&self) -> usize {
        bound(&self.0)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        zeroize(&mut self.0);
    }
}

/// The room that a member with a text takes at most: six bytes for a control character, quotes,
/// colon and comma.
pub(crate) fn member_bound(name: &str, value: &str) -> usize {
    name.len().saturating_add(value.len()).saturating_mul(6).saturating_add(8)
}

fn bound(value: &Value) -> usize {
    match value {
        Value::String(text) => member_bound("", text),
        Value::Array(items) => items.iter().map(bound).fold(8, usize::saturating_add),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| member_bound(name, "").saturating_add(bound(value)))
            .fold(8, usize::saturating_add),
        _ => 32,
    }
}

fn zeroize(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(zeroize),
        Value::Object(members) => members.values_mut().for_each(zeroize),
        _ => {}
    }
}

/// Whether objects and arrays lie in each other deeper than `limit`. As far as the text is JSON,
/// the count is right; where it is not, the reader stops.
fn is_deeper_than(limit: usize, body: &[u8]) -> bool {
    let opens = |byte: u8| matches!(byte, b'{' | b'[');
    if body.iter().filter(|byte| opens(**byte)).count() <= limit {
        return false;
    }
    let (mut depth, mut in_text, mut bytes) = (0_usize, false, body.iter().copied());
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_text = !in_text,
            b'\\' => drop(bytes.next()),
            _ if in_text => {}
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ if opens(byte) => depth = depth.saturating_add(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 128;

struct Reading {
    members: Members,
    twice: Option<String>,
}

impl<'de> Visitor<'de> for &mut Reading {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value()?;
            if self.members.0.contains_key(&name) && self.twice.is_none() {
                self.twice = Some(name.clone());
            }
            if let Some(mut old) = self.members.0.insert(name, value) {
                zeroize(&mut old);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn one_object_is_read_and_nothing_else() {
        assert_eq!(Members::read(b" {\"a\":\"b\"}\r\n").unwrap().text("a"), Some("b"));
        for body in
            ["", "[]", "null", "\"a\"", "{} {}", "{\"a\":1}x", "{'a':1}", "{\"a\":\"\\ud800\"}"]
        {
            assert_eq!(
                Members::read(body.as_bytes()).unwrap_err(),
                JsonProblem::Malformed,
                "{body}"
            );
        }
    }

    #[test]
    fn a_name_that_comes_twice_is_seen_through_its_escapes() {
        let problem = Members::read(br#"{"error":"a","\u0065rror":"b"}"#).unwrap_err();
        assert_eq!(problem, JsonProblem::Duplicate("error".to_string()));
    }

    #[test]
    fn nesting_has_a_limit_and_no_stack_is_spent_beyond_it() {
        let nested = |depth: usize| {
            let text = ["{\"a\":", &"[".repeat(depth), &"]".repeat(depth), "}"].concat();
            Members::read(text.as_bytes()).map(drop)
        };
        assert_eq!(nested(MAX_DEPTH - 1), Ok(()));
        for depth in [MAX_DEPTH, MAX_DEPTH + 1, 100_000] {
            assert_eq!(nested(depth), Err(JsonProblem::Malformed), "{depth}");
        }
        // Brackets in a text are no nesting, and many side by side are not deep.
        let text = ["{\"a\":\"\\\"", &"[".repeat(500), "\"}"].concat();
        assert!(Members::read(text.as_bytes()).is_ok());
        let wide = ["{\"a\":[", &"[],".repeat(500), "[]]}"].concat();
        assert!(Members::read(wide.as_bytes()).is_ok());
        let deep = "[".repeat(MAX_DEPTH - 1);
        let deepest_and_wide =
            ["{\"a\":", &deep, &"]".repeat(MAX_DEPTH - 1), ",\"b\":[]}"].concat();
        assert!(Members::read(deepest_and_wide.as_bytes()).is_ok());
        // A quote out of place does not hide what follows it.
        let hidden = ["{\"a\":\\\"", &"[".repeat(100_000)].concat();
        assert!(Members::read(hidden.as_bytes()).is_err());
    }
}
