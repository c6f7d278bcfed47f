//! Token exchange (RFC 8693): one token for another, for a narrower use or in somebody's name.

use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::dialect::BodyFormat;
use crate::error::{ConfigurationError, Error};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::Failed;
use crate::scope::Scope;
use crate::secret::check_credential;
use crate::time::Timestamp;
use crate::token_type::{TokenType, TypedToken};
use crate::tokens::{Deviation, Tokens};
use crate::wire::answer::{Asked, required};
use crate::wire::{self, Extra, token_answer};

/// A token is about to be exchanged for another (RFC 8693 section 2.1). Send it: [`Exchange`].
#[derive(Debug)]
#[must_use = "nothing is exchanged until it is sent"]
pub struct TokenExchange {
    client: Client,
    subject: TypedToken,
    actor: Option<TypedToken>,
    requested: Option<TokenType>,
    scope: Scope,
    extra: Extra,
}

/// What the server issued (RFC 8693 section 2.2.1). It may be a token that no API takes as it is:
/// then there is no [`bearer`](Self::bearer), so that nobody sends it as one.
#[derive(Debug)]
pub struct ExchangedToken {
    issued: Tokens,
    is_bearer: bool,
    issued_token_type: TokenType,
}

impl Client {
    /// Exchanges a token for another: `subject` is in whose name the new one is asked for. The
    /// empty scope leaves the choice to the server.
    ///
    /// ```
    /// use grantflow::{Client, Exchange, Provider, Scope, Secret, Timestamp, TokenType, TypedToken};
    ///
    /// let provider = Provider::new("https://as.example.com/token".parse()?);
    /// let client = Client::new("app", Secret::new("s3cr3t-s3cr3t")?, provider)?;
    /// let subject = TypedToken::new("accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC", TokenType::ACCESS_TOKEN)?;
    /// let exchange = client
    ///     .token_exchange(subject, Scope::default())
    ///     .resource("https://backend.example.com/api")?;
    /// assert_eq!(
    ///     exchange.request().body().as_ref(),
    ///     b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
    ///       &subject_token=accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC\
    ///       &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
    ///       &resource=https%3A%2F%2Fbackend.example.com%2Fapi",
    /// );
    /// let response = http::Response::builder().header("content-type", "application/json").body(
    ///     r#"{"access_token":"at-2","token_type":"Bearer","expires_in":60,
    ///         "issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}"#,
    /// )?;
    /// let exchanged = exchange.receive(&response, Timestamp::from_unix_seconds(0))?;
    /// assert_eq!(*exchanged.issued_token_type(), TokenType::ACCESS_TOKEN);
    /// assert_eq!(exchanged.bearer().unwrap().access_token().expose(), "at-2");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn token_exchange(&self, subject: impl Into<TypedToken>, scope: Scope) -> TokenExchange {
        TokenExchange {
            client: self.clone(),
            subject: subject.into(),
            actor: None,
            requested: None,
            scope,
            extra: Extra::default(),
        }
    }
}

impl TokenExchange {
    /// Who acts in the subject's name.
    pub fn actor(self, actor: impl Into<TypedToken>) -> Self {
        Self { actor: Some(actor.into()), ..self }
    }

    /// Asks for a token of a certain type.
    pub fn requested_token_type(self, token_type: TokenType) -> Self {
        Self { requested: Some(token_type), ..self }
    }

    /// Asks for a token for a service by its name; call it once for each.
    ///
    /// # Errors
    /// As for [`parameter`](Self::parameter), where the name is empty or has a control character.
    pub fn audience(self, audience: &str) -> Result<Self, Failed<Self>> {
        self.adding(|extra, _| {
            check_credential("audience", audience)?;
            extra.add("audience", audience)
        })
    }

