//! What an authorization server says of itself (RFC 8414).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::DeserializeOwned;

use super::issuer::Issuer;
use super::read::Document;
use crate::dialect::ClientAuth;
use crate::error::{ConfigurationError, Error, ProtocolErrorKind};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::Failed;
use crate::pkce::pkce_confirmed;
use crate::provider::{IssParameter, Provider};
use crate::time::Timestamp;
use crate::tokens::Deviation;
use crate::url::Endpoint;
use crate::wire::json::Members;
use crate::wire::{self, Response};

/// A server is about to be asked what it is. Send it: [`Exchange`]. Nothing of the client is in it.
#[derive(Clone, Debug)]
#[must_use = "nothing is known until it is sent"]
pub struct Discovery {
    issuer: Issuer,
    openid: bool,
}

/// An authorization server's metadata (RFC 8414 section 2): [`provider`](Self::provider) makes a
/// [`Provider`] of them.
///
/// Keep that as long as the program lives, or read it anew from time to time: nothing here does. A
/// login that is under way stays with the endpoints that it was started with in any case (RFC 9700
/// section 4.4).
#[derive(Clone)]
pub struct ServerMetadata {
    issuer: Issuer,
    token_endpoint: Option<Endpoint>,
    authorization_endpoint: Option<Endpoint>,
    pushed_authorization_request_endpoint: Option<Endpoint>,
    device_authorization_endpoint: Option<Endpoint>,
    revocation_endpoint: Option<Endpoint>,
    introspection_endpoint: Option<Endpoint>,
    auth_methods: Option<Vec<String>>,
    code_challenge_methods: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    push_only: bool,
    names_itself: bool,
    extra: Members,
    deviations: Vec<Deviation>,
}

impl Discovery {
    pub(super) fn new(issuer: Issuer) -> Self {
        Self { issuer, openid: false }
    }

    /// The same at the place of OpenID Connect Discovery, section 4: behind the issuer's path. Which
    /// of the two a server has, its page says; one that answers 404 at the other is asked here:
    /// [`retry`](Failed::retry) gives this back.
    pub fn openid(self) -> Self {
        Self { openid: true, ..self }
    }
}

impl Exchange for Discovery {
    type Output = ServerMetadata;

    fn wire_request(&self) -> wire::Request<'_> {
        wire::Request::get(self.issuer.well_known(self.openid))
    }

    fn receive<'a>(
        self,
        response: impl Into<Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<ServerMetadata, Failed<Self>> {
        read(response.into(), &self.issuer, sent_at).map_err(|error| Failed::new(error, self))
    }

    fn may_repeat(&self) -> bool {
        true
    }
}

impl ServerMetadata {
    /// The server, to make a [`Client`](crate::Client) with.
    ///
    /// A client's secret is sent as the server wants it (`token_endpoint_auth_methods_supported`;
    /// Basic where it may choose), in a [`Dialect`](crate::Dialect) that is RFC 6749's otherwise.
    /// Callbacks must name the server where it says that they do
    /// (`authorization_response_iss_parameter_supported`), and logins must be pushed where it says
    /// so (`require_pushed_authorization_requests`).
    ///
    /// ```
    /// use grantflow::{Client, Exchange, Issuer, Secret, Timestamp};
    ///
    /// let issuer: Issuer = "https://as.example.com".parse()?;
    /// let discovery = issuer.discover();
    /// assert_eq!(discovery.request().method(), "GET");
    /// let response = http::Response::builder().header("content-type", "application/json").body(
    ///     r#"{"issuer": "https://as.example.com",
    ///         "authorization_endpoint": "https://as.example.com/authorize",
    ///         "token_endpoint": "https://as.example.com/token",
    ///         "token_endpoint_auth_methods_supported": ["client_secret_post"],
    ///         "code_challenge_methods_supported": ["S256"]}"#,
    /// )?;
    /// let metadata = discovery.receive(&response, Timestamp::from_unix_seconds(0))?;
    /// let client = Client::new("app", Secret::new("s3cr3t-s3cr3t")?, metadata.provider()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigurationError`] where the server has no token endpoint. Making a client with a secret fails
    /// where the server takes none, and starting a login where it has PKCE but not by S256: there is
    /// no way down to `plain` (RFC 9700 section 2.1.1).
    pub fn provider(&self) -> Result<Provider, ConfigurationError> {
        let token_endpoint = self.token_endpoint.clone().ok_or_else(|| {
            let message = "is not in the server's metadata; it cannot be asked for tokens";
            ConfigurationError::invalid("token_endpoint", message)
        })?;
        let iss = if self.names_itself { IssParameter::Always } else { IssParameter::Perhaps };
        let provider = Provider::new(token_endpoint).with_issuer(self.issuer.as_str(), iss);
        let auth = ClientAuth::choose(borrowed(self.auth_methods.as_ref()).as_deref());
        let mut dialect = provider.dialect().clone();
        if let Ok(auth) = auth {
            dialect.client_auth = auth;
        }
        Ok(Provider {
            authorization_endpoint: self.authorization_endpoint.clone(),
            pushed_authorization_request_endpoint: self
                .pushed_authorization_request_endpoint
                .clone(),
            device_authorization_endpoint: self.device_authorization_endpoint.clone(),
            revocation_endpoint: self.revocation_endpoint.clone(),
            introspection_endpoint: self.introspection_endpoint.clone(),
            push_only: self.push_only,
            no_pkce: self.pkce_confirmed().err(),
            takes_secrets: auth.is_ok(),
            ..provider.with_dialect(dialect)
        })
    }

