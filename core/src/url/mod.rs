//! URLs, read once and strictly. What could be read in two ways is refused, so that no second
//! parser can read another host out of it.

mod endpoint;
mod origin;
mod public;
mod redirect_uri;

pub use endpoint::Endpoint;
pub use origin::Origin;
#[cfg(feature = "http")]
pub(crate) use origin::root;
pub use public::is_public_address;
pub(crate) use public::may_be_public;
pub(crate) use redirect_uri::RESPONSE;
pub use redirect_uri::RedirectUri;

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::error::ConfigurationError;

/// The parts of an absolute URL of scheme http or https, borrowed from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) https: bool,
    /// With its brackets where it is an IPv6 address.
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    /// Empty, or from the first slash on.
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) fragment: bool,
}

impl<'a> Parts<'a> {
    /// Reads a URL, or says in a few words why it is none.
    pub(crate) fn read(url: &'a str) -> Result<Self, &'static str> {
        check_characters(url)?;
        let (scheme, rest) = url.split_once("://").ok_or("is not an absolute URL (https://…)")?;
        let https = if scheme.eq_ignore_ascii_case("https") {
            true
        } else if scheme.eq_ignore_ascii_case("http") {
            false
        } else {
            return Err("has a scheme that is not https");
        };
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, _)) => (rest, true),
            None => (rest, false),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let (host, port) = read_authority(authority, https)?;
        Ok(Self { https, host, port, path, query, fragment })
    }

    /// Whether both lead to the same place: scheme, host (in any case), port.
    pub(crate) fn same_origin(&self, other: &Parts<'_>) -> bool {
        self.https == other.https
            && self.port == other.port
            && self.host.eq_ignore_ascii_case(other.host)
    }

    /// Whether the host is the address of this machine: 127.0.0.0/8 or `::1`, as an address. Names
    /// are not: whoever answers for them decides where they lead.
    pub(crate) fn is_loopback_address(&self) -> bool {
        let v6 = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match v6 {
            Some(address) => address.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback()),
            None => self.host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()),
        }
    }
}

/// Whether two URLs name the same host, at whatever port.
pub(crate) fn same_host(one: &str, other: &str) -> bool {
    match (Parts::read(one), Parts::read(other)) {
        (Ok(one), Ok(other)) => one.host.eq_ignore_ascii_case(other.host),
        _ => false,
    }
}

/// A resource (RFC 8707 section 2): an absolute URI without a fragment.
pub(crate) fn check_resource(resource: &str) -> Result<(), ConfigurationError> {
    let problem = match check_absolute_uri(resource) {
        Err(problem) => problem,
        Ok(()) if resource.contains('#') => "has a fragment (#…); leave it out",
        Ok(()) => return Ok(()),
    };
    Err(ConfigurationError::invalid("resource", problem))
}

/// An absolute URI of any scheme (RFC 3986 section 3.1), a URN for one.
pub(crate) fn check_absolute_uri(uri: &str) -> Result<(), &'static str> {
    check_characters(uri)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    match uri.split_once(':') {
        Some((scheme, rest)) if !rest.is_empty() => {
            let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
            (is_scheme && scheme.bytes().all(fits)).then_some(()).ok_or("is not an absolute URI")
        }
        _ => Err("is not an absolute URI"),
    }
}

/// The characters of RFC 3986 section 2, whole percent-escapes, and nothing else.
pub(crate) fn check_characters(url: &str) -> Result<(), &'static str> {
    let mut bytes = url.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => return Err("has a backslash; a URL has slashes only"),
            b'%' => {
                let escaped = [bytes.next(), bytes.next()];
                if !escaped.iter().flatten().all(u8::is_ascii_hexdigit) || escaped.contains(&None) {
                    return Err("has a % that is not followed by two hexadecimal digits");
                }
            }
            _ if byte.is_ascii_alphanumeric() || ALLOWED.contains(&byte) => {}
            _ => return Err("has a character that a URL has in escaped form only"),
        }
    }
    Ok(())
}

fn read_authority(authority: &str, https: bool) -> Result<(&str, u16), &'static str> {
    if authority.contains('@') {
        return Err("has a user name before the host; credentials do not belong in a URL");
    }
    let end_of_host = if authority.starts_with('[') {
        authority
            .find(']')
            .ok_or("has an IPv6 address without its closing bracket")?
            .saturating_add(1)
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(end_of_host);
    check_host(host)?;
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok((host, if https { 443 } else { 80 })),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            match digits.parse() {
                Ok(port) if port > 0 => Ok((host, port)),
                _ => Err("has a port that is not between 1 and 65535"),
            }
        }
        _ => Err("has a port that is not a number"),
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or(address);
        return match address.parse::<Ipv6Addr>() {
            Ok(_) => Ok(()),
            Err(_) => Err("has brackets around something that is not an IPv6 address"),
        };
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if host.is_empty() {
        Err("has no host")
    } else if !host.bytes().all(is_name) {
        Err("has a host with characters that a host name does not have")
    } else {
        Ok(())
    }
}

/// Unreserved and reserved characters that are neither letters nor digits.
const ALLOWED: &[u8] = b"-._~:/?#[]@!$&'()*+,;=";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_falls_into_its_parts() {
        let parts = Parts::read("HTTPS://As.Example.com:8443/a/b?x=%2F#f").unwrap();
        assert!(parts.https && parts.fragment);
        assert_eq!((parts.host, parts.port), ("As.Example.com", 8443));
        assert_eq!((parts.path, parts.query), ("/a/b", Some("x=%2F")));
        assert_eq!(Parts::read("https://h").unwrap().path, "");
    }

    #[test]
    fn what_two_parsers_could_read_differently_is_refused() {
        for url in [
            "https://as.example.com\\@evil.example/token",
            "https://user@as.example.com/",
            "https://as.example.com:/",
            "https://as.example.com:0/",
            "https://as.example.com:65536/",
            "https://as.example.com:+443/",
            "https://as.exam\tple.com/",
            "https://ás.example.com/",
            "https://as.example.com/a b",
            "https://as.example.com/%zz",
            "https://as.example.com/%a",
            "https://%61s.example.com/",
            "https://[::1/",
            "https://[1.2.3.4]/",
            "https://[::1]x/",
            "https:///token",
            "//as.example.com/token",
            "as.example.com/token",
            "ftp://as.example.com/",
            "",
        ] {
            assert!(Parts::read(url).is_err(), "{url}");
        }
    }

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for (url, loopback) in [
            ("http://127.0.0.1:80/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:8080/", true),
            ("http://localhost/", false),
            ("http://127.0.0.1.evil.example/", false),
            ("http://127.1/", false),
            ("http://2130706433/", false),
            ("http://[::ffff:127.0.0.1]/", false),
            ("http://0.0.0.0/", false),
        ] {
            assert_eq!(Parts::read(url).unwrap().is_loopback_address(), loopback, "{url}");
        }
    }
}
