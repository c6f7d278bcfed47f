//! Proof key for code exchange (RFC 7636), with the method S256 and no other.

use alloc::string::String;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

use crate::error::{ConfigurationError, ConfigurationErrorKind};
use crate::secret::secret_text;

secret_text! {
    /// The `code_verifier`: known to this client only until the code is exchanged, so that a
    /// stolen code is worth nothing (RFC 7636 section 4.1). 43 to 128 unreserved characters.
    ///
    /// ```
    /// use grantflow::PkceVerifier;
    ///
    /// // RFC 7636 appendix B
    /// let verifier = PkceVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")?;
    /// assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    /// # Ok::<(), grantflow::ConfigurationError>(())
    /// ```
    PkceVerifier, "code_verifier", check_verifier
}

impl PkceVerifier {
    /// The one method of this library, `code_challenge_method` on the wire.
    pub const METHOD: &str = "S256";

    /// A verifier of 43 characters from 32 random bytes.
    pub fn from_octets(octets: &[u8; 32]) -> Self {
        Self::encode(octets)
    }

    pub(crate) fn encode(octets: &[u8]) -> Self {
        Self(crate::secret::Hidden::new(Base64UrlUnpadded::encode_string(octets)))
    }

    /// The `code_challenge`: what the login page is shown.
    pub fn challenge(&self) -> String {
        Base64UrlUnpadded::encode_string(&Sha256::digest(self.expose()))
    }
}

/// Whether a server's metadata (`code_challenge_methods_supported`) confirm that it checks S256;
/// `None` where the metadata do not have the member. `false` means that the server may ignore
/// PKCE, which is sent all the same; against forged callbacks the `state` protects in any case.
///
/// # Errors
/// [`ConfigurationError`] where the server has PKCE but not S256: `plain` protects nothing (RFC
/// 9700 section 2.1.1), and there is no way down to it here.
pub fn pkce_confirmed(supported: Option<&[&str]>) -> Result<bool, ConfigurationError> {
    match supported {
        None => Ok(false),
        Some(methods) if methods.contains(&PkceVerifier::METHOD) => Ok(true),
        Some(_) => Err(ConfigurationError::new(
            ConfigurationErrorKind::PkceUnsupported,
            "code_challenge_methods_supported",
            "does not have S256, the only method that protects a code; ask the server's operator for it",
        )),
    }
}

fn check_verifier(field: &'static str, text: &str) -> Result<(), ConfigurationError> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !(43..=128).contains(&text.len()) {
        return Err(ConfigurationError::invalid(field, "is not 43 to 128 characters long"));
    }
    match text.bytes().position(|byte| !unreserved(byte)) {
        Some(at) => Err(ConfigurationError::character(field, at, "letters, digits, - . _ ~")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let octets = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212,
            37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = PkceVerifier::from_octets(&octets);
        assert_eq!(verifier.expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn length_and_alphabet_are_kept() {
        for good in ["a".repeat(43), "~".repeat(128)] {
            assert!(PkceVerifier::new(good).is_ok());
        }
        for bad in ["a".repeat(42), "a".repeat(129), "a".repeat(42) + "+", "a".repeat(43) + "="] {
            assert!(PkceVerifier::new(bad).is_err());
        }
    }

    #[test]
    fn there_is_no_way_down_to_plain() {
        assert!(pkce_confirmed(Some(&["plain"])).is_err());
        assert!(pkce_confirmed(Some(&[])).is_err());
        assert!(pkce_confirmed(Some(&["plain", "S256"])).unwrap());
        assert!(!pkce_confirmed(None).unwrap());
    }
}
