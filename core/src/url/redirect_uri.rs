//! Where the user's browser comes back to.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Parts, check_characters};
use crate::error::ConfigurationError;

/// A redirect URI, as it is registered with the server and to the letter: servers compare it
/// byte by byte, so no slash is added and no case changed (RFC 6749 section 3.1.2, fact F2).
///
/// One of these: an `https` URL; plain `http` to this machine (`127.0.0.1`, `[::1]`, or
/// `localhost`, which RFC 8252 section 8.3 discourages); an application's own scheme with a dot
/// in it (`com.example.app:/callback`, RFC 8252 section 7.1).
///
/// ```
/// use grantflow::RedirectUri;
///
/// let uri: RedirectUri = "https://localhost:3000".parse()?;
/// assert_eq!(uri.as_str(), "https://localhost:3000");
/// // The slip on FlowAccount's page (fact F3):
/// let error = r"https:\\localhost:3000".parse::<RedirectUri>().unwrap_err();
/// assert_eq!(error.to_string(), "redirect_uri: has a backslash; a URL has slashes only");
/// # Ok::<(), grantflow::ConfigurationError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The URI as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The query of a callback that arrived here, or `None` where it arrived elsewhere: scheme,
    /// host, port and path must be the same (RFC 9700 section 4.4.2.2). A browser puts a slash
    /// where the path is empty, so empty and `/` are the same path.
    pub(crate) fn query_of<'a>(&self, callback: &'a str) -> Option<&'a str> {
        let callback = callback.split_once('#').map_or(callback, |(before, _)| before);
        let (place, query) = callback.split_once('?').unwrap_or((callback, ""));
        let same = match (Parts::read(&self.0), Parts::read(place)) {
            (Ok(own), Ok(other)) => {
                let path = |parts: Parts<'_>| {
                    if parts.path == "/" { 0 } else { parts.path.len() }
                };
                own.same_origin(&other)
                    && path(own) == path(other)
                    && (path(own) == 0 || own.path == other.path)
            }
            _ => self.0.split_once('?').map_or(&*self.0, |(before, _)| before) == place,
        };
        same.then_some(query)
    }
}

impl FromStr for RedirectUri {
    type Err = ConfigurationError;

    fn from_str(uri: &str) -> Result<Self, Self::Err> {
        check_characters(uri).map_err(|problem| ConfigurationError::url(FIELD, problem))?;
        let (scheme, _) = uri.split_once(':').ok_or_else(|| {
            ConfigurationError::url(FIELD, "is not an absolute URI such as https://app.example/cb")
        })?;
        if uri.contains('#') {
            return Err(ConfigurationError::url(FIELD, "has a fragment (#…); leave it out"));
        }
        if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") {
            let parts =
                Parts::read(uri).map_err(|problem| ConfigurationError::url(FIELD, problem))?;
            let own = parts.is_loopback_address() || parts.host.eq_ignore_ascii_case("localhost");
            if !parts.https && !own {
                return Err(ConfigurationError::insecure(FIELD, INSECURE));
            }
        } else if !is_private_use(scheme) {
            return Err(ConfigurationError::invalid(FIELD, SCHEME));
        }
        Ok(Self(uri.into()))
    }
}

/// A reversed domain name: at least one dot, so that no two applications share one by accident
/// and `javascript:`, `data:` and `file:` are none.
fn is_private_use(scheme: &str) -> bool {
    let well_formed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(well_formed)
        && scheme.contains('.')
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for RedirectUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RedirectUri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

const FIELD: &str = "redirect_uri";
const INSECURE: &str = "is plain http to another machine; use https, or http to 127.0.0.1";
const SCHEME: &str = "has a scheme that no application owns; use https, http to 127.0.0.1, or a \
                      reversed domain name such as com.example.app:/callback";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ConfigurationErrorKind::{InsecureUrl, InvalidArgument, InvalidUrl};

    #[test]
    fn good_ones_are_kept_to_the_letter() {
        for uri in [
            "https://localhost:3000",
            "https://Client.Example.com/CB?tenant=1",
            "http://127.0.0.1:51004/oauth2redirect/example-provider",
            "http://[::1]:8080/",
            "http://localhost:8080/cb",
            "com.example.app:/oauth2redirect/example-provider",
        ] {
            assert_eq!(uri.parse::<RedirectUri>().unwrap().as_str(), uri);
        }
    }

    #[test]
    fn bad_ones_are_refused_by_kind() {
        for (uri, kind) in [
            (r"https:\\localhost:3000", InvalidUrl),
            ("/cb", InvalidUrl),
            ("https://client.example.com/cb#x", InvalidUrl),
            ("https:///cb", InvalidUrl),
            ("http://client.example.com/cb", InsecureUrl),
            ("http://localhost.evil.example/cb", InsecureUrl),
            ("javascript:alert(1)", InvalidArgument),
            ("data:text/html,x", InvalidArgument),
            ("file:///etc/passwd", InvalidArgument),
            ("myapp:/cb", InvalidArgument),
        ] {
            assert_eq!(uri.parse::<RedirectUri>().unwrap_err().kind(), kind, "{uri}");
        }
    }

    #[test]
    fn a_callback_must_arrive_where_it_was_sent() {
        let own: RedirectUri = "https://client.example.com/cb?tenant=1".parse().unwrap();
        for (callback, query) in [
            ("https://client.example.com/cb?tenant=1&code=a#f", Some("tenant=1&code=a")),
            ("https://CLIENT.example.com:443/cb?code=a", Some("code=a")),
            ("https://client.example.com/cb", Some("")),
            ("https://client.example.com/CB?code=a", None),
            ("https://client.example.com/cb/?code=a", None),
            ("https://client.example.com:444/cb?code=a", None),
            ("http://client.example.com/cb?code=a", None),
            ("https://client.example.com@evil.example/cb?code=a", None),
            ("/cb?code=a", None),
        ] {
            assert_eq!(own.query_of(callback), query, "{callback}");
        }
        let app: RedirectUri = "com.example.app:/cb".parse().unwrap();
        assert_eq!(app.query_of("com.example.app:/cb?code=a"), Some("code=a"));
        assert_eq!(app.query_of("com.example.other:/cb?code=a"), None);
    }
}
