//! What workers tell.

use std::io::{self, Write};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::micros;
use crate::story::fingerprint;

/// One line of a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    /// When it was written: [`micros`].
    pub(super) at: u64,
    pub(super) deed: Deed,
}

/// What a worker does or has done. Tokens are told by their fingerprints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Deed {
    /// It runs.
    Up,
    /// It is about to set its mark, to refresh with this token.
    Marking { token: String, owner: String, over: Option<Over> },
    /// The mark stands.
    Marked,
    /// It is about to send the request.
    Sending { token: String },
    /// What came of it.
    Answered(Answer),
    /// It is about to store what came of a refresh with this token.
    Storing { token: String, what: What },
    /// That stands.
    Stored,
    /// Somebody else has changed the record meanwhile.
    Beaten,
    /// The store failed.
    Fault,
    /// It has this access token, and the API answered so.
    Used { token: String, status: Option<u16> },
    /// It has none; whether only a login helps.
    Failed { kind: String, over: bool },
    /// It ends by itself.
    Down,
}

/// Somebody's mark whose time is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Over {
    pub(super) owner: String,
    pub(super) seconds: u64,
    /// Whether it was only a pause.
    pub(super) lost: bool,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    Tokens,
    Refused,
    /// None, and it may have arrived.
    Lost,
    /// It cannot have arrived.
    Unsent,
    /// Anything else: the server has not decided.
    Other,
}

/// What is stored after a refresh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    /// New tokens, with this refresh token.
    Tokens(String),
    /// The answer is lost: nobody sends for a while.
    Pause,
    /// Nothing came of it.
    Nothing,
    /// The session is over.
    End,
}

impl Line {
    /// Writes it, so that it is told even if the process is killed right after.
    pub(super) fn tell(deed: Deed) -> io::Result<()> {
        let line = Self { at: micros(SystemTime::now()), deed };
        let mut text = serde_json::to_string(&line)?;
        text.push('\n');
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

/// What stands in a store, as far as it is told.
pub(super) struct Record(Value);

impl Record {
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self(serde_json::from_slice(bytes).unwrap_or_default())
    }

    /// The fingerprint of the refresh token.
    pub(super) fn token(&self) -> String {
        let token = self.0.pointer("/tokens/refresh_token").and_then(Value::as_str);
        token.map(fingerprint).unwrap_or_default()
    }

    /// How the session ended, if it did.
    pub(super) fn end(&self) -> Option<&str> {
        self.0.get("end")?.as_str()
    }

    fn mark(&self) -> Option<Over> {
        serde_json::from_value(self.0.get("mark")?.clone()).ok()
    }

    /// What it is to put this record in the place of the `old` one.
    pub(super) fn deed(&self, old: Option<&Self>) -> Deed {
        let token = old.map(Self::token).unwrap_or_default();
        let what = match self.mark() {
            _ if self.end().is_some() => What::End,
            Some(Over { lost: true, .. }) => What::Pause,
            Some(Over { owner, .. }) => {
                return Deed::Marking { token, owner, over: old.and_then(Self::mark) };
            }
            None if self.token() == token => What::Nothing,
            None => What::Tokens(self.token()),
        };
        Deed::Storing { token, what }
    }
}
