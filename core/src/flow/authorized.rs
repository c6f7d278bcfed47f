//! A user's grant, with its tokens.

use crate::client::Client;
use crate::error::ConfigurationError;
use crate::exchange::sealed::Sealed;
use crate::flow::{Failed, Flow, Refreshing, State, TokenRecord};
use crate::scope::Scope;
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
    /// [`ConfigurationError`] where the record is of a format that this version does not read.
    pub fn resume(&self, record: TokenRecord) -> Result<Flow<Authorized>, ConfigurationError> {
        Ok(Authorized::flow(self.clone(), record.into_tokens()?))
    }
}

impl Flow<Authorized> {
    /// The tokens and what came with them.
    pub fn tokens(&self) -> &Tokens {
        &self.state.tokens
    }

    /// The tokens as data to store.
    pub fn record(&self) -> TokenRecord {
        TokenRecord::new(&self.state.tokens)
    }

    /// Gets the next access token with the refresh token (RFC 6749 section 6, fact F9).
    ///
    /// # Errors
    /// [`Failed`], with the flow to be taken back by [`retry`](Failed::retry), where the server
    /// gave no refresh token. FlowAccount gives one only for the scope `offline_access` (fact F8).
    pub fn refresh(self) -> Result<Flow<Refreshing>, Failed<Self>> {
        self.refresh_for(Scope::default())
    }

    /// As [`refresh`](Self::refresh), for a part of the scope that was granted.
    ///
    /// # Errors
    /// As for [`refresh`](Self::refresh), and where `scope` is not a part of what was granted (RFC
    /// 6749 section 6).
    pub fn refresh_for(self, scope: Scope) -> Result<Flow<Refreshing>, Failed<Self>> {
        if !self.state.tokens.scope.includes(&scope) {
            return Err(Failed::new(
                ConfigurationError::new(
                    crate::ConfigurationErrorKind::ScopeExceeded,
                    "scope",
                    "is more than was granted; a refresh can only ask for less",
                ),
                self,
            ));
        }
        let mut tokens = self.state.tokens;
        match tokens.refresh_token.take() {
            Some(refresh_token) => {
                let state = Refreshing { refresh_token, held: Some(tokens), scope };
                Ok(Flow { client: self.client, state })
            }
            None => Err(Failed::new(
                ConfigurationError::invalid(
                    "refresh_token",
                    "was not given by the server; log the user in again, with a scope that \
                     brings one (often offline_access)",
                ),
                Authorized::flow(self.client, tokens),
            )),
        }
    }
}

impl Sealed for Authorized {}
impl State for Authorized {}
