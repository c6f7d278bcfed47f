//! What to send.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use crate::wiping::Wiping;
use base64ct::{Base64, Encoding};

use super::Body;
use super::form::push_escaped;
use crate::dialect::BodyFormat;
use crate::secret::Hidden;
use crate::url::Endpoint;

/// A request of an exchange, without std. With the feature `http`, convert it by `From` into an
/// `http::Request`, or let [`Exchange::request`](crate::Exchange) do it.
pub struct Request<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) format: BodyFormat,
    pub(crate) authorization: Option<&'a Arc<Hidden>>,
    pub(crate) body: Body,
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        endpoint: &'a Endpoint,
        format: BodyFormat,
        authorization: Option<&'a Arc<Hidden>>,
        body: Body,
    ) -> Self {
        Self { endpoint, format, authorization, body }
    }

    fn content_type(&self) -> &'static str {
        match self.format {
            BodyFormat::Form => FORM,
            BodyFormat::Json => JSON,
        }
    }

    /// The method: `POST` (RFC 6749 section 3.2).
    pub fn method(&self) -> &'static str {
        "POST"
    }

    /// The URL: https, or a loopback address where the endpoint was made so.
    pub fn url(&self) -> &'a str {
        self.endpoint.as_str()
    }

    /// The header fields to send, names in lower case. The value of `authorization` is a secret.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("content-type", self.content_type()), ("accept", "application/json")]
            .into_iter()
            .chain(self.authorization.map(|value| ("authorization", value.expose())))
    }

    /// The body: full of secrets.
    pub fn body(&self) -> &[u8] {
        self.body.as_ref()
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("url", &self.url())
            .field("content_type", &self.content_type())
            .field("authorization", &self.authorization)
            .field("body", &self.body)
            .finish()
    }
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const JSON: &str = "application/json";

/// The `Authorization` value of HTTP Basic (RFC 6749 section 2.3.1): each part escaped, `%20` and
/// not `+` for a space, or raw where the dialect says so.
pub(crate) fn basic_authorization(client_id: &str, secret: &str, raw: bool) -> Hidden {
    let bound = client_id.len().saturating_add(secret.len()).saturating_mul(3).saturating_add(1);
    let mut pair = Wiping::new(String::with_capacity(bound));
    for (part, end) in [(client_id, ":"), (secret, "")] {
        if raw {
            pair.push_str(part);
        } else {
            push_escaped(&mut pair, part);
        }
        pair.push_str(end);
    }
    let encoded = Wiping::new(Base64::encode_string(pair.as_bytes()));
    let mut value = String::with_capacity(encoded.len().saturating_add(6));
    value.push_str("Basic ");
    value.push_str(&encoded);
    Hidden::new(value)
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;

    use super::*;

    #[test]
    fn each_part_of_a_basic_credential_is_escaped_first() {
        let of = |id, secret, raw| basic_authorization(id, secret, raw).expose().to_owned();
        // RFC 6749 section 2.3.1
        assert_eq!(
            of("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw", false),
            "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"
        );
        assert_eq!(of("a:b", "c", false), "Basic YSUzQWI6Yw==");
        assert_eq!(of("id", "a+b/c", true), "Basic aWQ6YStiL2M=");
        assert_eq!(of("a b", "c", false), "Basic YSUyMGI6Yw==");
    }
}
