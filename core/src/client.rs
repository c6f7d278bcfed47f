//! Who we are, and whom we ask.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use crate::dialect::{BodyFormat, ClientAuth};
use crate::digest::Parts;
use crate::error::ConfigurationError;
use crate::provider::Provider;
use crate::scope::Scope;
use crate::secret::{Hidden, Secret, check_credential};
use crate::time::Timestamp;
use crate::tokens::Tokens;
use crate::url::Endpoint;
use crate::wire::answer::{Asked, Secrets};
use crate::wire::text::without_secrets;
use crate::wire::token_answer::{self, Unread};
use crate::wire::{Body, Extra, Request, Response, basic_authorization};

/// A client at an authorization server (RFC 6749 section 2), and the doors to its flows:
/// [`client_credentials`](Self::client_credentials),
/// [`authorization_code`](Self::authorization_code), [`resume`](Self::resume),
/// [`device_authorization`](Self::device_authorization),
/// [`token_exchange`](Self::token_exchange), [`extension_grant`](Self::extension_grant); and to
/// what is done about tokens: [`revoke`](Self::revoke), [`introspect`](Self::introspect).
///
/// Cheap to clone, and the same for every partner.
///
/// ```
/// use grantflow::{Client, Secret, partner::meed};
///
/// let secret = Secret::new("b47f8cb732a93dd355565a185a6a04ef")?;
/// let client = Client::new("meed_0cb08343fffe4134", secret, meed::provider("partner.example")?)?;
/// # Ok::<(), grantflow::ConfigurationError>(())
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    id: Hidden,
    secret: Option<Secret>,
    /// The header field that proves it, where that is how it proves itself.
    basic: Option<Arc<Hidden>>,
    provider: Provider,
    /// The client at its token endpoint, for the names of its tokens.
    digest: [u8; 32],
}

