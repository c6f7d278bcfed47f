//! A login that waits for its user, as data for the session store.

use alloc::string::String;
use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

use super::{AwaitingCallback, Flow};
use crate::client::Client;
use crate::error::ConfigurationError;
use crate::pkce::PkceVerifier;
use crate::scope::Scope;
use crate::secret::{Hidden, check_text, exposed, secret_text, stored_record};
use crate::time::Timestamp;
use crate::url::{Endpoint, RedirectUri};
use crate::wire::Extra;

secret_text! {
    /// The `state` of a login: ties a callback to the login that it answers (RFC 6749 section
    /// 10.12). Drawn anew for each login from the caller's entropy.
    LoginState, "state", check_text
}

/// All that has to be known when the user comes back: plain data, to be kept in **this user's**
/// session and taken out of it when the callback arrives, so that it serves once.
///
/// Serialising shows its secrets, the state and the PKCE verifier, on purpose; `{:?}` does not.
/// It also pins the server: resumed by a client of another one, it is refused (RFC 9700 section
/// 4.4).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct PendingLogin {
    /// The version of this format.
    pub(super) format: u8,
    #[serde(with = "exposed")]
    pub(super) state: LoginState,
    #[serde(with = "exposed::option", default)]
    pub(super) code_verifier: Option<PkceVerifier>,
    pub(super) redirect_uri: RedirectUri,
    pub(super) scope: Scope,
    /// Whether the answer comes as a posted form instead of in the URL.
    pub(super) form_post: bool,
    pub(super) expires_at: Timestamp,
    /// What the caller added to the authorization request.
    #[serde(default)]
    pub(super) extra: Extra,
    /// Whether its parameters were pushed, and its one URL was given out.
    #[serde(default)]
    pub(super) pushed: bool,
    client_id: Hidden,
    token_endpoint: String,
    authorization_endpoint: String,
    issuer: Option<String>,
}

stored_record!(PendingLogin, "this is not a login that this library stored");

impl PendingLogin {
    pub(super) fn new(
        client: &Client,
        state: LoginState,
        code_verifier: Option<PkceVerifier>,
        redirect_uri: RedirectUri,
        scope: Scope,
        expires_at: Timestamp,
    ) -> Self {
        let provider = client.provider();
        let login_page = provider.authorization_endpoint.as_ref().map(|url| url.as_str().into());
        Self {
            format: FORMAT,
            state,
            code_verifier,
            redirect_uri,
            scope,
            form_post: false,
            expires_at,
            extra: Extra::default(),
            pushed: false,
            client_id: Hidden::new(client.client_id().into()),
            token_endpoint: provider.token_endpoint.as_str().into(),
            authorization_endpoint: login_page.unwrap_or_default(),
            issuer: provider.issuer().map(Into::into),
        }
    }

    /// The `state` on the wire: the key under which an application with many logins under way
    /// finds this one.
    pub fn state(&self) -> &LoginState {
        &self.state
    }

    /// When the login is too old to be finished.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    fn check_client(&self, client: &Client) -> Result<(), ConfigurationError> {
        let provider = client.provider();
        let login_page = provider.authorization_endpoint.as_ref().map(Endpoint::as_str);
        check_pins(
            self.format == FORMAT,
            &[
                ("client_id", self.client_id.expose() == client.client_id()),
                ("token_endpoint", self.token_endpoint == provider.token_endpoint.as_str()),
                ("authorization_endpoint", Some(&*self.authorization_endpoint) == login_page),
                ("issuer", self.issuer.as_deref() == provider.issuer()),
            ],
        )?;
        if client.is_public() && self.code_verifier.is_none() {
            let message = "is missing; a public client needs PKCE";
            return Err(ConfigurationError::invalid("code_verifier", message));
        }
        Ok(())
    }
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogin")
            .field("state", &self.state)
            .field("code_verifier", &self.code_verifier)
            .field("redirect_uri", &self.redirect_uri)
            .field("scope", &self.scope)
            .field("expires_at", &self.expires_at)
            .field("authorization_endpoint", &self.authorization_endpoint)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Goes on with a login that was kept in the user's session.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the login was started by another client or at another server.
    pub fn resume_login(
        &self,
        pending: PendingLogin,
    ) -> Result<Flow<AwaitingCallback>, ConfigurationError> {
        pending.check_client(self)?;
        Ok(Flow { client: self.clone(), state: AwaitingCallback { pending } })
    }
}

impl LoginState {
    pub(crate) fn encode(octets: &[u8]) -> Self {
        Self(Hidden::new(Base64UrlUnpadded::encode_string(octets)))
    }

    pub(super) fn matches(&self, other: &str) -> bool {
        self.0.matches(other)
    }
}

/// Whether a stored login can go on: it is of a format that is known, and what it is pinned to is the
/// same.
pub(super) fn check_pins(
    is_format: bool,
    same: &[(&'static str, bool)],
) -> Result<(), ConfigurationError> {
    let invalid = |field, message| Err(ConfigurationError::invalid(field, message));
    if !is_format {
        return invalid("format", "is not the one that this version reads; start a new login");
    }
    match same.iter().find(|(_, same)| !same) {
        Some(&(field, _)) => invalid(field, "is not the one that this login was started with"),
        None => Ok(()),
    }
}

const FORMAT: u8 = 1;
