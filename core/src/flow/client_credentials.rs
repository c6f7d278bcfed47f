//! Client credentials (RFC 6749 section 4.4): the client asks for itself; no user, no refresh.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::parameters::takes_parameters;
use crate::client::Client;
use crate::error::ConfigurationError;
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow, State};
use crate::scope::Scope;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::tokens::Tokens;
use crate::wire::{self, Extra};

/// A token is about to be asked for. Send it: [`Exchange`].
#[derive(Debug)]
pub struct Requesting {
    scope: Scope,
    /// What a plain request for the client's own token does not have.
    special: Option<Box<Special>>,
}

#[derive(Clone, Debug)]
struct Special {
    grant_type: Cow<'static, str>,
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
        self.check_confidential(
            "is missing; client credentials are for clients that can keep a secret",
        )?;
        Ok(Flow { client: self.clone(), state: Requesting { scope, special: None } })
    }
}

impl Requesting {
    pub(crate) fn flow(
        client: Client,
        grant_type: Cow<'static, str>,
        scope: Scope,
        extra: Extra,
    ) -> Flow<Self> {
        let special = Some(Box::new(Special { grant_type, extra }));
        Flow { client, state: Self { scope, special } }
    }

    fn grant_type(&self) -> &str {
        self.special.as_ref().map_or(CLIENT_CREDENTIALS, |special| &special.grant_type)
    }

    fn extra(&self) -> &Extra {
        self.special.as_ref().map_or(Extra::NONE, |special| &special.extra)
    }

    pub(super) fn extra_mut(&mut self) -> &mut Extra {
        let plain = || Special { grant_type: CLIENT_CREDENTIALS.into(), extra: Extra::default() };
        &mut self.special.get_or_insert_with(|| Box::new(plain())).extra
    }
}

takes_parameters!(Requesting);

impl Exchange for Flow<Requesting> {
    type Output = Flow<Granted>;

    fn wire_request(&self) -> wire::Request<'_> {
        let state = &self.state;
        let grant = [("grant_type", state.grant_type()), ("scope", state.scope.as_str())];
        self.client.token_request(&grant, state.extra())
    }

    fn receive<'a>(
        self,
        response: impl Into<wire::Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<Flow<Granted>, Failed<Self>> {
        let (scope, extra) = (&self.state.scope, self.state.extra());
        let (response, granted) = (response.into(), !self.is_for_the_client());
        let secrets = || extra.secrets().collect();
        match self.client.token_answer(&response, sent_at, scope, granted, &secrets) {
            Ok(tokens) => Ok(Flow { client: self.client, state: Granted { tokens } }),
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    /// What a grant of another type has in it may work once only, as an assertion may.
    fn may_repeat(&self) -> bool {
        self.is_for_the_client()
    }
}

impl Flow<Requesting> {
    /// Whether it is the client's own request: no grant is in it that could be over.
    pub(crate) fn is_for_the_client(&self) -> bool {
        self.state.grant_type() == CLIENT_CREDENTIALS
    }
}

impl Flow<Requesting> {
    /// The same request once more.
    pub(crate) fn again(&self) -> Self {
        let Requesting { scope, special } = &self.state;
        let state = Requesting { scope: scope.clone(), special: special.clone() };
        Self { client: self.client.clone(), state }
    }

    /// Says all that tells it from another request of the same client identifier at the same
    /// endpoint. The order of scope tokens and of added parameters does not count.
    pub(crate) fn write_key(&self, part: &mut impl FnMut(&str)) {
        part(self.client.secret().map_or("", Secret::expose));
        part(self.state.grant_type());
        let mut tokens: Vec<&str> = self.state.scope.tokens().collect();
        tokens.sort_unstable();
        tokens.dedup();
        part(&tokens.join(" "));
        self.state.extra().write_key(part);
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

const CLIENT_CREDENTIALS: &str = "client_credentials";
