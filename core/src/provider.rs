//! Whom we ask.

use alloc::string::String;
use alloc::sync::Arc;

use crate::dialect::Dialect;
use crate::error::ConfigurationError;
use crate::url::{Endpoint, RedirectUri};

/// An authorization server: its endpoints, and its [`Dialect`].
///
/// ```
/// use grantflow::{Dialect, Provider};
///
/// let provider = Provider::new("https://as.example.com/token".parse()?)
///     .with_authorization_endpoint("https://login.example.com/authorize".parse()?);
/// assert_eq!(provider.token_endpoint().as_str(), "https://as.example.com/token");
/// # Ok::<(), grantflow::ConfigurationError>(())
/// ```
///
/// The hosts of the endpoints may differ (fact F1 and F6). A login keeps the endpoints that it
/// was started with: its code goes to that token endpoint and to no other (RFC 9700 section
/// 4.4.2).
#[derive(Clone, Debug)]
pub struct Provider {
    pub(crate) token_endpoint: Endpoint,
    pub(crate) authorization_endpoint: Option<Endpoint>,
    pub(crate) pushed_authorization_request_endpoint: Option<Endpoint>,
    pub(crate) device_authorization_endpoint: Option<Endpoint>,
    pub(crate) revocation_endpoint: Option<Endpoint>,
    pub(crate) introspection_endpoint: Option<Endpoint>,
    pub(crate) issuer: Option<Named>,
    /// Whether a login's parameters must be pushed.
    pub(crate) push_only: bool,
    /// Why no login is safe, where the server says that it has PKCE, but not S256.
    pub(crate) no_pkce: Option<ConfigurationError>,
    /// Whether a client with a secret can prove who it is.
    pub(crate) takes_secrets: bool,
    pub(crate) dialect: Arc<Dialect>,
}

/// Who the server says it is.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) identifier: String,
    pub(crate) iss: IssParameter,
}

/// Whether a server names itself (`iss`) in the callbacks of logins (RFC 9207 section 2). One that
/// names another server is refused in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IssParameter {
    /// Always, as its metadata say (`authorization_response_iss_parameter_supported`): a callback
    /// without is refused.
    Always,
    /// Nobody knows: it may come, and then it must be right.
    Perhaps,
    /// Never, as its metadata do not speak of it: a callback with one is refused, even if it is
    /// right. Stricter than most servers bear (RFC 9207 section 2.4).
    Never,
}

impl Provider {
    /// A server with this token endpoint that speaks as RFC 6749 says.
    pub fn new(token_endpoint: Endpoint) -> Self {
        Self {
            token_endpoint,
            authorization_endpoint: None,
            pushed_authorization_request_endpoint: None,
            device_authorization_endpoint: None,
            revocation_endpoint: None,
            introspection_endpoint: None,
            issuer: None,
            push_only: false,
            no_pkce: None,
            takes_secrets: true,
            dialect: Arc::default(),
        }
    }

    /// The same server, where tokens are asked for elsewhere.
    #[must_use]
    pub fn with_token_endpoint(self, endpoint: Endpoint) -> Self {
        Self { token_endpoint: endpoint, ..self }
    }

    /// The same server with the page where users log in.
    #[must_use]
    pub fn with_authorization_endpoint(self, endpoint: Endpoint) -> Self {
        Self { authorization_endpoint: Some(endpoint), ..self }
    }

    /// The same server with the endpoint where logins are prepared (RFC 9126): see
    /// [`Flow::push`](crate::Flow::push).
    #[must_use]
    pub fn with_pushed_authorization_request_endpoint(self, endpoint: Endpoint) -> Self {
        Self { pushed_authorization_request_endpoint: Some(endpoint), ..self }
    }

    /// The same server with the endpoint for devices without a browser (RFC 8628): see
    /// [`Client::device_authorization`](crate::Client::device_authorization).
    #[must_use]
    pub fn with_device_authorization_endpoint(self, endpoint: Endpoint) -> Self {
        Self { device_authorization_endpoint: Some(endpoint), ..self }
    }

    /// The same server with the endpoint where tokens are ended (RFC 7009): see
    /// [`Client::revoke`](crate::Client::revoke).
    #[must_use]
    pub fn with_revocation_endpoint(self, endpoint: Endpoint) -> Self {
        Self { revocation_endpoint: Some(endpoint), ..self }
    }

    /// The same server with the endpoint where tokens are looked up (RFC 7662): see
    /// [`Client::introspect`](crate::Client::introspect).
    #[must_use]
    pub fn with_introspection_endpoint(self, endpoint: Endpoint) -> Self {
        Self { introspection_endpoint: Some(endpoint), ..self }
    }

    /// The same server with another accent.
    #[must_use]
    pub fn with_dialect(self, dialect: Dialect) -> Self {
        Self { dialect: Arc::new(dialect), ..self }
    }

    /// The same server with its issuer identifier: a callback that names another issuer is refused
    /// (`iss`, RFC 9207 section 2.4).
    #[must_use]
    pub fn with_issuer(self, identifier: impl Into<String>, iss: IssParameter) -> Self {
        Self { issuer: Some(Named { identifier: identifier.into(), iss }), ..self }
    }

