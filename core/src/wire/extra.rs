//! What a caller adds to a request.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;
#[cfg(feature = "http")]
use zeroize::Zeroizing;

use super::json;
#[cfg(feature = "http")]
use crate::dialect::BodyFormat;
use crate::error::ConfigurationError;

/// Parameters that a caller adds to a request.
#[derive(Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Extra(Vec<(String, json::Hidden)>);

impl Extra {
    /// Adds a text parameter. Its name must not be one that the library itself sets, and must be
    /// new, unless the protocol lets it come more than once.
    pub(crate) fn add(&mut self, name: &str, value: &str) -> Result<(), ConfigurationError> {
        self.add_value(name, Value::String(value.into()))
    }

    /// Adds a resource (RFC 8707 section 2), one of as many as there are.
    pub(crate) fn add_resource(&mut self, resource: &str) -> Result<(), ConfigurationError> {
        crate::url::check_resource(resource)?;
        self.add("resource", resource)
    }

    /// Adds a parameter of the flow's own.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.into(), json::Hidden(Value::String(value.into()))));
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
        self.0.push((name.into(), value));
        Ok(())
    }

    /// Adds the fields of a value: flat ones for a form, any for JSON.
    #[cfg(feature = "http")]
    pub(crate) fn add_fields<T: Serialize>(
        &mut self,
        format: BodyFormat,
        fields: &T,
    ) -> Result<(), ConfigurationError> {
        let unfit = |message| ConfigurationError::invalid("extra", message);
        match format {
            BodyFormat::Form => {
                let text = serde_urlencoded::to_string(fields)
                    .map(Zeroizing::new)
                    .map_err(|_| unfit("cannot be written as a form: its fields must be flat"))?;
                for (name, value) in form_urlencoded::parse(text.as_bytes()) {
                    self.add(&name, &value)?;
                }
            }
            BodyFormat::Json => match serde_json::to_value(fields) {
                Ok(Value::Object(members)) => {
                    for (name, value) in members {
                        self.add_value(&name, value)?;
                    }
                }
                _ => return Err(unfit("cannot be written as a JSON object")),
            },
        }
        Ok(())
    }

    /// The text parameters.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.0.as_str()?)))
    }

    /// The text parameters that may be secrets: an assertion, a device code. An error's text may
    /// name a resource.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.texts().filter(|(name, _)| !REPEATABLE.contains(name)).map(|(_, value)| value)
    }

    /// All of them.
    pub(crate) fn members(&self) -> &[(String, json::Hidden)] {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The room that they take at most in a JSON object.
    pub(crate) fn json_bound(&self) -> usize {
        self.0.iter().fold(2, |sum, (name, value)| {
            sum.saturating_add(json::member_bound(name, "")).saturating_add(value.bound())
        })
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
