//! The rows: one small story for each feature.

mod clients;
mod codes;
mod devices;
mod logins;
mod metadata;
mod refreshes;
mod sessions;
mod tokens;

use super::Trouble;
use super::peer::Peer;
use super::scene::Scene;

/// A feature.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    story: Story,
    /// The story's name.
    name: &'static str,
    checks: &'static str,
    /// Who has no such thing, and why.
    lacks: [Option<&'static str>; 3],
}

type Story = fn(&Scene<'_>) -> Result<(), Trouble>;

impl Row {
    fn new(story: Story, name: &'static str, checks: &'static str) -> Self {
        Self { story, name, checks, lacks: [None; 3] }
    }

    fn lacks(mut self, peer: Peer, why: &'static str) -> Self {
        if let Some(lack) = self.lacks.get_mut(peer.index()) {
            *lack = Some(why);
        }
        self
    }

    pub(super) fn name(&self) -> String {
        self.name.replace('_', " ")
    }

    pub(super) fn checks(&self) -> &'static str {
        self.checks
    }

    pub(super) fn lack_of(&self, peer: Peer) -> Option<&'static str> {
        self.lacks.get(peer.index()).copied().flatten()
    }

    pub(super) fn story_at(&self, peer: Peer) -> Option<Story> {
        self.lack_of(peer).is_none().then_some(self.story)
    }
}

/// A row that has its story's name.
macro_rules! row {
    ($story:ident, $checks:literal) => {
        $crate::peers::rows::Row::new($story, stringify!($story), $checks)
    };
}
use row;

pub(super) fn all() -> Vec<Row> {
    [
        metadata::rows(),
        clients::rows(),
        logins::rows(),
        codes::rows(),
        refreshes::rows(),
        sessions::rows(),
        tokens::rows(),
        devices::rows(),
    ]
    .concat()
}

const NO_METADATA: &str = "It has no metadata document.";
const NO_REVOCATION: &str = "It has neither revocation nor introspection.";
const NO_ISS: &str = "It sends no `iss`.";
const NO_DEVICES: &str = "It has no device flow.";
const NO_RESOURCES: &str = "It knows no resource indicators.";
const NO_FORM_POST: &str = "It knows no `response_mode`.";
const NO_PUSHING: &str = "It knows no pushed authorization requests.";
