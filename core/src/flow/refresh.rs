//! Refresh (RFC 6749 section 6), with rotation: the old refresh token is dead when the answer is
//! there (fact F10), so the new one is stored before anything else happens.

use super::authorized::Authorized;
use super::parameters::takes_parameters;
use crate::client::Client;
use crate::dialect::RefreshPolicy;
use crate::error::{Advice, ConfigurationError, Error, TransportError};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow, State, TokenRecord};
use crate::scope::Scope;
use crate::time::Timestamp;
use crate::tokens::{Deviation, RefreshToken, Tokens};
use crate::wire::token_answer::Unread;
use crate::wire::{self, Extra};

/// The next access token is about to be asked for. Send it: [`Exchange`].
#[derive(Debug)]
pub struct Refreshing {
    refresh_token: RefreshToken,
    /// What is held meanwhile; its refresh token stands above.
    held: Option<Tokens>,
    scope: Scope,
    extra: Extra,
    in_doubt: bool,
}

takes_parameters!(Refreshing);

/// The new tokens are there, and the old refresh token may be dead. Store
/// [`record`](Flow::record), then say so with [`stored`](Flow::stored).
#[derive(Debug)]
#[must_use = "the old refresh token may be dead: store the new one"]
pub struct Refreshed {
    tokens: Tokens,
}

impl Client {
    /// Refreshes with a refresh token that was kept by itself, by another program perhaps. Where a
    /// [`TokenRecord`] is at hand, [`resume`](Client::resume) is the way.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the dialect knows no refresh tokens (facts M7, C7).
    pub fn refresh(
        &self,
        refresh_token: RefreshToken,
    ) -> Result<Flow<Refreshing>, ConfigurationError> {
        check_allowed(self)?;
        Ok(Refreshing::flow(self.clone(), refresh_token, None, Scope::default()))
    }
}

/// A server without refresh tokens is not asked with one.
pub(super) fn check_allowed(client: &Client) -> Result<(), ConfigurationError> {
    if client.provider().dialect().refresh == RefreshPolicy::Never {
        return Err(ConfigurationError::invalid(
            "refresh_token",
            "is nothing that this server knows; ask for a new access token as for the first",
        ));
    }
    Ok(())
}

impl Refreshing {
    fn extra_mut(&mut self) -> &mut Extra {
        &mut self.extra
    }

    pub(super) fn flow(
        client: Client,
        refresh_token: RefreshToken,
        held: Option<Tokens>,
        scope: Scope,
    ) -> Flow<Self> {
        let state = Self { refresh_token, held, scope, extra: Extra::default(), in_doubt: false };
        Flow { client, state }
    }

    /// For a refresh token that may have been sent before, and the tokens that are held.
    pub(crate) fn again(
        client: Client,
        refresh_token: RefreshToken,
        held: Option<Tokens>,
        in_doubt: bool,
    ) -> Result<Flow<Self>, ConfigurationError> {
        check_allowed(&client)?;
        let mut flow = Self::flow(client, refresh_token, held, Scope::default());
        flow.state.in_doubt = in_doubt;
        Ok(flow)
    }

    /// What an answer without `scope` grants.
    fn expected_scope(&self) -> &Scope {
        match &self.held {
            Some(held) if self.scope.is_empty() => held.scope_of_grant(),
            _ => &self.scope,
        }
    }
}

impl Flow<Refreshing> {
    /// Leaves the refresh undone and goes on with the tokens that are there. A request that was
    /// sent may have killed the refresh token all the same.
    ///
    /// # Errors
    /// The refresh token, where the flow was started with nothing else.
    pub fn cancel(self) -> Result<Flow<Authorized>, RefreshToken> {
        let Refreshing { refresh_token, held, .. } = self.state;
        match held {
            Some(mut tokens) => {
                tokens.more_mut().refresh_token = Some(refresh_token);
                Ok(Authorized::flow(self.client, tokens))
            }
            None => Err(refresh_token),
        }
    }

    pub(crate) fn refresh_token(&self) -> &RefreshToken {
        &self.state.refresh_token
    }

