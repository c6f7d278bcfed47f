//! Where the user's browser comes back to.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Parts, check_characters};
use crate::error::ConfigurationError;
use crate::wiping::Wiping;
use crate::wire::form;

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
/// assert_eq!(error.to_string(), "redirect_uri has a backslash; a URL has slashes only");
/// # Ok::<(), grantflow::ConfigurationError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The URI as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a callback arrived here: scheme, host, port and path are the same (RFC 9700 section
    /// 4.4.2.2), and this URI's own query is still there. A browser puts a slash where the path is
    /// empty, so empty and `/` are the same path.
    pub(crate) fn is_place_of(&self, callback: &str) -> bool {
        let split = |url| -> (&str, &str) { str::split_once(url, '?').unwrap_or((url, "")) };
        let ((own, own_query), (other, query)) = (split(&self.0), split(callback));
        let same = match (Parts::read(own), Parts::read(other)) {
            (Ok(own), Ok(other)) => {
                own.same_origin(&other) && with_slash(own.path) == with_slash(other.path)
            }
            _ => own == other,
        };
        let decoded = |(name, value)| (form::decode(name), form::decode(value).map(Wiping::new));
        same && form::pairs(own_query)
            .map(decoded)
            .all(|own| form::pairs(query).map(decoded).any(|other| other == own))
    }
}

fn with_slash(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
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
        let query = uri.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in form::pairs(query) {
            match (form::decode(name), form::decode(value)) {
                (Some(name), Some(_)) if RESPONSE.contains(&&*name) => {
                    return Err(ConfigurationError::url(FIELD, TAKEN));
                }
                (Some(_), Some(_)) => {}
                _ => return Err(ConfigurationError::url(FIELD, ENCODING)),
            }
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

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
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

/// What a callback brings, each once; a redirect URI has none of it in its own query.
pub(crate) const RESPONSE: &[&str] = &[
    "access_token",
    "code",
    "error",
    "error_description",
    "error_uri",
    "id_token",
    "iss",
    "response",
    "scope",
    "state",
];
const TAKEN: &str = "has a query parameter that a callback brings itself (access_token, code, error, \
                     error_description, error_uri, id_token, iss, response, scope, state)";
const ENCODING: &str = "has a query that is not well encoded, which no callback to it could be";
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
            ("https://client.example.com/cb?st%61te=1", InvalidUrl),
            ("https://client.example.com/cb?id_token=1", InvalidUrl),
            ("https://client.example.com/cb?%ee=1", InvalidUrl),
            ("https://client.example.com/cb?tenant=%zz", InvalidUrl),
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
        for (callback, here) in [
            ("https://client.example.com/cb?tenant=1&code=a", true),
            ("https://CLIENT.example.com:443/cb?code=a&t%65nant=1", true),
            ("https://client.example.com/cb?code=a", false),
            ("https://client.example.com/cb?tenant=2&code=a", false),
            ("https://client.example.com/CB?tenant=1", false),
            ("https://client.example.com/cb/?tenant=1", false),
            ("https://client.example.com:444/cb?tenant=1", false),
            ("http://client.example.com/cb?tenant=1", false),
            ("https://client.example.com@evil.example/cb?tenant=1", false),
            ("/cb?tenant=1", false),
        ] {
            assert_eq!(own.is_place_of(callback), here, "{callback}");
        }
        let app: RedirectUri = "com.example.app:/cb".parse().unwrap();
        assert!(app.is_place_of("com.example.app:/cb?code=a"));
        assert!(!app.is_place_of("com.example.other:/cb?code=a"));
        let root: RedirectUri = "https://localhost:3000".parse().unwrap();
        assert!(root.is_place_of("https://localhost:3000/?code=a"));
        assert!(!root.is_place_of("https://localhost:3000//?code=a"));
    }
}