impl Client {
    /// A confidential client: one with a secret, on a server (RFC 6749 section 2.1). How the secret
    /// travels is the provider's [`ClientAuth`].
    ///
    /// # Errors
    /// [`ConfigurationError`] where the identifier is empty or has control characters, or has a
    /// colon and would be sent by [`ClientAuth::BasicRaw`]; and where the server's metadata say that
    /// it takes no secrets.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: Secret,
        provider: Provider,
    ) -> Result<Self, ConfigurationError> {
        Self::build(client_id.into(), Some(client_secret), provider)
    }

    /// A public client: one that cannot keep a secret, on somebody's device. It can log users in,
    /// always with PKCE, start a device's login, and bring a grant of another kind.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the identifier is empty or has control characters.
    pub fn public(
        client_id: impl Into<String>,
        provider: Provider,
    ) -> Result<Self, ConfigurationError> {
        Self::build(client_id.into(), None, provider)
    }

    fn build(
        id: String,
        secret: Option<Secret>,
        provider: Provider,
    ) -> Result<Self, ConfigurationError> {
        let id = Hidden::new(id);
        check_credential("client_id", id.expose())?;
        if secret.is_some() && !provider.takes_secrets {
            return Err(ConfigurationError::invalid("client_secret", NO_SECRETS));
        }
        let raw = provider.dialect.client_auth == ClientAuth::BasicRaw;
        if raw && secret.is_some() && id.expose().contains(':') {
            return Err(ConfigurationError::invalid(
                "client_id",
                "has a colon, which Basic without encoding cannot carry",
            ));
        }
        let is_basic = provider.dialect.client_auth != ClientAuth::Post;
        let secret_in_header = secret.as_ref().filter(|_| is_basic);
        let basic = secret_in_header
            .map(|secret| Arc::new(basic_authorization(id.expose(), secret.expose(), raw)));
        let endpoint = provider.token_endpoint.as_str();
        let digest = Parts::of([endpoint.as_bytes(), id.expose().as_bytes()]).end();
        Ok(Self(Arc::new(Inner { id, secret, basic, provider, digest })))
    }

    /// The client identifier. Some partners ask to keep it private too (fact C8), so it is not
    /// printed.
    pub fn client_id(&self) -> &str {
        self.0.id.expose()
    }

    /// Whom we ask.
    pub fn provider(&self) -> &Provider {
        &self.0.provider
    }

    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.0.digest
    }

    pub(crate) fn secret(&self) -> Option<&Secret> {
        self.0.secret.as_ref()
    }

    pub(crate) fn has_secret_of(&self, other: &Self) -> bool {
        match (&self.0.secret, &other.0.secret) {
            (Some(one), Some(other)) => one.0.matches(other.expose()),
            (None, None) => true,
            _ => false,
        }
    }

    pub(crate) fn is_public(&self) -> bool {
        self.0.secret.is_none()
    }

    /// For what a public client may not do.
    pub(crate) fn check_confidential(
        &self,
        problem: &'static str,
    ) -> Result<(), ConfigurationError> {
        match self.0.secret {
            Some(_) => Ok(()),
            None => Err(ConfigurationError::invalid("client_secret", problem)),
        }
    }

    /// A request to the token endpoint.
    pub(crate) fn token_request(&self, grant: &[(&str, &str)], extra: &Extra) -> Request<'_> {
        self.request(&self.provider().token_endpoint, self.body_format(), grant, extra)
    }

    /// A request to an endpoint: its own parameters, the client's proof, and what the caller
    /// added. Parameters without a value are not sent (RFC 6749 section 3.2).
    pub(crate) fn request<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        format: BodyFormat,
        parameters: &[(&str, &str)],
        extra: &Extra,
    ) -> Request<'a> {
        let authorization = self.0.basic.as_ref();
        let in_body = |value| if authorization.is_none() { value } else { "" };
        // A pushed authorization request names the client itself (RFC 9126 section 2.1).
        let named = parameters.iter().any(|(name, _)| *name == "client_id");
        let id = in_body(if named { "" } else { self.client_id() });
        let secret = in_body(self.0.secret.as_ref().map_or("", Secret::expose));
        let own = [("client_id", id), ("client_secret", secret)];
        let own = parameters.iter().copied().chain(own).filter(|(_, value)| !value.is_empty());
        Request::new(endpoint, format, authorization, Body::write(format, own, extra))
    }

    /// Reads the answer to such a request. `secrets` are the request's own beside the client's.
    pub(crate) fn token_answer<'s>(
        &'s self,
        response: &Response<'_>,
        sent_at: Timestamp,
        scope: &Scope,
        user_grant: bool,
        secrets: &'s Secrets<'s>,
    ) -> Result<Tokens, Unread> {
        self.asked(sent_at, user_grant, secrets, |asked| token_answer::read(response, asked, scope))
    }

    /// What a reader of an answer has to know of the request.
    pub(crate) fn asked<'s, T>(
        &'s self,
        sent_at: Timestamp,
        user_grant: bool,
        secrets: &'s Secrets<'s>,
        read: impl FnOnce(&Asked<'_>) -> T,
    ) -> T {
        read(&Asked { client: Some(self), sent_at, success: 200, user_grant, secrets })
    }

    /// A text from outside with every secret of the client blotted out, and these others.
    pub(crate) fn blot(&self, text: &str, secrets: &[&str]) -> String {
        let basic = self.0.basic.as_ref().and_then(|value| value.expose().split_once(' '));
        let basic = basic.map(|(_, credentials)| credentials);
        let own = self.0.secret.as_ref().map(Secret::expose);
        let all = own.into_iter().chain(basic).chain(secrets.iter().copied());
        without_secrets(text.into(), all)
    }

    pub(crate) fn body_format(&self) -> BodyFormat {
        self.provider().dialect().body
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("client_id", &self.0.id)
            .field("client_secret", &self.0.secret)
            .field("provider", &self.0.provider)
            .finish()
    }
}

const NO_SECRETS: &str = "is of no use: the server's metadata offer neither client_secret_basic nor \
                          client_secret_post, and a secret is sent in no other way; ask its operator";
