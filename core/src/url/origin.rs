//! Where a token may go.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::Parts;
use crate::error::ConfigurationError;

/// A scheme, host and port that a token may be sent to: `https://api.example.com`. Anything else
/// never sees it (RFC 9700 section 4.9).
///
/// ```
/// use grantflow::Origin;
///
/// let api: Origin = "https://api.example.com".parse()?;
/// assert!(api.contains("https://api.example.com:443/v1/sales"));
/// assert!(!api.contains("https://api.example.com.evil.example/v1/sales"));
/// # Ok::<(), grantflow::ConfigurationError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// Whether a URL leads there. A URL without TLS never does.
    pub fn contains(&self, url: &str) -> bool {
        match (Parts::read(&self.0), Parts::read(url)) {
            (Ok(own), Ok(other)) => own.same_origin(&other),
            _ => false,
        }
    }
}

#[cfg(feature = "http")]
impl Origin {
    /// Whether a request goes there: by its URI's scheme and authority, and by its `Host` where it
    /// has one, since a machine may answer for many (RFC 9110 section 7.2).
    pub fn contains_request<B>(&self, request: &http::Request<B>) -> bool {
        let is_own = |host: &http::HeaderValue| {
            http::uri::Authority::try_from(host.as_bytes())
                .is_ok_and(|host| self.contains(&alloc::format!("https://{host}/")))
        };
        self.contains(&root(request.uri()))
            && request.headers().get_all(http::header::HOST).iter().all(is_own)
    }
}

/// The URL without its path and query. A scheme in capitals, which only a URI put together by hand
/// can have, is not TLS to every HTTP client.
#[cfg(feature = "http")]
pub(crate) fn root(uri: &http::Uri) -> String {
    let scheme = uri.scheme().filter(|scheme| scheme.as_str() == scheme.as_str().to_lowercase());
    match (scheme, uri.authority()) {
        (Some(scheme), Some(authority)) => alloc::format!("{scheme}://{authority}/"),
        _ => String::new(),
    }
}

impl FromStr for Origin {
    type Err = ConfigurationError;

    /// Reads an origin, or takes the origin of a URL.
    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let parts = Parts::read(url).map_err(|problem| ConfigurationError::url(FIELD, problem))?;
        if !parts.https {
            return Err(ConfigurationError::insecure(FIELD, INSECURE));
        }
        let host = parts.host.to_ascii_lowercase();
        let origin = match parts.port {
            443 => alloc::format!("https://{host}"),
            port => alloc::format!("https://{host}:{port}"),
        };
        Ok(Self(origin))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

const FIELD: &str = "url";
const INSECURE: &str = "is not https; a token travels over TLS only";

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_look_alike_is_another_origin() {
        let api: Origin = "https://API.example.com/v1".parse().unwrap();
        for (url, inside) in [
            ("https://api.example.com/", true),
            ("https://api.example.com:443/x?y", true),
            ("https://api.example.com:8443/", false),
            ("http://api.example.com/", false),
            ("http://api.example.com:443/", false),
            ("https://api.example.com@evil.example/", false),
            ("https://api.example.community/", false),
            ("not a url", false),
        ] {
            assert_eq!(api.contains(url), inside, "{url}");
        }
        #[cfg(feature = "http")]
        for (uri, inside) in [
            ("https://api.example.com/%7Bid%7D?a={b}", true),
            ("https://api.example.com", true),
            ("https://user@api.example.com/", false),
            ("http://api.example.com/", false),
            ("/v1/sales", false),
            ("api.example.com:443", false),
        ] {
            let request = http::Request::get(uri).body(()).unwrap();
            assert_eq!(api.contains_request(&request), inside, "{uri}");
        }
        #[cfg(feature = "http")]
        for (hosts, inside) in [
            (&["API.example.com"][..], true),
            (&["api.example.com:443"], true),
            (&["api.example.com", "api.example.com"], true),
            (&["api.example.com:8443"], false),
            (&["evil.example"], false),
            (&["api.example.com", "evil.example"], false),
            (&["api.example.com/@evil.example"], false),
            (&["user@api.example.com"], false),
            (&[""], false),
        ] {
            let mut request = http::Request::get("https://api.example.com/");
            for host in hosts {
                request = request.header("host", *host);
            }
            assert_eq!(api.contains_request(&request.body(()).unwrap()), inside, "{hosts:?}");
        }
        #[cfg(feature = "http")]
        for (scheme, inside) in [("https", true), ("HTTPS", false), ("Https", false)] {
            let uri = http::Uri::builder().scheme(scheme).authority("api.example.com");
            let uri = uri.path_and_query("/").build().unwrap();
            let request = http::Request::get(uri).body(()).unwrap();
            assert_eq!(api.contains_request(&request), inside);
        }
        assert_eq!(api, "https://api.example.com:443".parse().unwrap());
        assert_eq!(api.to_string(), "https://api.example.com");
        assert_eq!(
            "https://a.example:8443/".parse::<Origin>().unwrap().to_string(),
            "https://a.example:8443"
        );
        assert!("http://api.example.com".parse::<Origin>().is_err());
    }
}
