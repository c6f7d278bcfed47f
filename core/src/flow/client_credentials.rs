//! Client credentials (RFC 6749 section 4.4): the client asks for itself; no user, no refresh.

use crate::client::Client;
use crate::error::ConfigurationError;
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow, State};
use crate::scope::Scope;
use crate::time::Timestamp;
use crate::tokens::Tokens;
use crate::wire::{self, Extra};

/// A token is about to be asked for. Send it: [`Exchange`].
#[derive(Debug)]
pub struct Requesting {
    scope: Scope,
    extra: Extra,
}

/// The token is there. When it is over, the same request is made again (facts M7, C7).
#[derive(Debug)]
pub struct Granted {
    tokens: Tokens,
}

impl Client {
    /// Asks for a token for the client itself. The empty scope leaves the choice to the server.
    ///
    /// ```
    /// use grantflow::{Client, Exchange, Scope, Secret, partner::cover_genius};
    ///
    /// let provider = cover_genius::provider("partner.example")?;
    /// let client = Client::new("id", Secret::new("s3cr3t-s3cr3t")?, provider)?;
    /// let flow = client.client_credentials(Scope::default())?;
    /// assert_eq!(
    ///     flow.request().body().as_ref(),
    ///     br#"{"grant_type":"client_credentials","client_id":"id","client_secret":"s3cr3t-s3cr3t"}"#,
    /// );
    /// # Ok::<(), grantflow::ConfigurationError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigurationError`] for a public client: this grant is for clients that can keep a
    /// secret (RFC 6749 section 4.4).
    pub fn client_credentials(&self, scope: Scope) -> Result<Flow<Requesting>, ConfigurationError> {
        if self.is_public() {
            return Err(ConfigurationError::invalid(
                "client_secret",
                "is missing; client credentials are for clients that can keep a secret",
            ));
        }
        let state = Requesting { scope, extra: Extra::default() };
        Ok(Flow { client: self.clone(), state })
    }
}

impl Flow<Requesting> {
    /// Adds a parameter to the request, one that the flow does not set itself.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the name is one of the flow's own, or is there already.
    pub fn parameter(mut self, name: &str, value: &str) -> Result<Self, ConfigurationError> {
        self.state.extra.add(name, value)?;
        Ok(self)
    }

    /// Adds the fields of a value, written as the body is: flat fields for a form, any for JSON.
    ///
    /// # Errors
    /// As for [`parameter`](Self::parameter), and where the fields cannot be written so.
    #[cfg(feature = "http")]
    pub fn extra<T: serde::Serialize>(mut self, fields: &T) -> Result<Self, ConfigurationError> {
        self.state.extra.add_fields(self.client.body_format(), fields)?;
        Ok(self)
    }
}

impl Exchange for Flow<Requesting> {
    type Output = Flow<Granted>;

    fn wire_request(&self) -> wire::Request<'_> {
        let state = &self.state;
        let grant = [("grant_type", "client_credentials"), ("scope", state.scope.as_str())];
        self.client.token_request(&grant, &state.extra)
    }

    fn receive<'a>(
        self,
        response: impl Into<wire::Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<Flow<Granted>, Failed<Self>> {
        let (response, scope) = (response.into(), &self.state.scope);
        match self.client.token_answer(&response, sent_at, scope, false, ["", ""]) {
            Ok(tokens) => Ok(Flow { client: self.client, state: Granted { tokens } }),
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    fn may_repeat(&self) -> bool {
        true
    }
}

impl Flow<Granted> {
    /// The token and what came with it.
    pub fn tokens(&self) -> &Tokens {
        &self.state.tokens
    }

    /// The token and what came with it, to keep.
    pub fn into_tokens(self) -> Tokens {
        self.state.tokens
    }
}

impl Sealed for Requesting {}
impl State for Requesting {}
impl Sealed for Granted {}
impl State for Granted {}
impl Sealed for Flow<Requesting> {}
