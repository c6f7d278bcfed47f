//! Extension grants (RFC 6749 section 4.5): any grant type that this library has no door of its own
//! for.

use alloc::borrow::Cow;
use alloc::string::String;

use super::{Flow, Requesting, awaiting_user};
use crate::client::Client;
use crate::error::ConfigurationError;
use crate::scope::Scope;
use crate::token_exchange;
use crate::url::check_absolute_uri;
use crate::wire::Extra;

impl Client {
    /// Asks for a token by a grant type that another specification or the partner defines (RFC
    /// 6749 section 4.5): an absolute URI, or a name that the server's page gives. Its fields are
    /// added by [`parameter`](Flow::parameter) and [`extra`](Flow::extra).
    ///
    /// Where the server refuses what is in the request (`invalid_grant`), the advice is
    /// [`Reauthorize`](crate::Advice::Reauthorize): get a new assertion, or whatever it is.
    ///
    /// ```
    /// use grantflow::{Client, Exchange, Provider, Scope};
    ///
    /// let client = Client::public("app", Provider::new("https://as.example.com/token".parse()?))?;
    /// let flow = client
    ///     .extension_grant("urn:ietf:params:oauth:grant-type:jwt-bearer", Scope::default())?
    ///     .parameter("assertion", "eyJhbGciOiJFUzI1NiJ9.e30.c2ln")?;
    /// assert_eq!(
    ///     flow.request().body().as_ref(),
    ///     b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer\
    ///       &client_id=app&assertion=eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigurationError`] where the grant type is neither an absolute URI nor a name, where
    /// this library has a door of its own for it, and for `password` and `implicit`, which it
    /// does not offer (RFC 9700 sections 2.1.2 and 2.4).
    pub fn extension_grant(
        &self,
        grant_type: &str,
        scope: Scope,
    ) -> Result<Flow<Requesting>, ConfigurationError> {
        check(grant_type).map_err(|problem| ConfigurationError::invalid("grant_type", problem))?;
        let grant_type = Cow::Owned(String::from(grant_type));
        Ok(Requesting::flow(self.clone(), grant_type, scope, Extra::default()))
    }
}

fn check(grant_type: &str) -> Result<(), &'static str> {
    let is = |other: &&str| grant_type.eq_ignore_ascii_case(other);
    if REFUSED.iter().any(is) {
        return Err(
            "is one that is not offered: it would show the user's password, or put a token \
                    in a URL (RFC 9700 sections 2.1.2 and 2.4)",
        );
    }
    if OWN.iter().any(is) {
        return Err("has a function of its own; call that");
    }
    // RFC 6749 appendix A.10.
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if !grant_type.is_empty() && grant_type.bytes().all(is_name) {
        return Ok(());
    }
    check_absolute_uri(grant_type)
        .map_err(|_| "is neither an absolute URI nor a name of letters, digits and -._")
}

const REFUSED: &[&str] = &["implicit", "password"];

const OWN: &[&str] = &[
    "authorization_code",
    "client_credentials",
    "refresh_token",
    awaiting_user::GRANT_TYPE,
    token_exchange::GRANT_TYPE,
];

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::error::{Advice, Error};
    use crate::exchange::Exchange;
    use crate::provider::Provider;
    use crate::time::Timestamp;
    use crate::wire::Response;

    const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    fn client() -> Client {
        let endpoint = "https://as.example.com/token".parse().unwrap();
        Client::public("app", Provider::new(endpoint)).unwrap()
    }

    fn refusal(body: &str) -> Error {
        let flow = client().extension_grant(JWT_BEARER, Scope::default()).unwrap();
        let flow = flow.parameter("assertion", "SECRETMARK.assertion").unwrap();
        flow.receive(Response::new(400, body.as_bytes()), NOW).unwrap_err().into_error()
    }

    #[test]
    fn a_grant_type_is_a_name_or_an_absolute_uri() {
        for good in [JWT_BEARER, "https://partner.example/grants/device", "partner_token", "a-1.b"]
        {
            assert!(client().extension_grant(good, Scope::default()).is_ok(), "{good}");
        }
        for bad in
            ["", "a b", ":x", "urn:", "urn:a b", "urn:\u{e9}", "a\r\n", "grant/type", "a&b=c"]
        {
            let error = client().extension_grant(bad, Scope::default()).unwrap_err();
            assert_eq!(error.field(), "grant_type", "{bad:?}");
        }
    }

    #[test]
    fn the_librarys_own_grants_and_the_bad_old_ones_have_no_second_door() {
        for name in ["password", "Password", "implicit", "refresh_token", "client_credentials"]
            .iter()
            .chain(OWN)
        {
            assert!(client().extension_grant(name, Scope::default()).is_err(), "{name}");
        }
    }

    #[test]
    fn resources_repeat_in_order_and_own_parameters_do_not() {
        let flow = client().extension_grant("partner_token", "a b".parse().unwrap()).unwrap();
        let flow = flow.resource("https://b.example/").unwrap().resource("urn:a").unwrap();
        assert_eq!(
            core::str::from_utf8(flow.wire_request().body()).unwrap(),
            "grant_type=partner_token&scope=a+b&client_id=app\
             &resource=https%3A%2F%2Fb.example%2F&resource=urn%3Aa"
        );
        assert!(!flow.may_repeat());
        assert!(flow.resource("/relative").is_err());
        let flow = client().extension_grant("partner_token", Scope::default()).unwrap();
        assert!(flow.resource("https://a.example/#fragment").is_err());
        let flow = client().extension_grant("partner_token", Scope::default()).unwrap();
        assert!(flow.parameter("grant_type", "password").is_err());
    }

    #[test]
    fn a_grant_that_is_over_is_to_be_got_anew() {
        for code in ["invalid_grant", "access_denied", "expired_token"] {
            let error = refusal(&alloc::format!(r#"{{"error":"{code}"}}"#));
            assert_eq!(error.advice(), Advice::Reauthorize, "{code}");
        }
        let error = refusal(r#"{"error":"invalid_target"}"#);
        assert_eq!(error.advice(), Advice::FixConfiguration);
    }

    #[test]
    fn a_user_who_is_not_done_yet_is_waited_for() {
        for code in ["authorization_pending", "slow_down"] {
            let error = refusal(&alloc::format!(r#"{{"error":"{code}"}}"#));
            assert_eq!(error.advice(), Advice::RetryAfter(Duration::from_secs(5)), "{code}");
        }
        let flow = client().extension_grant(JWT_BEARER, Scope::default()).unwrap();
        let answer = Response::new(400, br#"{"error":"slow_down"}"#);
        let failed = flow.receive(answer.with_header("retry-after", b"30"), NOW).unwrap_err();
        assert_eq!(failed.advice(), Advice::RetryAfter(Duration::from_secs(30)));
        assert!(failed.retry().is_ok());
    }

    #[test]
    fn what_the_server_repeats_of_an_assertion_is_blotted_out() {
        let error =
            refusal(r#"{"error":"invalid_grant","error_description":"bad SECRETMARK.assertion"}"#);
        let printed = alloc::format!("{error} {error:?} {error:#?}");
        assert!(!printed.contains("SECRETMARK"), "{printed}");
        assert!(printed.contains("[redacted]"), "{printed}");
    }
}
