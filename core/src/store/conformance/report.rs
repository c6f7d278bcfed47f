//! What was found.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::super::StoreError;

/// What came of each property. It prints as a list of them.
#[derive(Clone, Debug)]
#[must_use = "nobody has looked yet whether the store passed"]
pub struct Report {
    findings: Vec<Finding>,
}

/// A property, and whether the store has it.
#[derive(Clone, Debug)]
pub struct Finding {
    property: &'static str,
    flaw: Option<String>,
}

/// How a store is seen not to have a property.
pub(super) struct Flaw(pub(super) String);

/// Of a property: that the store has it, as far as can be seen.
pub(super) type Outcome = Result<(), Flaw>;

impl Report {
    pub(super) fn new() -> Self {
        Self { findings: Vec::new() }
    }

    pub(super) fn add(&mut self, property: &'static str, outcome: Outcome) {
        self.findings.push(Finding { property, flaw: outcome.err().map(|flaw| flaw.0) });
    }

    /// Whether the store has every property.
    pub fn is_ok(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Every property, in the order in which they were tried.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter()
    }

    /// Those that the store does not have.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings().filter(|finding| finding.flaw.is_some())
    }

    /// Nothing, if the store has every property.
    ///
    /// # Panics
    /// With the list, if it does not.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.is_ok(), "the store does not keep its promises:\n{self}");
    }
}

impl Finding {
    /// Its name.
    pub fn property(&self) -> &'static str {
        self.property
    }

    /// What the store did instead; `None`: it has the property.
    pub fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.flaw {
            None => write!(f, "passed: {}", self.property),
            Some(flaw) => write!(f, "FAILED: {}: {flaw}", self.property),
        }
    }
}

/// A store that fails has no property that it is asked for.
impl From<StoreError> for Flaw {
    fn from(error: StoreError) -> Self {
        Self(alloc::format!("the store answered with an error: {error}"))
    }
}
