//! JSON from outside: one object, each member once, and zeroed when done with.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::error::ConfigurationError;
use crate::secret;
use crate::wiping::{Wipe, Wiping};

/// The members of one JSON object that came from outside, in the order of their names. They may hold
/// secrets (an `id_token`): they print as their number and are wiped when dropped.
#[derive(Clone, Default)]
pub(crate) struct Members(Vec<(Name, Hidden)>);

/// Borrowed where OAuth defines it: then it may stand in an error.
pub(crate) type Name = Cow<'static, str>;

/// Why a body is not one JSON object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JsonProblem {
    Malformed,
    /// A member's name came twice; the names are compared after undoing escapes.
    Duplicate(Name),
}

impl Members {
    pub(crate) const EMPTY: Self = Self(Vec::new());

    /// For those that are kept for long.
    pub(crate) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads one object with nothing behind it, nested no deeper than [`MAX_DEPTH`].
    pub(crate) fn read(body: &[u8]) -> Result<Self, JsonProblem> {
        if is_deeper_than(MAX_DEPTH, body) {
            return Err(JsonProblem::Malformed);
        }
        let mut members = Self(Vec::with_capacity(USUAL_MEMBERS));
        let text = str::from_utf8(body).map_err(|_| JsonProblem::Malformed)?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        // Its own limit is one level short of ours.
        deserializer.disable_recursion_limit();
        let read = deserializer.deserialize_map(&mut members).and_then(|()| deserializer.end());
        members.sort();
        let mut pairs = members.0.iter().zip(members.0.iter().skip(1));
        match pairs.find(|(one, next)| one.0 == next.0) {
            Some(((name, _), _)) => Err(JsonProblem::Duplicate(name.clone())),
            None => read.map(|()| members).map_err(|_| JsonProblem::Malformed),
        }
    }

    fn sort(&mut self) {
        self.0.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    }

    /// Takes over the members that are not there.
    pub(crate) fn add_missing(&mut self, mut others: Self) {
        let is_new = |name: &Name| self.0.binary_search_by(|(own, _)| own.cmp(name)).is_err();
        others.0.retain(|(name, _)| is_new(name));
        self.0.append(&mut others.0);
        self.sort();
    }

    /// A member's value.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| &value.0)
    }

    /// Takes a member out; `null` counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Hidden> {
        let at = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.remove(at).1).filter(|value| !value.0.is_null())
    }

    /// The members as a type of the caller's; those that the type does not have are passed over.
    pub(crate) fn extra<T: DeserializeOwned>(&self) -> Result<T, ConfigurationError> {
        let members = self.0.iter().map(|(name, value)| (&**name, &value.0));
        let members: MapDeserializer<'_, _, serde_json::Error> = MapDeserializer::new(members);
        T::deserialize(MapAccessDeserializer::new(members)).map_err(|_| {
            let wanted = core::any::type_name::<T>();
            ConfigurationError::invalid(
                "extra",
                alloc::format!("fields of the answer do not fit the type {wanted}"),
            )
        })
    }

    /// A member that is a text and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

/// For a store: as a text, so that it comes back from any format and at any depth. Its buffer has its
/// full size from the start, so that no half of it stays behind in freed memory.
impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let room =
            |(name, value): &(Name, Hidden)| member_bound(name, "").saturating_add(value.bound());
        let room = self.0.iter().map(room).fold(2, usize::saturating_add);
        let mut text = Wiping::new(String::with_capacity(room));
        for (name, value) in &self.0 {
            let begin = if text.is_empty() { '{' } else { ',' };
            text.push(begin);
            push_text(&mut text, name);
            // Writing into memory does not fail.
            let _ = write!(text, ":{}", value.0);
        }
        let end = if text.is_empty() { "{}" } else { "}" };
        text.push_str(end);
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = secret::Hidden::deserialize(deserializer)?;
        let problem = |_| serde::de::Error::custom("the answer's other fields are not JSON");
        Self::read(text.expose().as_bytes()).map_err(problem)
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
        wipe(&mut self.0);
    }
}

/// Appends a text with its quotes and escapes.
pub(crate) fn push_text(out: &mut String, text: &str) {
    // Writing into memory does not fail.
    let _ = write!(out, "{}", Hidden(Value::String(text.into())).0);
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

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.wipe(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        _ => {}
    }
}

/// Whether objects and arrays lie in each other deeper than `limit`. As far as the text is JSON,
/// the count is right; where it is not, the reader stops.
fn is_deeper_than(limit: usize, body: &[u8]) -> bool {
    let opens = |byte: u8| matches!(byte, b'{' | b'[');
    // In pieces that a byte can count, which is many times as fast as one by one.
    let count =
        |piece: &[u8]| piece.iter().fold(0_u8, |sum, it| sum.wrapping_add(opens(*it).into()));
    let opened = body.chunks(u8::MAX.into()).map(|piece| usize::from(count(piece)));
    if opened.sum::<usize>() <= limit {
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

impl<'de> Visitor<'de> for &mut Members {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(ReadName)? {
            self.0.push((name, Hidden(map.next_value()?)));
        }
        Ok(())
    }
}

struct ReadName;

impl<'de> DeserializeSeed<'de> for ReadName {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for ReadName {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        let known = KNOWN.iter().find(|known| **known == name);
        Ok(known.map_or_else(|| Name::Owned(name.into()), |known| Name::Borrowed(known)))
    }
}

/// So many members have most answers at most.
const USUAL_MEMBERS: usize = 8;

/// The members that OAuth defines, with what partners say for `error_description`.
const KNOWN: &[&str] = &[
    "access_token",
    "active",
    "aud",
    "cnf",
    "device_code",
    "error",
    "error_description",
    "error_uri",
    "exp",
    "expires_in",
    "interval",
    "issued_token_type",
    "message",
    "refresh_token",
    "request_uri",
    "scope",
    "token_type",
    "user_code",
    "verification_uri",
    "verification_uri_complete",
    "verification_url",
    "authorization_endpoint",
    "authorization_response_iss_parameter_supported",
    "authorization_servers",
    "code_challenge_methods_supported",
    "device_authorization_endpoint",
    "grant_types_supported",
    "introspection_endpoint",
    "issuer",
    "pushed_authorization_request_endpoint",
    "require_pushed_authorization_requests",
    "resource",
    "revocation_endpoint",
    "scopes_supported",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
];

#[cfg(test)]
mod tests {
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
        assert_eq!(problem, JsonProblem::Duplicate("error".into()));
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
