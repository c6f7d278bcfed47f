//! Authorization code, first half (RFC 6749 section 4.1): the user is sent to the login page.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;
use serde_json::Value;

use super::pending_login::PendingLogin;
use crate::client::Client;
use crate::entropy::Entropy;
use crate::error::{ConfigurationError, ConfigurationErrorKind};
use crate::exchange::sealed::Sealed;
use crate::flow::{Failed, Flow, State};
use crate::pkce::PkceVerifier;
use crate::provider::known;
use crate::scope::Scope;
use crate::time::Timestamp;
use crate::url::RedirectUri;
use crate::wiping::Wiping;
use crate::wire::{RESERVED, form};

/// The user is at the login page, or about to be sent there, and will come back to the redirect
/// URI.
#[derive(Debug)]
pub struct AwaitingCallback {
    pub(super) pending: PendingLogin,
}

/// The URL of the login page, for this user's browser. It bears the state, so `{:?}` shows the
/// page's address alone.
#[derive(Clone)]
pub struct AuthorizationUrl {
    text: Wiping<String>,
    page: usize,
}

impl Client {
    /// Starts a login with `state` and PKCE (RFC 6749 section 4.1.1, RFC 7636). Send the user to
    /// [`authorization_url`](Flow::authorization_url); keep [`pending`](Flow::pending) in the
    /// user's session if the callback is served by another process.
    ///
    /// ```
    /// use grantflow::{Client, Entropy, Secret, Timestamp, partner::flow_account};
    ///
    /// let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com")?;
    /// let client = Client::new("id", Secret::new("s3cr3t-s3cr3t")?, provider)?;
    /// # let (entropy, now) = (Entropy::from_bytes([7; 64]), Timestamp::from_unix_seconds(0));
    /// let login = client.authorization_code(
    ///     "https://localhost:3000".parse()?,
    ///     flow_account::SCOPE.parse()?,
    ///     entropy, // from an adapter's entropy()
    ///     now,
    /// )?;
    /// assert!(login.authorization_url()?.as_str().starts_with(
    ///     "https://sandbox-auth.flowaccount.com/connect/authorize?response_type=code\
    ///      &client_id=id&redirect_uri=https%3A%2F%2Flocalhost%3A3000\
    ///      &scope=flowaccount-api%20offline_access&state="
    /// ));
    /// # Ok::<(), grantflow::ConfigurationError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigurationError`] where the provider has no authorization endpoint, its endpoint has a
    /// parameter of the flow's own in its query, a public client would log in without PKCE, or the
    /// server's metadata have PKCE but not by S256.
    pub fn authorization_code(
        &self,
        redirect_uri: RedirectUri,
        scope: Scope,
        entropy: Entropy,
        now: Timestamp,
    ) -> Result<Flow<AwaitingCallback>, ConfigurationError> {
        let dialect = self.provider().dialect();
        if self.is_public() && !dialect.pkce {
            return Err(ConfigurationError::invalid("pkce", "is off; a public client needs it"));
        }
        if let Some(error) = self.provider().no_pkce.as_ref().filter(|_| dialect.pkce) {
            return Err(error.clone());
        }
        check_endpoint(self)?;
        let (state, verifier) = entropy.into_login();
        let pending = PendingLogin::new(
            self,
            state,
            Some(verifier).filter(|_| dialect.pkce),
            redirect_uri,
            scope,
            now.saturating_add(dialect.login_lifetime()),
        );
        Ok(Flow { client: self.clone(), state: AwaitingCallback { pending } })
    }
}

impl Flow<AwaitingCallback> {
    /// The login page, with all parameters (fact F2). Spaces are written `%20` (fact F3).
    ///
    /// # Errors
    /// [`ConfigurationError`] where the login was [pushed](Self::push), and so has been given its
    /// one URL, and where the server takes no other logins than those: no parameter gets out by the
    /// back door.
    pub fn authorization_url(&self) -> Result<AuthorizationUrl, ConfigurationError> {
        if self.state.pending.pushed {
            return Err(ConfigurationError::invalid(
                "request_uri",
                "has been given out, and works once; start another login for another browser",
            ));
        }
        if self.client.provider().push_only {
            return Err(ConfigurationError::new(
                ConfigurationErrorKind::PushRequired,
                "request_uri",
                "is needed: the server takes only logins whose parameters were pushed (Flow::push)",
            ));
        }
        Ok(self.state.parameters(&self.client, |own| {
            let own = own.iter().copied().filter(|(_, value)| !value.is_empty());
            AuthorizationUrl::new(&self.client, own.chain(self.state.pending.extra.texts()))
        }))
    }

    /// What has to be known when the user comes back, for the session store.
    pub fn pending(&self) -> &PendingLogin {
        &self.state.pending
    }