    /// Whether it may have been sent without an answer.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.state.in_doubt
    }

    fn tokens(&self, response: &wire::Response<'_>, sent_at: Timestamp) -> Result<Tokens, Unread> {
        let state = &self.state;
        let own = state.refresh_token.expose();
        let secrets = || [own].into_iter().chain(state.extra.secrets()).collect();
        self.client.token_answer(response, sent_at, state.expected_scope(), true, &secrets)
    }
}

impl Exchange for Flow<Refreshing> {
    type Output = Flow<Refreshed>;

    fn wire_request(&self) -> wire::Request<'_> {
        let grant = [
            ("grant_type", "refresh_token"),
            ("refresh_token", self.state.refresh_token.expose()),
            ("scope", self.state.scope.as_str()),
        ];
        self.client.token_request(&grant, &self.state.extra)
    }

    fn receive<'a>(
        self,
        response: impl Into<wire::Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<Flow<Refreshed>, Failed<Self>> {
        let mut tokens = match self.tokens(&response.into(), sent_at) {
            Ok(tokens) => tokens,
            Err(unread) => {
                // The server has rotated, whatever else is wrong with its answer.
                let mut flow = self;
                if let Some(refresh_token) = unread.refresh_token {
                    flow.state.refresh_token = refresh_token;
                }
                return Err(Failed::new(unread.error, flow));
            }
        };
        if tokens.refresh_token().is_none() {
            if self.client.provider().dialect().refresh == RefreshPolicy::Rotates {
                tokens.more_mut().deviations.push(Deviation::RefreshTokenNotRotated);
            }
            tokens.more_mut().refresh_token = Some(self.state.refresh_token);
        }
        if let Some(held) = self.state.held {
            // What the server does not repeat of its own fields still stands (fact F9).
            let (more, held) = (tokens.more_mut(), held.more.map(|held| *held).unwrap_or_default());
            more.extra.add_missing(held.extra);
            if !self.state.scope.is_empty() {
                // The refresh token stands for as much as before (RFC 6749 section 6).
                more.wider = Some(held.wider.unwrap_or(held.scope));
            }
        }
        Ok(Refreshed::flow(self.client, tokens))
    }

    fn may_repeat(&self) -> bool {
        false
    }
}

impl Failed<Flow<Refreshing>> {
    /// What is left after a failed refresh, and the error: the tokens that are there. Where the
    /// server refused the refresh token itself (`invalid_grant`), it is gone; the access token may
    /// still have time.
    ///
    /// A refresh token that was sent twice and not answered is still there, and may be spent: the
    /// advice is to log in again, and a refresh of what is given back here would send it a third time
    /// (RFC 9700 section 4.14).
    ///
    /// # Errors
    /// The refresh token, where the flow was started with nothing else and it is not gone.
    pub fn into_authorized(
        self,
    ) -> Result<(Flow<Authorized>, Error), (Option<RefreshToken>, Error)> {
        let dead = match &self.error {
            Error::Refused(refusal) => refusal.code() == "invalid_grant",
            _ => false,
        };
        match self.flow.cancel() {
            Ok(mut flow) => {
                if dead {
                    flow.state.tokens.take_refresh_token();
                }
                Ok((flow, self.error))
            }
            Err(refresh_token) => Err((Some(refresh_token).filter(|_| !dead), self.error)),
        }
    }
}

impl Refreshed {
    pub(crate) fn flow(client: Client, tokens: Tokens) -> Flow<Self> {
        Flow { client, state: Self { tokens } }
    }
}

impl Flow<Refreshed> {
    /// The new tokens and what came with them.
    pub fn tokens(&self) -> &Tokens {
        &self.state.tokens
    }

    /// The new tokens as data to store: over the old ones, at once.
    pub fn record(&self) -> TokenRecord {
        TokenRecord::new(&self.client, &self.state.tokens)
    }

    pub(crate) fn into_tokens(self) -> Tokens {
        self.state.tokens
    }

    /// The caller's word that the new tokens are stored. From here on the flow is an ordinary one.
    pub fn stored(self) -> Flow<Authorized> {
        Authorized::flow(self.client, self.state.tokens)
    }
}

impl Sealed for Refreshing {}
impl State for Refreshing {}
impl Sealed for Flow<Refreshing> {
    fn note_unanswered(&mut self, error: &TransportError) -> Option<Advice> {
        error.note_risk(&mut self.state.in_doubt)
    }
}
impl Sealed for Refreshed {}
impl State for Refreshed {}
