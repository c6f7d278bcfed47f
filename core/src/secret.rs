//! Texts that must not be seen: redacted when printed, zeroed when dropped, never compared by `==`.

use alloc::string::String;
#[cfg(feature = "http")]
use core::borrow::Borrow;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

use crate::error::ConfigurationError;
use crate::wiping::Wiping;

/// What every secret of this crate is made of: text that is zeroed when dropped and that
/// prints as `[redacted]`.
#[derive(Clone)]
pub(crate) struct Hidden(Wiping<String>);

impl Hidden {
    pub(crate) fn new(text: String) -> Self {
        Self(Wiping::new(text))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The text, taken out to be checked and hidden again.
    fn into_text(mut self) -> String {
        core::mem::take(&mut *self.0)
    }

    /// Compares in a time that depends on the lengths only.
    pub(crate) fn matches(&self, other: &str) -> bool {
        bool::from(self.0.as_bytes().ct_eq(other.as_bytes()))
    }
}

#[cfg(feature = "http")]
impl Hidden {
    /// A header value: its bytes are the text itself, so they are zeroed with its last clone.
    pub(crate) fn header(
        hidden: impl Borrow<Self> + Send + 'static,
    ) -> Result<http::HeaderValue, http::header::InvalidHeaderValue> {
        struct Owner<T>(T);

        impl<T: Borrow<Hidden>> AsRef<[u8]> for Owner<T> {
            fn as_ref(&self) -> &[u8] {
                self.0.borrow().expose().as_bytes()
            }
        }

        let bytes = bytes::Bytes::from_owner(Owner(hidden));
        let mut value = http::HeaderValue::from_maybe_shared(bytes)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// For a record that is made to be stored.
impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What serde says of a value of another type has the value in it.
        let text = String::deserialize(deserializer);
        text.map(Self::new).map_err(|_| serde::de::Error::custom("a secret is not a text"))
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Declares a secret text type: `new` checks it, `expose` is the one way to read it.
macro_rules! secret_text {
    ($(#[$doc:meta])* $name:ident, $field:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(pub(crate) $crate::secret::Hidden);

        impl $name {
            /// Takes the text over; its buffer is zeroed when the value is dropped.
            ///
            /// # Errors
            /// [`ConfigurationError`]($crate::ConfigurationError) where the text is empty or has
            /// a character that may not stand there. The text itself is not repeated in the error.
            pub fn new(
                text: impl Into<alloc::string::String>,
            ) -> Result<Self, $crate::error::ConfigurationError> {
                let text = $crate::secret::Hidden::new(text.into());
                $check($field, text.expose())?;
                Ok(Self(text))
            }

            /// The secret itself. Every call is a place to look at in a review.
            pub fn expose(&self) -> &str {
                self.0.expose()
            }
        }

        impl TryFrom<alloc::string::String> for $name {
            type Error = $crate::error::ConfigurationError;

            fn try_from(text: alloc::string::String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::error::ConfigurationError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl $crate::secret::Exposed for $name {
            fn text(&self) -> &str {
                self.0.expose()
            }
        }
    };
}
pub(crate) use secret_text;

secret_text! {
    /// The client's secret (`client_secret`, RFC 6749 section 2.3.1): a password. It belongs on
    /// a server only, never in a client's code, a log or a repository (facts M10, C8).
    Secret, "client_secret", check_credential
}

/// For a configuration file. There is no way back: a secret is not serialised.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        exposed::deserialize(deserializer)
    }
}

/// What the records show when they are stored.
pub(crate) trait Exposed {
    fn text(&self) -> &str;
}

/// Serde for the few records that are made to be stored: the secret in the clear, on purpose.
pub(crate) mod exposed {
    use super::{Deserialize, Deserializer, Exposed, Hidden, Serializer, String};

    pub(crate) fn serialize<T: Exposed, S: Serializer>(
        secret: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.text())
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: TryFrom<String>,
        T::Error: core::fmt::Display,
        D: Deserializer<'de>,
    {
        let text = Hidden::deserialize(deserializer)?;
        T::try_from(text.into_text()).map_err(serde::de::Error::custom)
    }

    pub(crate) mod option {
        use super::{Deserialize, Deserializer, Exposed, Hidden, Serializer, String};

        #[expect(clippy::ref_option, reason = "the signature that serde calls")]
        pub(crate) fn serialize<T: Exposed, S: Serializer>(
            secret: &Option<T>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match secret {
                Some(secret) => super::serialize(secret, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
        where
            T: TryFrom<String>,
            T::Error: core::fmt::Display,
            D: Deserializer<'de>,
        {
            let text = Option::<Hidden>::deserialize(deserializer)?;
            let text = text.map(|text| T::try_from(text.into_text()));
            text.transpose().map_err(serde::de::Error::custom)
        }
    }
}

/// Serde for a whole record, whose own functions are derived with `remote = "Self"`. What serde says of
/// a value in a wrong place has the value in it, so what does not fit is told in a text of ours.
macro_rules! stored_record {
    ($record:ident, $say:literal) => {
        $crate::secret::stored_record!($record, $say, |_| true);
    };
    ($record:ident, $say:literal, $is_sound:expr) => {
        impl serde::Serialize for $record {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $record {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let record = Self::deserialize(deserializer).ok().filter($is_sound);
                record.ok_or_else(|| serde::de::Error::custom($say))
            }
        }
    };
}
pub(crate) use stored_record;

/// Client identifiers and secrets: any text without control characters (RFC 6749 appendices A.1
/// and A.2 say visible ASCII and space; partners issue others, and the encodings carry them).
pub(crate) fn check_credential(field: &'static str, text: &str) -> Result<(), ConfigurationError> {
    check(field, text, "text without control characters", |it| !it.is_control())
}

/// Tokens: visible ASCII, so that they fit in a header field as they are (RFC 6749 appendix
/// A.12 less the space, RFC 9110 section 5.5). No limit of length, and no look inside.
pub(crate) fn check_token(field: &'static str, text: &str) -> Result<(), ConfigurationError> {
    check(field, text, "visible ASCII characters", |it| it.is_ascii_graphic())
}

/// Codes, states, refresh tokens: visible ASCII and spaces (RFC 6749 appendices A.5, A.11, A.17).
pub(crate) fn check_text(field: &'static str, text: &str) -> Result<(), ConfigurationError> {
    check(field, text, "visible ASCII and spaces", |it| matches!(it, ' '..='~'))
}

fn check(
    field: &'static str,
    text: &str,
    expected: &str,
    fits: impl Fn(char) -> bool,
) -> Result<(), ConfigurationError> {
    if text.is_empty() {
        return Err(ConfigurationError::empty(field));
    }
    // A look at all bytes at once is many times as fast as one at each character.
    if text.bytes().fold(true, |all, byte| all & byte.is_ascii_graphic()) {
        return Ok(());
    }
    match text.chars().position(|it| !fits(it)) {
        Some(at) => Err(ConfigurationError::character(field, at, expected)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_secret_prints_as_redacted_in_every_form() {
        let secret = Secret::new("SECRETMARK").unwrap();
        let printed = format!("{secret:?} {secret:#?}");
        assert!(!printed.contains("SECRETMARK"), "{printed}");
        assert!(printed.contains("[redacted]"));
        assert_eq!(secret.expose(), "SECRETMARK");
    }

    #[test]
    fn a_refused_secret_is_not_repeated_in_the_error() {
        let error = Secret::new("SECRET\r\nMARK").unwrap_err();
        let printed = format!("{error} {error:?}");
        assert!(!printed.contains("MARK"), "{printed}");
        assert!(printed.contains("client_secret"), "{printed}");
    }

    #[test]
    fn a_secret_of_another_json_type_is_not_repeated_in_the_error() {
        for text in ["12345678901234", "[\"SECRETMARK\"]", "true", "\"a\\nSECRETMARK\""] {
            let printed = serde_json::from_str::<Secret>(text).unwrap_err().to_string();
            assert!(!printed.contains("SECRETMARK") && !printed.contains("1234"), "{printed}");
        }
        assert_eq!(serde_json::from_str::<Secret>("\"abc\"").unwrap().expose(), "abc");
    }

    #[test]
    fn comparison_needs_the_whole_text() {
        let hidden = Hidden::new("xyz".into());
        assert!(hidden.matches("xyz"));
        for other in ["", "xy", "xyzz", "xyZ"] {
            assert!(!hidden.matches(other), "{other}");
        }
    }
}
