//! The members of `input` and `context`, read with a word about what is wrong where they are not
//! what the schema says.

use grantflow::Scope;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::generate::{Generator, MAX_BYTES};
use super::outcome::Stop;

/// A JSON object of a vector. `null` counts as absent, except to [`is_null`](Self::is_null).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Members(pub(super) Map<String, Value>);

impl Members {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Whether the member is there and `null`, which some members mean something by.
    pub(super) fn is_null(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Value::is_null)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Stop> {
        self.read(name, "a text", Value::as_str)
    }

    pub(super) fn text_or<'a>(&'a self, name: &str, default: &'a str) -> Result<&'a str, Stop> {
        Ok(self.text(name)?.unwrap_or(default))
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Stop> {
        self.text(name)?.ok_or_else(|| Stop::Malformed(format!("{name} is missing")))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Stop> {
        self.read(name, "a number from 0 to 2^64-1", Value::as_u64)
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Stop> {
        Ok(self.read(name, "true or false", Value::as_bool)?.unwrap_or(false))
    }

    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, Stop> {
        self.read(name, "a list of texts", |value| {
            value.as_array()?.iter().map(Value::as_str).collect()
        })
    }

    pub(super) fn objects(&self, name: &str) -> Result<Vec<Self>, Stop> {
        let objects = self.read(name, "a list of objects", |value| {
            let items = value.as_array()?.iter();
            items.map(|item| item.as_object().cloned().map(Self)).collect::<Option<Vec<Self>>>()
        })?;
        Ok(objects.unwrap_or_default())
    }

    pub(super) fn pairs(&self, name: &str) -> Result<Vec<(&str, &str)>, Stop> {
        let pairs = self.read(name, "a list of pairs of texts", |value| {
            value.as_array()?.iter().map(pair).collect()
        })?;
        Ok(pairs.unwrap_or_default())
    }

    /// A list of scope tokens. The library reads a scope as one text, so a token with a space in
    /// it cannot be expressed.
    pub(super) fn scope(&self, name: &str) -> Result<Option<Scope>, Stop> {
        let Some(tokens) = self.texts(name)? else {
            return Ok(None);
        };
        if tokens.iter().any(|token| token.contains(' ')) {
            return Err(Stop::Inexpressible("a scope token with a space"));
        }
        Ok(Some(tokens.join(" ").parse()?))
    }

    /// A text that is given as it is or by a generator, cut where nobody reads any further.
    pub(super) fn text_or_generated(&self, name: &str, generator: &str) -> Result<String, Stop> {
        match (self.text(name)?, self.get(generator)) {
            (Some(text), _) => Ok(text.to_owned()),
            (None, Some(value)) => {
                let bytes = Generator::read(value)?.first(MAX_BYTES);
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
            (None, None) => Err(Stop::Malformed(format!("{name} is missing"))),
        }
    }

    fn read<'a, T>(
        &'a self,
        name: &str,
        what: &str,
        of: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Stop> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match of(value) {
            Some(read) => Ok(Some(read)),
            None => Err(Stop::Malformed(format!("{name} is not {what}"))),
        }
    }
}

pub(super) fn pair(value: &Value) -> Option<(&str, &str)> {
    match value.as_array()?.as_slice() {
        [name, value] => Some((name.as_str()?, value.as_str()?)),
        _ => None,
    }
}
