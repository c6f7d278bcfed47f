//! What to send.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use base64ct::{Base64, Encoding};

use super::Body;
use super::form::push_escaped;
use crate::dialect::BodyFormat;
use crate::secret::Hidden;
use crate::url::Endpoint;
use crate::wiping::Wiping;

/// A request of an exchange, without std. With the feature `http`, convert it by `From` into an
/// `http::Request`, or let [`Exchange::request`](crate::Exchange) do it.
pub struct Request<'a> {
    pub(crate) endpoint: &'a Endpoint,
    /// None where it has no body: then it is a GET.
    pub(crate) format: Option<BodyFormat>,
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
        Self { endpoint, format: Some(format), authorization, body }
    }

    /// A request for a document, which says nothing of who asks.
    pub(crate) fn get(endpoint: &'a Endpoint) -> Self {
        Self { endpoint, format: None, authorization: None, body: Body::default() }
    }

    fn content_type(&self) -> Option<&'static str> {
        self.format.map(|format| match format {
            BodyFormat::Form => FORM,
            BodyFormat::Json => JSON,
        })
    }

    /// The method: `POST` (RFC 6749 section 3.2), or `GET` for a metadata document.
    pub fn method(&self) -> &'static str {
        if self.format.is_some() { "POST" } else { "GET" }
    }

    /// Whether the URL was learned from somebody else's document, and not configured: then it is
    /// asked at no address but a [public one](super::is_public_address), whatever its name resolves
    /// to (RFC 9728 section 7.7).
    pub fn is_for_public_addresses(&self) -> bool {
        self.endpoint.is_guarded()
    }

    /// The URL: https, or a loopback address where the endpoint was made so.
    pub fn url(&self) -> &'a str {
        self.endpoint.as_str()
    }

    /// The header fields to send, names in lower case. The value of `authorization` is a secret.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let content_type = self.content_type().map(|value| ("content-type", value));
        content_type
            .into_iter()
            .chain([("accept", JSON)])
            .chain(self.authorization.map(|value| ("authorization", value.expose())))
    }

    /// The body: full of secrets. Empty for a GET.
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
