//! The name of an authorization server, and where its metadata are.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::metadata::Discovery;
use crate::error::ConfigurationError;
use crate::url::{Endpoint, Parts, same_host};

/// An authorization server's identifier (RFC 8414 section 2): an https URL without query and
/// fragment. It is a name and not an address: two that differ in a slash or a capital letter are two.
///
/// ```
/// use grantflow::{Exchange, Issuer};
///
/// let issuer: Issuer = "https://example.com/tenant1".parse()?;
/// assert_eq!(
///     issuer.discover().request().uri(),
///     "https://example.com/.well-known/oauth-authorization-server/tenant1",
/// );
/// assert_eq!(
///     issuer.discover().openid().request().uri(),
///     "https://example.com/tenant1/.well-known/openid-configuration",
/// );
/// # Ok::<(), grantflow::ConfigurationError>(())
/// ```
///
/// # Whom it may name
/// The endpoints in its metadata are URLs that somebody else wrote, so by themselves they may lead
/// to its own host, which the configuration names, and to public hosts, but into no private network
/// (RFC 9728 section 7.7): see [`untrusted`](Self::untrusted) and
/// [`in_private_network`](Self::in_private_network).
#[derive(Clone)]
pub struct Issuer {
    identifier: String,
    well_known: Endpoint,
    openid: Endpoint,
    trust: Trust,
}

/// Which hosts need not be public.
#[derive(Clone, Copy)]
enum Trust {
    None,
    OwnHost,
    All,
    /// All, and on this machine without TLS.
    Loopback,
}

impl Issuer {
    /// An issuer on this very machine without TLS, for tests: see [`Endpoint::insecure_loopback`].
    /// So may be its endpoints.
    ///
    /// # Errors
    /// [`ConfigurationError`] where it is not such a URL.
    pub fn insecure_loopback(identifier: &str) -> Result<Self, ConfigurationError> {
        Self::read(identifier, Trust::Loopback)
    }

    /// The same issuer, named by somebody else than the configuration: a user, or a
    /// [resource](crate::ResourceMetadata). Then its own host must be public too. Whether it is one
    /// to log in at is for somebody to decide: never do so unasked (RFC 9728 section 7.6).
    ///
    /// # Errors
    /// [`ConfigurationError`] where its host is not public.
    pub fn untrusted(self) -> Result<Self, ConfigurationError> {
        let named =
            |url: &Endpoint| Endpoint::discovered(url.as_str()).map_err(|error| error.named(FIELD));
        let (well_known, openid) = (named(&self.well_known)?, named(&self.openid)?);
        Ok(Self { well_known, openid, trust: Trust::None, ..self })
    }

    /// The same issuer, whose endpoints may be at other hosts of a private network too.
    #[must_use]
    pub fn in_private_network(self) -> Self {
        let trust = match self.trust {
            Trust::Loopback => Trust::Loopback,
            Trust::None | Trust::OwnHost | Trust::All => Trust::All,
        };
        Self { trust, ..self }
    }

    /// Asks for its metadata at the place of RFC 8414 section 3. Servers that know only OpenID
    /// Connect have them [elsewhere](Discovery::openid).
    pub fn discover(&self) -> Discovery {
        Discovery::new(self.clone())
    }

    /// The identifier, to the letter.
    pub fn as_str(&self) -> &str {
        &self.identifier
    }

    pub(super) fn well_known(&self, openid: bool) -> &Endpoint {
        if openid { &self.openid } else { &self.well_known }
    }

    /// An endpoint that its metadata name.
    pub(super) fn endpoint(&self, url: &str) -> Result<Endpoint, ConfigurationError> {
        match self.trust {
            Trust::Loopback => Endpoint::insecure_loopback(url),
            Trust::All => url.parse(),
            Trust::OwnHost if same_host(url, &self.identifier) => url.parse(),
            Trust::OwnHost | Trust::None => Endpoint::discovered(url),
        }
    }

    fn read(identifier: &str, trust: Trust) -> Result<Self, ConfigurationError> {
        let parts =
            Parts::read(identifier).map_err(|problem| ConfigurationError::url(FIELD, problem))?;
        if parts.query.is_some() || parts.fragment {
            return Err(ConfigurationError::url(FIELD, "has a query or a fragment; leave it out"));
        }
        let at = |url: String| match trust {
            Trust::Loopback => Endpoint::insecure_loopback(&url),
            _ => url.parse(),
        };
        let at = |url| at(url).map_err(|error| error.named(FIELD));
        let own = identifier.strip_suffix('/').unwrap_or(identifier);
        Ok(Self {
            identifier: identifier.to_owned(),
            well_known: at(inserted(own, "/.well-known/oauth-authorization-server"))?,
            openid: at([own, "/.well-known/openid-configuration"].concat())?,
            trust,
        })
    }
}

/// A URL with this between its host and its path.
pub(super) fn inserted(url: &str, well_known: &str) -> String {
    let host = url.find("://").map_or(0, |at| at.saturating_add(3));
    let after = url.get(host..).and_then(|rest| rest.find(['/', '?']));
    let (origin, path) = url.split_at(after.map_or(url.len(), |at| at.saturating_add(host)));
    // A slash right behind the host is no path.
    let is_bare = path == "/" || path.starts_with("/?");
    let path = if is_bare { path.trim_start_matches('/') } else { path };
    [origin, well_known, path].concat()
}

impl FromStr for Issuer {
    type Err = ConfigurationError;

    fn from_str(identifier: &str) -> Result<Self, Self::Err> {
        Self::read(identifier, Trust::OwnHost)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.identifier, f)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identifier)
    }
}

const FIELD: &str = "issuer";
