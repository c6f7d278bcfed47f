//! What came of a vector.

use std::error::Error as StdError;
use std::fmt::{Debug, Display};

use grantflow::{ConfigurationError, Error, Failed, TransportError};
use serde_json::{Map, Value};

use super::kinds;

/// The library accepted: what it made of the input, under the neutral names of the schema.
#[derive(Debug, Default)]
pub struct Accepted {
    pub(super) members: Map<String, Value>,
    pub(super) shown: Shown,
}

/// The library refused: its error by its neutral kind, and the members that it exposes.
#[derive(Debug)]
pub struct Refused {
    pub(super) kind: &'static str,
    pub(super) members: Map<String, Value>,
    pub(super) shown: Shown,
}

/// Why an operation ended before the library had accepted everything.
#[derive(Debug)]
pub enum Stop {
    /// The library refused.
    Refused(Box<Refused>),
    /// The vector is not what the schema says.
    Malformed(String),
    /// The library does not offer what the vector asks for.
    Lacking(&'static str),
    /// The types make it impossible to say what the vector says.
    Inexpressible(&'static str),
    /// The library did something that no vector could expect.
    Wrong(String),
}

/// All renderings of a result: `{}`, `{:#}`, `{:?}` and `{:#?}`, and those of the sources of an
/// error.
#[derive(Debug, Default)]
pub(super) struct Shown(pub(super) Vec<String>);

impl Accepted {
    pub(super) fn new<const N: usize>(members: [(&str, Value); N]) -> Self {
        let mut accepted = Self::default();
        for (name, value) in members {
            accepted.set(name, value);
        }
        accepted
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.members.insert(name.to_owned(), value.into());
    }

    pub(super) fn showing(mut self, value: &dyn Debug) -> Self {
        self.shown.debug(value);
        self
    }
}

impl Refused {
    /// The refusal that `error` is; `shown` is the error as the caller got it.
    pub(super) fn new(error: &Error, shown: &(dyn StdError + 'static)) -> Self {
        let mut renderings = Shown::default();
        renderings.error(shown);
        Self { kind: kinds::kind(error), members: kinds::members(error), shown: renderings }
    }

    /// A refusal by a constructor behind `serde`, which gives its words and no type.
    pub(super) fn by_serde(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let mut members = Map::new();
        if let Some((field, _)) = text.split_once(": ") {
            members.insert("field".to_owned(), field.into());
        }
        let mut shown = Shown::default();
        shown.error(error);
        Self { kind: "invalid_argument", members, shown }
    }
}

impl Shown {
    pub(super) fn debug(&mut self, value: &dyn Debug) {
        self.0.push(format!("{value:?}"));
        self.0.push(format!("{value:#?}"));
    }

    pub(super) fn display(&mut self, value: &dyn Display) {
        self.0.extend([format!("{value}"), format!("{value:#}")]);
    }

    pub(super) fn error(&mut self, error: &(dyn StdError + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.display(&error);
            self.debug(&error);
            next = error.source();
        }
    }

    pub(super) fn contain(&self, text: &str) -> bool {
        self.0.iter().any(|rendering| rendering.contains(text))
    }
}

impl Stop {
    /// What happened, for the report.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Refused(refused) => {
                format!("error {} {}", refused.kind, summary(&refused.members))
            }
            Self::Malformed(what) => format!("a malformed vector: {what}"),
            Self::Lacking(what) => format!("nothing: the library has no {what}"),
            Self::Inexpressible(what) => format!("types that cannot express {what}"),
            Self::Wrong(what) => what.clone(),
        }
    }
}

/// The members as JSON, those that are there to be searched left out.
pub(super) fn summary(members: &Map<String, Value>) -> Value {
    let told = |name: &str| !name.starts_with("raw_") && !SEARCHED.contains(&name);
    let members = members.iter().filter(|(name, _)| told(name));
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
}

const SEARCHED: &[&str] = &["body_raw_contains_any", "headers_absent", "headers_present"];

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(Box::new(refused))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Refused::new(&error, &error).into()
    }
}

impl From<ConfigurationError> for Stop {
    fn from(error: ConfigurationError) -> Self {
        Error::from(error).into()
    }
}

impl From<TransportError> for Stop {
    fn from(error: TransportError) -> Self {
        Error::from(error).into()
    }
}

impl<F: 'static> From<Failed<F>> for Stop {
    fn from(failed: Failed<F>) -> Self {
        Refused::new(failed.error(), &failed).into()
    }
}
