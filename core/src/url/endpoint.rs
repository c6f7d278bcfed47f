//! Where requests go.

use alloc::string::String;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;

use super::{Parts, may_be_public};
use crate::error::{ConfigurationError, ConfigurationErrorKind};

/// An endpoint of an authorization server: https, one reading only, no fragment, no user name
/// (RFC 6749 sections 3.1 and 3.2). A query is kept as it is.
///
/// ```
/// use grantflow::Endpoint;
///
/// let endpoint: Endpoint = "https://as.example.com/token?tenant=th".parse()?;
/// assert_eq!(endpoint.as_str(), "https://as.example.com/token?tenant=th");
/// assert!("http://as.example.com/token".parse::<Endpoint>().is_err());
/// # Ok::<(), grantflow::ConfigurationError>(())
/// ```
#[derive(Clone)]
pub struct Endpoint {
    text: String,
    /// Whether it may be asked at public addresses only.
    guarded: bool,
    #[cfg(feature = "http")]
    uri: http::Uri,
}

impl Endpoint {
    /// An endpoint on this very machine without TLS, for tests: `http://127.0.0.1:8080/token`.
    /// Names, `localhost` too, are refused: only the addresses 127.0.0.0/8 and `[::1]` are sure
    /// to lead nowhere else.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the URL is not well-formed or the address another one.
    pub fn insecure_loopback(url: &str) -> Result<Self, ConfigurationError> {
        Self::read(url, true)
    }

    /// An endpoint that somebody else named, in a document for one: only public hosts, and when its
    /// name has been resolved, only [public addresses](crate::wire::is_public_address), so that
    /// nobody can send this program to a service inside its own network (RFC 9728 section 7.7).
    /// Where a proxy resolves names, the proxy is what stands between.
    ///
    /// # Errors
    /// [`ConfigurationError`] where the URL is not a good one, or the host is not public.
    pub fn discovered(url: &str) -> Result<Self, ConfigurationError> {
        let endpoint = Self::read(url, false)?;
        let is_public = Parts::read(url).is_ok_and(|parts| may_be_public(parts.host));
        if !is_public {
            let kind = ConfigurationErrorKind::NotPublic;
            return Err(ConfigurationError::new(kind, FIELD, NOT_PUBLIC));
        }
        Ok(Self { guarded: true, ..endpoint })
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it may be asked at public addresses only.
    pub(crate) fn is_guarded(&self) -> bool {
        self.guarded
    }

    #[cfg(feature = "http")]
    pub(crate) fn uri(&self) -> &http::Uri {
        &self.uri
    }

    fn read(url: &str, loopback_http: bool) -> Result<Self, ConfigurationError> {
        let parts = Parts::read(url).map_err(|problem| ConfigurationError::url(FIELD, problem))?;
        if !(parts.https || (loopback_http && parts.is_loopback_address())) {
            return Err(ConfigurationError::insecure(FIELD, INSECURE));
        }
        if parts.fragment {
            return Err(ConfigurationError::url(FIELD, "has a fragment (#…); leave it out"));
        }
        Ok(Self {
            text: url.into(),
            guarded: false,
            #[cfg(feature = "http")]
            uri: url
                .parse()
                .map_err(|_| ConfigurationError::url(FIELD, "is not a URL for a request"))?,
        })
    }
}

impl FromStr for Endpoint {
    type Err = ConfigurationError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Self::read(url, false)
    }
}

/// To the letter.
impl PartialEq for Endpoint {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Endpoint {}

impl Hash for Endpoint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const FIELD: &str = "endpoint";
const NOT_PUBLIC: &str = "has a host of a private network, which whoever named it may not send \
                          this program to; if it is yours, configure it (Endpoint, Issuer), and for \
                          what an issuer names, say so (Issuer::in_private_network)";
const INSECURE: &str = "is not https; credentials travel over TLS only, so use an https URL \
                        (a test server on 127.0.0.1 goes by Endpoint::insecure_loopback)";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ConfigurationErrorKind::{InsecureUrl, InvalidUrl};

    #[test]
    fn https_is_kept_to_the_letter() {
        for url in ["https://as.example.com/token", "https://AS.example.com:8443/t?a=b&c"] {
            assert_eq!(url.parse::<Endpoint>().unwrap().as_str(), url);
        }
    }

    #[test]
    fn http_needs_the_switch_and_an_address_of_this_machine() {
        let kind = |result: Result<Endpoint, ConfigurationError>| result.unwrap_err().kind();
        assert_eq!(kind("http://127.0.0.1/t".parse()), InsecureUrl);
        for url in ["http://localhost/t", "http://localhost.evil.example/t", "http://10.0.0.1/t"] {
            assert_eq!(kind(Endpoint::insecure_loopback(url)), InsecureUrl, "{url}");
        }
        assert!(Endpoint::insecure_loopback("http://127.0.0.1:8080/t").is_ok());
        assert!(Endpoint::insecure_loopback("http://[::1]:8080/t").is_ok());
    }

    #[test]
    fn who_names_an_endpoint_for_others_names_a_public_one() {
        let named = "https://as.example.com/token?a=b";
        let endpoint = Endpoint::discovered(named).unwrap();
        assert!(endpoint.is_guarded());
        assert_eq!(endpoint.as_str(), named);
        for url in ["https://169.254.169.254/latest", "https://[::1]/", "https://localhost./token"]
        {
            let kind = Endpoint::discovered(url).unwrap_err().kind();
            assert_eq!(kind, ConfigurationErrorKind::NotPublic, "{url}");
        }
        let kind = Endpoint::discovered("http://as.example.com/").unwrap_err().kind();
        assert_eq!(kind, InsecureUrl);
    }

    #[test]
    fn a_fragment_is_refused() {
        let error = "https://as.example.com/token#x".parse::<Endpoint>().unwrap_err();
        assert_eq!(error.kind(), InvalidUrl);
    }
}
