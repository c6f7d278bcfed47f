//! All that was told and seen.

use std::collections::BTreeMap;

use super::Carrier;
use super::deed::Line;
use super::pool::Number;
use crate::sandbox::Refresh;

/// What a run has brought, before anybody judges it.
#[derive(Default)]
pub(super) struct History {
    pub(super) lives: BTreeMap<Number, Life>,
    /// The refresh tokens of logins, by their fingerprints.
    pub(super) logins: Vec<String>,
    /// The sessions that were over, so that a login followed.
    pub(super) ends: Vec<End>,
    /// What the server saw.
    pub(super) refreshes: Vec<Refresh>,
    /// How many requests came to the token endpoint, of whatever kind.
    pub(super) requests: u64,
    /// The refresh token that stood in the store at the end.
    pub(super) last: String,
    /// What is wrong without any counting.
    pub(super) faults: Vec<String>,
}

/// A process from its start to its end.
pub(super) struct Life {
    pub(super) carrier: Carrier,
    pub(super) lines: Vec<Line>,
    pub(super) killed: bool,
}

/// A session that was over.
pub(super) struct End {
    pub(super) at: u64,
    pub(super) token: String,
    /// As the record has it: `refused` or `uncertain`.
    pub(super) kind: String,
}
