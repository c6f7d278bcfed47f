//! A user's grant, with its tokens.

use crate::client::Client;
use crate::error::{ConfigurationError, ConfigurationErrorKind};
use crate::exchange::sealed::Sealed;
use crate::flow::{Failed, Flow, Refreshing, State, TokenRecord, refresh};
use crate::scope::Scope;
use crate::time::Timestamp;
use crate::tokens::Tokens;

/// The user's tokens are there, and safely kept as far as this machine knows.
#[derive(Debug)]
pub struct Authorized {
    pub(super) tokens: Tokens,
}

impl Authorized {
    pub(super) fn flow(client: Client, tokens: Tokens) -> Flow<Self> {
        Flow { client, state: Self { tokens } }
    }
}

impl Client {
    /// Goes on with tokens that were kept: the way back from [`Flow::record`].
    ///
    /// # Errors
    /// [`ConfigurationError`] where the record is another client's or another server's, or of a format
    /// that this version does not read.
    pub fn resume(&self, record: TokenRecord) -> Result<Flow<Authorized>, ConfigurationError> {
        Ok(Authorized::flow(self.clone(), record.into_tokens(self)?))
    }
}

impl Flow<Authorized> {
    /// The tokens and what came with them.
    pub fn tokens(&self) -> &Tokens {
        &self.state.tokens
    }

    pub(crate) fn into_parts(self) -> (Client, Tokens) {
        (self.client, self.state.tokens)
    }

    /// The tokens as data to store.
    pub fn record(&self) -> TokenRecord {
        TokenRecord::new(&self.client, &self.state.tokens)
    }

    /// Gets the next access token with the refresh token (RFC 6749 section 6, fact F9).
    ///
    /// # Errors
    /// [`Failed`], with the flow to be taken back by [`retry`](Failed::retry), where the server
    /// gave no refresh token. FlowAccount gives one only for the scope `offline_access` (fact F8);
    /// Meed and Cover Genius give none (facts M7, C7).
    pub fn refresh(self) -> Result<Flow<Refreshing>, Failed<Self>> {
        self.refresh_for(Scope::default())
    }

    /// As [`refresh`](Self::refresh), for a part of the scope that was granted.
    ///
    /// # Errors
    /// As for [`refresh`](Self::refresh), and where `scope` is not a part of what was granted (RFC
    /// 6749 section 6).
    pub fn refresh_for(mut self, scope: Scope) -> Result<Flow<Refreshing>, Failed<Self>> {
        if !self.state.tokens.scope_of_grant().includes(&scope) {
            let kind = ConfigurationErrorKind::ScopeExceeded;
            let message = "is more than was granted; a refresh can only ask for less";
            return Err(Failed::new(ConfigurationError::new(kind, "scope", message), self));
        }
        if let Err(error) = refresh::check_allowed(&self.client) {
            return Err(Failed::new(error, self));
        }
        match self.state.tokens.take_refresh_token() {
            Some(refresh_token) => {
                Ok(Refreshing::flow(self.client, refresh_token, Some(self.state.tokens), scope))
            }
            None => Err(Failed::new(
                ConfigurationError::login_needed(
                    "refresh_token",
                    "was not given by the server; log the user in again, with a scope that \
                     brings one (often offline_access)",
                ),
                self,
            )),
        }
    }

    /// When the refresh token will be dead if it is not used, where the dialect knows (fact F11:
    /// a day after the last answer that brought an access token). Past it, a new login is likely;
    /// the server decides, so trying is right all the same.
    pub fn refresh_expires_at(&self) -> Option<Timestamp> {
        let tokens = &self.state.tokens;
        let lifetime = self.client.provider().dialect().refresh_lifetime()?;
        tokens.refresh_token().map(|_| tokens.sent_at.saturating_add(lifetime))
    }
}

impl Sealed for Authorized {}
impl State for Authorized {}
