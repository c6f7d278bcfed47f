//! What a token may do.

use alloc::collections::BTreeSet;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::ConfigurationError;

/// A set of scope tokens (RFC 6749 section 3.3), as `flowaccount-api offline_access`.
///
/// The default is the empty scope: then no `scope` is sent and the server decides.
///
/// ```
/// use grantflow::Scope;
///
/// let scope: Scope = "flowaccount-api offline_access".parse()?;
/// assert!(scope.contains("offline_access"));
/// assert!(Scope::default().is_empty());
/// # Ok::<(), grantflow::ConfigurationError>(())
/// ```
#[derive(Clone, Default)]
pub struct Scope(String);

impl Scope {
    pub(crate) const EMPTY: Self = Self(String::new());

    /// Whether there is no token in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens, in the order in which they were given.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|token| !token.is_empty())
    }

    /// Whether a token is in it.
    pub fn contains(&self, token: &str) -> bool {
        self.tokens().any(|own| own == token)
    }

    /// Whether every token of `other` is in it.
    pub fn includes(&self, other: &Self) -> bool {
        if other.is_empty() || self.0 == other.0 {
            return true;
        }
        if self.is_empty() {
            return false;
        }
        // A set, since servers grant scopes of any length.
        let own: BTreeSet<&str> = self.tokens().collect();
        other.tokens().all(|token| own.contains(token))
    }

    /// The tokens as they travel: with one space between two.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it travels; taken over where it has one space between two tokens.
    pub(crate) fn from_text(text: String) -> Result<Self, ConfigurationError> {
        let mut before = b' ';
        let fits = text.bytes().fold(true, |all, byte| {
            let is_first_space = byte == b' ' && before != b' ';
            before = byte;
            all & (is_first_space | is_scope_character(byte))
        });
        if fits && before != b' ' { Ok(Self(text)) } else { text.parse() }
    }

    /// Joins tokens; one that is no scope token is an error.
    pub(crate) fn from_tokens<'a>(
        tokens: impl Iterator<Item = &'a str>,
    ) -> Result<Self, ConfigurationError> {
        let mut joined = String::new();
        for token in tokens {
            if token.is_empty() || !token.bytes().all(is_scope_character) {
                return Err(ConfigurationError::invalid(
                    "scope",
                    "has a token with a character other than visible ASCII without \" and \\",
                ));
            }
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(token);
        }
        Ok(Self(joined))
    }
}

/// Reads tokens with spaces between them.
impl FromStr for Scope {
    type Err = ConfigurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_tokens(text.split(' ').filter(|token| !token.is_empty()))
    }
}

/// As sets: the order of the tokens does not count.
impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.includes(other) && other.includes(self)
    }
}

impl Eq for Scope {}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// NQCHAR of RFC 6749 appendix A.
fn is_scope_character(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn order_and_spare_spaces_do_not_count() {
        let one: Scope = "read  write ".parse().unwrap();
        let other: Scope = "write read".parse().unwrap();
        assert_eq!(one, other);
        assert_eq!(one.as_str(), "read write");
    }

    #[test]
    fn two_scopes_of_a_hundred_thousand_tokens_are_compared_at_once() {
        let text = |order: &mut dyn Iterator<Item = u32>| {
            order.map(|token| token.to_string()).collect::<Vec<_>>().join(" ")
        };
        let up: Scope = text(&mut (0..100_000)).parse().unwrap();
        let down: Scope = text(&mut (0..100_000).rev()).parse().unwrap();
        assert_eq!(up, down);
    }

    #[test]
    fn a_token_with_a_quote_or_an_umlaut_is_refused() {
        for text in ["a\"b", "a\\b", "ä", "a\tb"] {
            assert_eq!(text.parse::<Scope>().unwrap_err().field(), "scope", "{text}");
        }
        assert!(Scope::from_tokens(["read admin"].into_iter()).is_err());
    }
}