    /// Who it is.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where tokens are asked for.
    pub fn token_endpoint(&self) -> Option<&Endpoint> {
        self.token_endpoint.as_ref()
    }

    /// Where users log in.
    pub fn authorization_endpoint(&self) -> Option<&Endpoint> {
        self.authorization_endpoint.as_ref()
    }

    /// Whether the server says that it checks S256: see [`pkce_confirmed`](crate::pkce_confirmed()).
    ///
    /// # Errors
    /// [`ConfigurationError`] where it has PKCE, but not that.
    pub fn pkce_confirmed(&self) -> Result<bool, ConfigurationError> {
        pkce_confirmed(borrowed(self.code_challenge_methods.as_ref()).as_deref())
    }

    /// What it may be asked for (`scopes_supported`); `None` where it does not say. It need not say
    /// all.
    pub fn scopes(&self) -> Option<&[String]> {
        self.scopes.as_deref()
    }

    /// Its grants (`grant_types_supported`); `None` where it does not say, which means
    /// `authorization_code` and `implicit` (RFC 8414 section 2).
    pub fn grant_types(&self) -> Option<&[String]> {
        self.grant_types.as_deref()
    }

    /// The other members, `jwks_uri` for one, read as a type of the caller's. Members that the type
    /// does not have are passed over; `signed_metadata` is not looked at.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the members do not fit the type.
    pub fn extra<T: DeserializeOwned>(&self) -> Result<T, ConfigurationError> {
        self.extra.extra()
    }

    /// What was forgiven.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }
}

fn read(
    response: Response<'_>,
    issuer: &Issuer,
    sent_at: Timestamp,
) -> Result<ServerMetadata, Error> {
    let mut document = Document::read(response, sent_at)?;
    if document.text("issuer")? != issuer.as_str() {
        return Err(document.problem(ProtocolErrorKind::IssuerMismatch));
    }
    let mut endpoint = |field| document.endpoint(field, |url| issuer.endpoint(url));
    Ok(ServerMetadata {
        issuer: issuer.clone(),
        token_endpoint: endpoint("token_endpoint")?,
        authorization_endpoint: endpoint("authorization_endpoint")?,
        pushed_authorization_request_endpoint: endpoint("pushed_authorization_request_endpoint")?,
        device_authorization_endpoint: endpoint("device_authorization_endpoint")?,
        revocation_endpoint: endpoint("revocation_endpoint")?,
        introspection_endpoint: endpoint("introspection_endpoint")?,
        auth_methods: document.texts("token_endpoint_auth_methods_supported")?,
        code_challenge_methods: document.texts("code_challenge_methods_supported")?,
        grant_types: document.texts("grant_types_supported")?,
        scopes: document.texts("scopes_supported")?,
        push_only: document.flag("require_pushed_authorization_requests")?,
        names_itself: document.flag("authorization_response_iss_parameter_supported")?,
        extra: document.members,
        deviations: document.deviations,
    })
}

fn borrowed(texts: Option<&Vec<String>>) -> Option<Vec<&str>> {
    texts.map(|texts| texts.iter().map(String::as_str).collect())
}

impl Sealed for Discovery {}

impl fmt::Debug for ServerMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerMetadata")
            .field("issuer", &self.issuer)
            .field("token_endpoint", &self.token_endpoint)
            .field("authorization_endpoint", &self.authorization_endpoint)
            .finish_non_exhaustive()
    }
}