    /// Adds a parameter to the URL, one that the flow does not set itself: `prompt`, `login_hint`.
    ///
    /// # Errors
    /// [`Failed`], with the login to be taken back, where the name is one of the flow's own, or is
    /// there already.
    pub fn parameter(mut self, name: &str, value: &str) -> Result<Self, Failed<Self>> {
        let added = if endpoint_names(&self.client).any(|own| own.as_deref() == Some(name)) {
            Err(ConfigurationError::invalid(
                String::from(name),
                "is in the endpoint's query already; a parameter may occur once",
            ))
        } else {
            self.state.pending.extra.add(name, value)
        };
        match added {
            Ok(()) => Ok(self),
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    /// Asks for a token for a resource (RFC 8707 section 2); call it once for each.
    ///
    /// # Errors
    /// As for [`parameter`](Self::parameter), where the resource is not an absolute URI without a
    /// fragment.
    pub fn resource(self, resource: &str) -> Result<Self, Failed<Self>> {
        self.parameter("resource", resource)
    }

    /// Asks for fine-grained rights (RFC 9396 section 2): an array of objects, each with its
    /// `type`.
    ///
    /// # Errors
    /// As for [`parameter`](Self::parameter), where `details` is something else.
    pub fn authorization_details(
        self,
        details: &(impl Serialize + ?Sized),
    ) -> Result<Self, Failed<Self>> {
        let has_type = |detail: &Value| detail.get("type").is_some_and(Value::is_string);
        match serde_json::to_value(details) {
            Ok(Value::Array(items)) if items.iter().all(has_type) => {
                let text = Value::Array(items).to_string();
                self.parameter("authorization_details", &text)
            }
            _ => Err(Failed::new(
                ConfigurationError::invalid(
                    "authorization_details",
                    "is not an array of objects that each have a text as type",
                ),
                self,
            )),
        }
    }

    /// Asks for the answer as a posted form (`response_mode=form_post`): the code then stays out
    /// of browser history and server logs. It is read by
    /// [`callback_form`](Self::callback_form).
    pub fn form_post(mut self) -> Self {
        self.state.pending.form_post = true;
        self
    }
}

impl AwaitingCallback {
    /// Hands the parameters of the authorization request (RFC 6749 section 4.1.1) to whoever
    /// writes them: into a URL, or into a body to be pushed. Those without a value are empty.
    pub(super) fn parameters<T>(
        &self,
        client: &Client,
        write: impl FnOnce(&[(&str, &str)]) -> T,
    ) -> T {
        let pending = &self.pending;
        let challenge = pending.code_verifier.as_ref().map(PkceVerifier::challenge);
        let method = challenge.as_ref().map_or("", |_| PkceVerifier::METHOD);
        write(&[
            ("response_type", "code"),
            ("client_id", client.client_id()),
            ("redirect_uri", pending.redirect_uri.as_str()),
            ("scope", pending.scope.as_str()),
            ("state", pending.state.expose()),
            ("code_challenge", challenge.as_deref().unwrap_or_default()),
            ("code_challenge_method", method),
            ("response_mode", if pending.form_post { "form_post" } else { "" }),
        ])
    }
}

impl AuthorizationUrl {
    /// The client's login page with these parameters.
    pub(super) fn new<'a>(
        client: &Client,
        parameters: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let endpoint = client.provider().authorization_endpoint();
        let endpoint = endpoint.map_or("", |endpoint| endpoint.as_str());
        let page = endpoint.find('?').unwrap_or(endpoint.len());
        let parameters: Vec<_> = parameters.collect();
        let room = parameters.iter().map(|(name, value)| form::pair_bound(name, value));
        let room = room.fold(endpoint.len().saturating_add(1), usize::saturating_add);
        let mut text = Wiping::new(String::with_capacity(room));
        text.push_str(endpoint);
        match endpoint.get(page..) {
            Some("") => text.push('?'),
            // A query of the page's own, which may end with a question mark.
            Some(query) if query.len() > 1 && !query.ends_with('&') => text.push('&'),
            _ => {}
        }
        for (name, value) in parameters {
            form::push_query(&mut text, name, value);
        }
        Self { text, page }
    }

    /// The URL, to send a browser to.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for AuthorizationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let page = self.text.get(..self.page).unwrap_or_default();
        write!(f, "AuthorizationUrl({page}?[redacted])")
    }
}

fn check_endpoint(client: &Client) -> Result<(), ConfigurationError> {
    known(client.provider().authorization_endpoint(), "authorization_endpoint")?;
    for name in endpoint_names(client) {
        match name {
            Some(name) if RESERVED.contains(&&*name) => {
                return Err(ConfigurationError::invalid(
                    name,
                    "is in the endpoint's query, and the flow sets it itself",
                ));
            }
            Some(_) => {}
            None => {
                return Err(ConfigurationError::url(
                    "authorization_endpoint",
                    "has a query that is not well encoded",
                ));
            }
        }
    }
    Ok(())
}

/// The names of the parameters that the endpoint's own query has.
fn endpoint_names(client: &Client) -> impl Iterator<Item = Option<String>> {
    let endpoint = client.provider().authorization_endpoint.as_ref();
    let query =
        endpoint.and_then(|url| url.as_str().split_once('?')).map_or("", |(_, query)| query);
    form::pairs(query).map(|(name, _)| form::decode(name))
}

impl Sealed for AwaitingCallback {}
impl State for AwaitingCallback {}