    /// The same server, which takes logins only where their parameters were
    /// [pushed](crate::Flow::push) (`require_pushed_authorization_requests`, RFC 9126 section 5).
    #[must_use]
    pub fn with_pushed_authorization_requests_only(self) -> Self {
        Self { push_only: true, ..self }
    }

    /// Where tokens are asked for.
    pub fn token_endpoint(&self) -> &Endpoint {
        &self.token_endpoint
    }

    /// Where users log in.
    pub fn authorization_endpoint(&self) -> Option<&Endpoint> {
        self.authorization_endpoint.as_ref()
    }

    /// Where logins are prepared.
    pub fn pushed_authorization_request_endpoint(&self) -> Option<&Endpoint> {
        self.pushed_authorization_request_endpoint.as_ref()
    }

    /// Where devices without a browser begin.
    pub fn device_authorization_endpoint(&self) -> Option<&Endpoint> {
        self.device_authorization_endpoint.as_ref()
    }

    /// Where tokens are ended.
    pub fn revocation_endpoint(&self) -> Option<&Endpoint> {
        self.revocation_endpoint.as_ref()
    }

    /// Where tokens are looked up.
    pub fn introspection_endpoint(&self) -> Option<&Endpoint> {
        self.introspection_endpoint.as_ref()
    }

    /// The issuer identifier, where one was given.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_ref().map(|issuer| &*issuer.identifier)
    }

    /// The accent.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Checks that callbacks of several servers cannot be taken for each other's (mix-up, RFC
    /// 9700 section 4.4): issuer identifiers are different, and servers that do not always
    /// name themselves in callbacks have redirect URIs of their own. An application that logs
    /// users in at more than one server calls this once, at its start.
    ///
    /// # Errors
    /// [`ConfigurationError`] for the first pair that could be mixed up.
    pub fn check_apart(servers: &[(&Self, &RedirectUri)]) -> Result<(), ConfigurationError> {
        for (index, (one, one_uri)) in servers.iter().enumerate() {
            for (other, other_uri) in servers.iter().skip(index.saturating_add(1)) {
                if one.issuer().is_some() && one.issuer() == other.issuer() {
                    return Err(ConfigurationError::invalid(
                        "issuer",
                        "is the same for two servers; each has one of its own",
                    ));
                }
                let named = |provider: &Self| {
                    let named = provider.issuer.as_ref();
                    named.is_some_and(|issuer| issuer.iss == IssParameter::Always)
                };
                let same = one_uri.is_place_of(other_uri.as_str())
                    || other_uri.is_place_of(one_uri.as_str());
                if same && !(named(one) && named(other)) {
                    return Err(ConfigurationError::invalid(
                        "redirect_uri",
                        "is the same for two servers that do not both name themselves in \
                         callbacks (iss); register one for each",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// An endpoint that is about to be used; `field` is its name.
pub(crate) fn known(
    endpoint: Option<&Endpoint>,
    field: &'static str,
) -> Result<Endpoint, ConfigurationError> {
    let unknown = || ConfigurationError::invalid(field, "is missing; set it by Provider::with_…");
    endpoint.cloned().ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn server(name: &str, iss: IssParameter) -> Provider {
        Provider::new(format!("https://{name}.example/token").parse().unwrap())
            .with_issuer(format!("https://{name}.example"), iss)
    }

    #[test]
    fn servers_that_do_not_name_themselves_need_redirect_uris_of_their_own() {
        let shared: RedirectUri = "https://client.example.com/cb".parse().unwrap();
        let own: RedirectUri = "https://client.example.com/cb/b".parse().unwrap();
        let silent = |name| server(name, IssParameter::Perhaps);
        let named = |name| server(name, IssParameter::Always);
        let (silent_a, silent_b) = (silent("a"), silent("b"));
        let (named_a, named_b) = (named("a"), named("b"));
        assert!(Provider::check_apart(&[(&silent_a, &shared), (&silent_b, &shared)]).is_err());
        assert!(Provider::check_apart(&[(&named_a, &shared), (&silent_b, &shared)]).is_err());
        let with_query: RedirectUri = "https://client.example.com/cb?tenant=1".parse().unwrap();
        for (one, other) in [(&shared, &with_query), (&with_query, &shared)] {
            assert!(Provider::check_apart(&[(&silent_a, one), (&silent_b, other)]).is_err());
        }
        let spelled: RedirectUri = "https://CLIENT.example.com:443/cb".parse().unwrap();
        assert!(Provider::check_apart(&[(&silent_a, &shared), (&silent_b, &spelled)]).is_err());
        assert!(Provider::check_apart(&[(&silent_a, &shared), (&silent_b, &own)]).is_ok());
        assert!(Provider::check_apart(&[(&named_a, &shared), (&named_b, &shared)]).is_ok());
    }

    #[test]
    fn one_issuer_is_one_server() {
        let one: RedirectUri = "https://client.example.com/cb/1".parse().unwrap();
        let two: RedirectUri = "https://client.example.com/cb/2".parse().unwrap();
        let server = || server("a", IssParameter::Always);
        let (a, again) = (server(), server());
        let error = Provider::check_apart(&[(&a, &one), (&again, &two)]).unwrap_err();
        assert_eq!(error.field(), "issuer");
    }
}
