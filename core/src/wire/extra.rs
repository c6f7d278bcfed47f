//! What a caller adds to a request.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

#[cfg(feature = "http")]
use super::form;
use super::json;
#[cfg(feature = "http")]
use crate::dialect::BodyFormat;
use crate::error::ConfigurationError;
use crate::secret::Hidden;
use crate::url::check_resource;
#[cfg(feature = "http")]
use crate::wiping::Wiping;

/// Parameters that a caller adds to a request.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(try_from = "Vec<(String, Hidden)>")]
pub(crate) struct Extra(Vec<(String, json::Hidden)>);

impl Extra {
    pub(crate) const NONE: &Self = &Self(Vec::new());

    /// Adds a text parameter. Its name must not be one that the library itself sets, and must be
    /// new, unless the protocol lets it come more than once. Without a value it is left out (RFC
    /// 6749 section 3.2).
    pub(crate) fn add(&mut self, name: &str, value: &str) -> Result<(), ConfigurationError> {
        self.add_value(name, Value::String(value.into()))
    }

    pub(crate) fn add_value(&mut self, name: &str, value: Value) -> Result<(), ConfigurationError> {
        let value = json::Hidden(value);
        let invalid = |message| Err(ConfigurationError::invalid(name.to_string(), message));
        if name.is_empty() {
            return Err(ConfigurationError::empty("name"));
        }
        if RESERVED.contains(&name) {
            return invalid("is set by the flow itself and cannot be an extra parameter");
        }
        if !REPEATABLE.contains(&name) && self.0.iter().any(|(other, _)| other == name) {
            return invalid("is there already; a parameter may occur once");
        }
        if name == "resource" {
            check_resource(value.0.as_str().unwrap_or_default())?;
        }
        if !value.0.is_null() && value.0.as_str() != Some("") {
            self.0.push((name.into(), value));
        }
        Ok(())
    }

    /// Adds the fields of a value: flat ones for a form, any for JSON. All of them, or none.
    #[cfg(feature = "http")]
    pub(crate) fn add_fields<T: Serialize>(
        &mut self,
        format: BodyFormat,
        fields: &T,
    ) -> Result<(), ConfigurationError> {
        let before = self.0.len();
        let added = match format {
            BodyFormat::Form => self.add_form(fields),
            BodyFormat::Json => self.add_json(fields),
        };
        if added.is_err() {
            self.0.truncate(before);
        }
        added
    }

    #[cfg(feature = "http")]
    fn add_form<T: Serialize>(&mut self, fields: &T) -> Result<(), ConfigurationError> {
        let message = "fields cannot be written as a form: they must be flat";
        // Of a size that forms have, so that no half of it stays behind where it grew.
        let mut text = Wiping::new(String::with_capacity(FORM_ROOM));
        let mut form = form_urlencoded::Serializer::new(&mut *text);
        fields
            .serialize(serde_urlencoded::Serializer::new(&mut form))
            .map_err(|_| ConfigurationError::invalid("extra", message))?;
        for (name, value) in form::pairs(&text) {
            if let (Some(name), Some(value)) = (form::decode(name), form::decode(value)) {
                self.add_value(&name, Value::String(value))?;
            }
        }
        Ok(())
    }

    #[cfg(feature = "http")]
    fn add_json<T: Serialize>(&mut self, fields: &T) -> Result<(), ConfigurationError> {
        let message = "fields cannot be written as a JSON object";
        let Ok(Value::Object(members)) = serde_json::to_value(fields) else {
            return Err(ConfigurationError::invalid("extra", message));
        };
        let members = members.into_iter().map(|(name, value)| (name, json::Hidden(value)));
        for (name, mut value) in members.collect::<Vec<_>>() {
            self.add_value(&name, value.0.take())?;
        }
        Ok(())
    }

    /// The text parameters.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.0.as_str()?)))
    }

    /// The text parameters that may be secrets: an assertion. An error's text may
    /// name a resource.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.texts().filter(|(name, _)| !REPEATABLE.contains(name)).map(|(_, value)| value)
    }

    /// Says all of them, in an order of their own.
    pub(crate) fn write_key(&self, part: &mut impl FnMut(&str)) {
        let written = |(name, value): &(String, json::Hidden)| (name.clone(), value.to_text());
        let mut members: Vec<(String, Hidden)> = self.0.iter().map(written).collect();
        members.sort_unstable_by(|one, other| {
            (&one.0, one.1.expose()).cmp(&(&other.0, other.1.expose()))
        });
        for (name, value) in &members {
            part(name);
            part(value.expose());
        }
    }

    /// All of them.
    pub(crate) fn members(&self) -> &[(String, json::Hidden)] {
        &self.0
    }

    /// The room that they take at most in a JSON object.
    pub(crate) fn json_bound(&self) -> usize {
        self.0.iter().fold(2, |sum, (name, value)| {
            sum.saturating_add(json::member_bound(name, "")).saturating_add(value.bound())
        })
    }
}

/// Into a store: the texts. A login has no others.
impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.texts())
    }
}

/// Out of a store, where somebody may have put another parameter in.
impl TryFrom<Vec<(String, Hidden)>> for Extra {
    type Error = ConfigurationError;

    fn try_from(stored: Vec<(String, Hidden)>) -> Result<Self, Self::Error> {
        let mut extra = Self::default();
        for (name, value) in &stored {
            extra.add(name, value.expose())?;
        }
        Ok(extra)
    }
}

/// What flows set themselves.
pub(crate) const RESERVED: &[&str] = &[
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

#[cfg(feature = "http")]
const FORM_ROOM: usize = 8 * 1024;

/// What may come more than once (RFC 8693 section 2.1, RFC 8707 section 2).
const REPEATABLE: &[&str] = &["audience", "resource"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_parameters_cannot_pose_as_the_flows_own() {
        let mut extra = Extra::default();
        for name in RESERVED {
            assert_eq!(extra.add(name, "x").unwrap_err().field(), *name);
        }
        extra.add("tenant", "a").unwrap();
        assert!(extra.add("tenant", "b").is_err());
        assert!(extra.add("", "b").is_err());
    }
}
