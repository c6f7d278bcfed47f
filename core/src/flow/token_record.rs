//! Tokens as data to store.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::ConfigurationError;
use crate::scope::Scope;
use crate::secret::{Hidden, exposed};
use crate::time::Timestamp;
use crate::tokens::{AccessToken, RefreshToken, Tokens};
use crate::wire::json::Members;

/// A user's tokens as plain data: what a store keeps between two runs of a program. Serialising
/// shows the tokens, on purpose, so a store guards it like a password; `{:?}` does not.
///
/// Reading it back checks the tokens again: a store can be tampered with.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRecord {
    format: u8,
    #[serde(with = "exposed")]
    access_token: AccessToken,
    #[serde(with = "exposed::option", default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<RefreshToken>,
    /// In seconds since 1970-01-01T00:00:00 UTC.
    sent_at: Timestamp,
    /// In seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    scope: Scope,
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    extra: Extra,
}

/// The answer's other fields.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(from = "Map<String, Value>", into = "Map<String, Value>")]
struct Extra(Members);

impl TokenRecord {
    pub(super) fn new(tokens: &Tokens) -> Self {
        Self {
            format: FORMAT,
            access_token: AccessToken(Hidden::clone(&tokens.access_token.0)),
            refresh_token: tokens.refresh_token.clone(),
            sent_at: tokens.sent_at,
            expires_in: tokens.lifetime.map(|lifetime| lifetime.as_secs()),
            scope: tokens.scope.clone(),
            extra: Extra(tokens.extra.clone()),
        }
    }

    pub(super) fn into_tokens(self) -> Result<Tokens, ConfigurationError> {
        if self.format != FORMAT {
            return Err(ConfigurationError::invalid(
                "format",
                "is not one that this version reads; log the user in again",
            ));
        }
        Ok(Tokens {
            access_token: self.access_token,
            sent_at: self.sent_at,
            lifetime: self.expires_in.map(Duration::from_secs),
            refresh_token: self.refresh_token,
            scope: self.scope,
            scope_differs: false,
            extra: self.extra.0,
            deviations: Vec::new(),
        })
    }
}

impl Extra {
    fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }
}

impl From<Map<String, Value>> for Extra {
    fn from(members: Map<String, Value>) -> Self {
        Self(Members(members))
    }
}

impl From<Extra> for Map<String, Value> {
    fn from(mut extra: Extra) -> Self {
        core::mem::take(&mut extra.0.0)
    }
}

impl Clone for Extra {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

const FORMAT: u8 = 1;
