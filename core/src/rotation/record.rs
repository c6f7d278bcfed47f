//! What stands in a store.

use alloc::string::{String, ToString};
use core::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::digest::{Hex, Parts};
use crate::error::{SessionError, SessionErrorKind};
use crate::flow::TokenRecord;
use crate::secret::stored_record;
use crate::store::Stored;
use crate::time::Timestamp;
use crate::tokens::RefreshToken;
use crate::wire::json::Hidden;

/// A session as plain data: its tokens, and how far a refresh of them has come. It is what a
/// [`Store`](crate::Store) keeps, in JSON. Serialising shows the tokens, on purpose; `{:?}` does
/// not.
///
/// Programs have no need for it. It is public for those who look after a store: to move sessions
/// from one to another, or to see how they stand.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct SessionRecord {
    format: u8,
    /// Tells this login from all others. A refresh keeps it.
    pub(super) origin: String,
    /// Tells the refresh token that these tokens came from.
    #[serde(default)]
    pub(super) base: Option<String>,
    /// None once the user has logged out.
    #[serde(default)]
    pub(super) tokens: Option<TokenRecord>,
    #[serde(default)]
    pub(super) mark: Option<Mark>,
    /// How many requests with this refresh token found no answer, or may have been sent by somebody
    /// who vanished.
    #[serde(default)]
    pub(super) lost: u8,
    /// Whether somebody has vanished who may have had the answer to one.
    #[serde(default)]
    pub(super) vanished: bool,
    #[serde(default)]
    pub(super) end: Option<End>,
}

/// A refresh that is under way, or that must not be repeated yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    /// Which refresh it is: no other ever has the same.
    pub(super) owner: String,
    /// For how long nobody else may send. Whoever sees the mark counts from then, by a clock of
    /// its own: the clocks of two machines need not agree.
    pub(super) seconds: u64,
    /// Whether its answer is known to be lost: then it is only a pause.
    pub(super) lost: bool,
}

/// Why a session's refresh token is not sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    /// The server refused it, and nobody can have a newer one.
    Refused,
    /// It was sent, and what came of that is not known.
    Uncertain,
}

stored_record!(SessionRecord, "this is not a session that this library stored");

impl SessionRecord {
    /// Of a login that nobody refreshes yet.
    pub(super) fn of_login(tokens: TokenRecord) -> Self {
        let origin = origin_of(&tokens);
        Self { tokens: Some(tokens), origin, ..Self::of_logout() }
    }

    /// Of a session after a refresh with `base`.
    pub(super) fn of_refresh(tokens: TokenRecord, origin: &str, base: &RefreshToken) -> Self {
        let base = Some(name_of([base.expose()]));
        Self { tokens: Some(tokens), origin: origin.into(), base, ..Self::of_logout() }
    }

    /// What stays of a session after a logout: versions go on, so that nobody who saw the session
    /// before takes the next one for it.
    pub(super) fn of_logout() -> Self {
        Self {
            format: FORMAT,
            origin: String::new(),
            base: None,
            tokens: None,
            mark: None,
            lost: 0,
            vanished: false,
            end: None,
        }
    }

    /// Whether its tokens came from this refresh token.
    pub(super) fn came_from(&self, base: &RefreshToken) -> bool {
        self.base.as_ref().is_some_and(|name| *name == name_of([base.expose()]))
    }

    /// The same, but for what `change` does.
    pub(super) fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let tokens = self.tokens.as_ref().map(TokenRecord::copy);
        let mut new = Self {
            tokens,
            origin: self.origin.clone(),
            base: self.base.clone(),
            mark: self.mark.clone(),
            ..*self
        };
        change(&mut new);
        new
    }

    /// The tokens; `None` once the user has logged out.
    pub fn tokens(&self) -> Option<&TokenRecord> {
        self.tokens.as_ref()
    }

    /// Whether somebody has begun to refresh them, and has not said what came of it.
    pub fn is_in_flight(&self) -> bool {
        self.mark.as_ref().is_some_and(|mark| !mark.lost)
    }

    /// Whether nobody knows what came of its refresh token.
    pub(super) fn is_uncertain(&self) -> bool {
        self.end == Some(End::Uncertain)
    }

    /// Whether the refresh token is not sent any more: it was refused, or nobody knows. Only a new
    /// login helps.
    pub fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, SessionError> {
        match serde_json::from_slice::<Self>(bytes) {
            Ok(record) if record.format == FORMAT => Ok(record),
            Ok(_) => Err(SessionError::caused(
                SessionErrorKind::Unreadable,
                "its format is not one that this version reads",
            )),
            Err(error) => Err(SessionError::caused(SessionErrorKind::Unreadable, error)),
        }
    }

    /// As what is to stand in place of what had the version `old`, or a later one.
    pub(super) fn stored(&self, old: Option<u64>, now: Timestamp) -> Stored {
        // The time is in it so that a record that was deleted does not come back with a version
        // that somebody still remembers.
        let time = u64::try_from(now.since_unix_epoch().as_millis()).unwrap_or_default();
        let version = old.map_or(time, |old| old.wrapping_add(1).max(time));
        // The buffer has its full size from the start, so that no half of it stays behind in freed
        // memory. The fields are all texts, numbers and such: that does not fail.
        let value = Hidden(serde_json::to_value(self).unwrap_or_default());
        let mut text = String::with_capacity(value.bound());
        let _ = write!(text, "{}", value.0);
        Stored::new(version, text.into_bytes())
    }
}

/// The name of the login that brought these tokens.
pub(super) fn origin_of(tokens: &TokenRecord) -> String {
    let refresh_token = tokens.refresh_token().map_or("", RefreshToken::expose);
    name_of([tokens.access_token().expose(), refresh_token])
}

/// Half a digest is enough to tell two apart: tokens are long and random.
fn name_of<const N: usize>(secrets: [&str; N]) -> String {
    Hex(Parts::of(secrets.map(str::as_bytes)).end().split_at(16).0).to_string()
}

const FORMAT: u8 = 1;
