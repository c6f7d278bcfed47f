//! Tokens as data to store.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::ConfigurationError;
use crate::scope::Scope;
use crate::secret::{Hidden, exposed, stored_record};
use crate::time::Timestamp;
use crate::tokens::{AccessToken, More, RefreshToken, Tokens};
use crate::wire::json::Members;
use crate::wire::token_answer;

/// A user's tokens as plain data: what a store keeps between two runs of a program. Serialising
/// shows the tokens, on purpose, so a store guards it like a password; `{:?}` does not.
///
/// Reading it back checks the tokens again: a store can be tampered with. It also pins the client
/// and the server: resumed by another client or for another server, it is refused, so that a
/// refresh token never leaves for a server that did not give it (RFC 6749 section 10.4).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct TokenRecord {
    format: u8,
    client_id: Hidden,
    token_endpoint: String,
    #[serde(with = "exposed")]
    access_token: AccessToken,
    #[serde(with = "exposed::option", default)]
    refresh_token: Option<RefreshToken>,
    /// In seconds since 1970-01-01T00:00:00 UTC.
    sent_at: Timestamp,
    /// In seconds.
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    wider: Option<Scope>,
    /// The answer's other fields.
    #[serde(default)]
    extra: Members,
}

stored_record!(TokenRecord, "these are not tokens that this library stored");

impl TokenRecord {
    pub(crate) fn new(client: &Client, tokens: &Tokens) -> Self {
        Self {
            format: FORMAT,
            client_id: Hidden::new(client.client_id().into()),
            token_endpoint: client.provider().token_endpoint().as_str().into(),
            access_token: tokens.access_token.copy(),
            refresh_token: tokens.refresh_token().cloned(),
            sent_at: tokens.sent_at,
            expires_in: tokens.lifetime.map(u64::from),
            scope: tokens.scope().clone(),
            wider: tokens.more().wider.clone(),
            extra: tokens.more().extra.clone(),
        }
    }

    /// Not for everybody: each copy is one more place to zero.
    pub(crate) fn copy(&self) -> Self {
        Self {
            client_id: self.client_id.clone(),
            token_endpoint: self.token_endpoint.clone(),
            access_token: self.access_token.copy(),
            refresh_token: self.refresh_token.clone(),
            scope: self.scope.clone(),
            wider: self.wider.clone(),
            extra: self.extra.clone(),
            ..*self
        }
    }

    /// Whether these are its tokens, which came of a refresh: so there is a refresh token.
    pub(crate) fn is_of(&self, tokens: &Tokens) -> bool {
        let both = self.refresh_token.as_ref().zip(tokens.refresh_token());
        both.is_some_and(|(one, other)| one.matches(other))
            && self.access_token.matches(&tokens.access_token)
    }

    pub(crate) fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    pub(crate) fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    pub(crate) fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    pub(crate) fn set_refresh_token(&mut self, refresh_token: Option<RefreshToken>) {
        self.refresh_token = refresh_token;
    }

    pub(super) fn into_tokens(self, client: &Client) -> Result<Tokens, ConfigurationError> {
        let foreign = |field| {
            let message = "is not the one that these tokens are for; log the user in again";
            Err(ConfigurationError::login_needed(field, message))
        };
        if self.format != FORMAT {
            return Err(ConfigurationError::login_needed(
                "format",
                "is not one that this version reads; log the user in again",
            ));
        }
        if self.client_id.expose() != client.client_id() {
            return foreign("client_id");
        }
        if self.token_endpoint != client.provider().token_endpoint().as_str() {
            return foreign("token_endpoint");
        }
        let Self { refresh_token, scope, wider, extra, .. } = self;
        Ok(Tokens {
            access_token: self.access_token,
            sent_at: self.sent_at,
            lifetime: self.expires_in.map(token_answer::up_to_a_century),
            more: More { refresh_token, scope, wider, extra, ..More::default() }.boxed(),
        })
    }
}

const FORMAT: u8 = 1;