    /// What a caller adds to it, less what would stand beside a parameter of its own.
    pub(crate) fn adding(
        mut self,
        add: impl Fn(&mut Extra, BodyFormat) -> Result<(), ConfigurationError>,
    ) -> Result<Self, Failed<Self>> {
        let format = self.client.body_format();
        let mut alone = Extra::default();
        let added = add(&mut alone, format).and_then(|()| check_not_own(&alone));
        match added.and_then(|()| add(&mut self.extra, format)) {
            Ok(()) => Ok(self),
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    fn read(
        &self,
        response: &wire::Response<'_>,
        sent_at: Timestamp,
    ) -> Result<ExchangedToken, Error> {
        let actor = self.actor.as_ref().map(|actor| actor.token.expose());
        let tokens = [self.subject.token.expose()].into_iter().chain(actor);
        let secrets = || tokens.clone().chain(self.extra.secrets()).collect();
        self.client.asked(sent_at, true, &secrets, |asked| read(response, asked, &self.scope))
    }
}

fn check_not_own(extra: &Extra) -> Result<(), ConfigurationError> {
    match extra.members().iter().find(|(name, _)| OWN.contains(&name.as_str())) {
        Some((name, _)) => {
            Err(ConfigurationError::invalid(name.clone(), "has a function of its own; call that"))
        }
        None => Ok(()),
    }
}

fn read(
    response: &wire::Response<'_>,
    asked: &Asked<'_>,
    requested: &Scope,
) -> Result<ExchangedToken, Error> {
    let (mut issued, is_bearer) = token_answer::read_any(response, asked, requested)?;
    let field = "issued_token_type";
    let issued_token_type =
        required(response, &mut issued.more_mut().extra, field, "an absolute URI", |uri| {
            uri.parse().ok()
        })?;
    Ok(ExchangedToken { issued, is_bearer, issued_token_type })
}

impl Exchange for TokenExchange {
    type Output = ExchangedToken;

    fn wire_request(&self) -> wire::Request<'_> {
        let actor = self.actor.as_ref();
        let requested = self.requested.as_ref();
        let grant = [
            ("grant_type", GRANT_TYPE),
            ("subject_token", self.subject.token.expose()),
            ("subject_token_type", self.subject.token_type.as_str()),
            ("actor_token", actor.map_or("", |actor| actor.token.expose())),
            ("actor_token_type", actor.map_or("", |actor| actor.token_type.as_str())),
            ("requested_token_type", requested.map_or("", TokenType::as_str)),
            ("scope", self.scope.as_str()),
        ];
        self.client.token_request(&grant, &self.extra)
    }

    fn receive<'a>(
        self,
        response: impl Into<wire::Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<ExchangedToken, Failed<Self>> {
        self.read(&response.into(), sent_at).map_err(|error| Failed::new(error, self))
    }

    /// A subject token may be one that works once.
    fn may_repeat(&self) -> bool {
        false
    }
}

impl ExchangedToken {
    /// What kind of token it is.
    pub fn issued_token_type(&self) -> &TokenType {
        &self.issued_token_type
    }

    /// The token, for requests to an API. `None` where it is none that can be used so
    /// (`token_type` is `N_A`).
    pub fn bearer(&self) -> Option<&Tokens> {
        self.is_bearer.then_some(&self.issued)
    }

    /// As [`bearer`](Self::bearer), to keep.
    pub fn into_bearer(self) -> Option<Tokens> {
        self.is_bearer.then_some(self.issued)
    }

    /// The token as a typed one, whatever it can be used for: to be exchanged further.
    pub fn typed(&self) -> TypedToken {
        let token = TypedToken::from(self.issued.access_token());
        TypedToken { token_type: self.issued_token_type.clone(), ..token }
    }

    /// The token itself, whatever it can be used for. Every call is a place to look at in a review.
    pub fn expose(&self) -> &str {
        self.issued.access_token().expose()
    }

    /// What the token may do: what the answer says, or else what was asked for.
    pub fn scope(&self) -> &Scope {
        self.issued.scope()
    }

    /// When the token is over; `None` where nobody said.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.issued.expires_at()
    }

    /// The answer's other fields, as [`Tokens::extra`].
    ///
    /// # Errors
    /// [`ConfigurationError`] where the fields do not fit the type.
    pub fn extra<T: DeserializeOwned>(&self) -> Result<T, ConfigurationError> {
        self.issued.extra()
    }

    /// What was forgiven.
    pub fn deviations(&self) -> &[Deviation] {
        self.issued.deviations()
    }
}

impl Sealed for TokenExchange {}

pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

const OWN: &[&str] = &[
    "actor_token",
    "actor_token_type",
    "requested_token_type",
    "subject_token",
    "subject_token_type",
];

#[cfg(test)]
mod tests;
