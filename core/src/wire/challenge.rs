//! `WWW-Authenticate` (RFC 9110 section 11.6.1): what a server asks for, and what was wrong.

mod reader;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use self::reader::Reader;
use super::text::Shown;
use crate::scope::Scope;

/// One challenge of an API that answered 401 or 403: a scheme, and parameters or one token68 (RFC
/// 9110 section 11.3).
///
/// The scheme and the names of parameters are in lower case, for case means nothing in them. What
/// stands in quotes is text and nothing else. It is read as UTF-8, or where it is not that, as
/// Latin-1. It is the server's text: show it to people with care.
///
/// ```
/// use grantflow::Challenge;
///
/// let field = br#"Bearer realm="sales", error="invalid_token", DPoP algs="ES256 PS256""#;
/// let challenges = Challenge::parse(field)?;
/// let [bearer, dpop] = &*challenges else { panic!() };
/// assert_eq!((bearer.scheme(), bearer.error()), ("bearer", Some("invalid_token")));
/// assert_eq!(dpop.param("algs"), Some("ES256 PS256"));
/// # Ok::<(), grantflow::MalformedChallenge>(())
/// ```
///
/// A parameter that comes twice in a challenge could mean either. It is
/// [`ambiguous`](Self::ambiguous), and [`param`](Self::param) does not have it: no part of a
/// program then acts on the one value, and another part on the other.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    token68: Option<String>,
    /// In the order of the field; without a value where the name came twice.
    params: Vec<(String, Option<String>)>,
}

/// A `WWW-Authenticate` field that cannot be read in one way only. Its text is not repeated. What
/// the answer's status says remains true.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the server's WWW-Authenticate cannot be read: {what}, at byte {place} of the field (RFC 9110 \
     section 11.6.1)"
)]
pub struct MalformedChallenge {
    what: &'static str,
    place: usize,
}

impl Challenge {
    /// Reads one field line: all of its challenges, in order. An empty line has none.
    ///
    /// More is taken than a server may write: empty list elements (RFC 9110 section 5.6.1), white
    /// space around `=`, tabs for spaces, and a comma right behind a scheme that has parameters.
    ///
    /// # Errors
    /// [`MalformedChallenge`] where the line is something else. Then none of it is believed, for
    /// one quote out of place turns data into parameters.
    pub fn parse(field: &[u8]) -> Result<Vec<Self>, MalformedChallenge> {
        let mut reader = Reader::new(field);
        let mut challenges = Vec::new();
        let mut open: Option<Open> = None;
        while reader.skip_to_element() {
            let name = reader.token()?;
            let spaced = reader.skip_space();
            if reader.is_at_equals_sign() {
                // After a token68 there is no challenge left that a parameter could belong to.
                let Some(open) = open.as_mut().filter(|open| open.token68.is_none()) else {
                    return Err(reader.malformed("a parameter has no scheme"));
                };
                open.add(name, reader.value()?);
            } else {
                let mut next = Open { scheme: name, ..Open::default() };
                if spaced && !reader.is_at_end_of_element() {
                    next.token68 = reader.token68();
                    if next.token68.is_none() {
                        let name = reader.token()?;
                        reader.skip_space();
                        next.add(name, reader.value()?);
                    }
                }
                challenges.extend(open.replace(next).map(Open::close));
            }
            reader.end_element()?;
        }
        challenges.extend(open.map(Open::close));
        Ok(challenges)
    }

    /// Reads all `WWW-Authenticate` lines of an answer. Lines that are malformed are passed over;
    /// the others still count.
    #[cfg(feature = "http")]
    pub fn in_headers(headers: &http::HeaderMap) -> Vec<Self> {
        let lines = headers.get_all(http::header::WWW_AUTHENTICATE).iter();
        lines.filter_map(|line| Self::parse(line.as_bytes()).ok()).flatten().collect()
    }

    /// The scheme, in lower case: `bearer`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The token68 that stands in the place of parameters, as with `Negotiate`.
    pub fn token68(&self) -> Option<&str> {
        self.token68.as_deref()
    }

    /// A parameter's value. The name may be in any case. `None` for one that came twice.
    ///
    /// What a step-up asks for is found here: `acr_values` and `max_age`, beside the
    /// [`error`](Self::error) `insufficient_user_authentication` (RFC 9470 section 3).
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The parameters that came once, as name and value, in order.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
    }

    /// The names of the parameters that came more than once.
    pub fn ambiguous(&self) -> impl Iterator<Item = &str> {
        self.params.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name.as_str())
    }

    /// What was wrong, as a code: `invalid_token`, `insufficient_scope` (RFC 6750 section 3.1).
    pub fn error(&self) -> Option<&str> {
        self.param("error")
    }

    /// What was wrong, in words for a developer.
    pub fn error_description(&self) -> Option<&str> {
        self.param("error_description")
    }

    /// The scope that the request needs (RFC 6750 section 3). `None` where there is none, or what
    /// is there is not a scope.
    pub fn scope(&self) -> Option<Scope> {
        let scope: Scope = self.param("scope")?.parse().ok()?;
        Some(scope).filter(|scope| !scope.is_empty())
    }
}

/// Texts of the server's, so escaped and cut. A token68 is part of a handshake and not shown.
impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Challenge");
        shown.field("scheme", &Quoted(&self.scheme));
        if let Some(token68) = &self.token68 {
            shown.field("token68", &format_args!("[redacted], {} bytes", token68.len()));
        }
        shown.field("params", &Params(&self.params)).finish()
    }
}

struct Params<'a>(&'a [(String, Option<String>)]);

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_map();
        for (name, value) in self.0 {
            match value {
                Some(value) => shown.entry(&Quoted(name), &Quoted(value)),
                None => shown.entry(&Quoted(name), &format_args!("[ambiguous]")),
            };
        }
        shown.finish()
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Debug for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Shown(self.0))
    }
}

/// A challenge that may get more parameters.
#[derive(Default)]
struct Open {
    scheme: String,
    token68: Option<String>,
    /// By name, with the place of the first of that name: thousands of them are sorted, not
    /// compared each with each.
    params: BTreeMap<String, (usize, Option<String>)>,
}

impl Open {
    fn add(&mut self, name: String, value: String) {
        let place = self.params.len();
        let twice = |(_, value): &mut (usize, Option<String>)| *value = None;
        self.params.entry(name).and_modify(twice).or_insert((place, Some(value)));
    }

    fn close(self) -> Challenge {
        let mut params: Vec<_> = self.params.into_iter().collect();
        params.sort_unstable_by_key(|(_, (place, _))| *place);
        let params = params.into_iter().map(|(name, (_, value))| (name, value)).collect();
        Challenge { scheme: self.scheme, token68: self.token68, params }
    }
}

#[cfg(test)]
mod tests;
