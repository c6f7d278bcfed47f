//! The answers that the partners have in common.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, LOCATION, PRAGMA, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use super::Answer;

pub(super) type Reply = Response<Full<Bytes>>;

/// JSON that no cache may keep (RFC 6749, section 5.1).
pub(super) fn json(status: StatusCode, body: &(impl ToString + ?Sized)) -> Reply {
    let mut reply = reply(status, "application/json", body.to_string());
    forbid_caching(&mut reply);
    reply
}

/// The API refuses the token (RFC 6750, section 3), with the partner's own body.
pub(super) fn invalid_token(body: &(impl ToString + ?Sized)) -> Reply {
    let mut reply = json(StatusCode::UNAUTHORIZED, body);
    reply
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
    reply
}

/// A page for a person. It bears a login, so it may not be framed, cached or run scripts.
pub(super) fn page(status: StatusCode, html: String) -> Reply {
    let mut reply = reply(status, "text/html; charset=utf-8", html);
    forbid_caching(&mut reply);
    for (name, value) in PAGE_HEADERS {
        reply.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    reply
}

/// Sends the browser on.
pub(super) fn found(location: String) -> Reply {
    let Ok(location) = HeaderValue::try_from(location) else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "not a location\n");
    };
    let mut reply = reply(StatusCode::FOUND, "text/plain", "");
    forbid_caching(&mut reply);
    reply.headers_mut().insert(LOCATION, location);
    reply
}

pub(super) fn method_not_allowed(allowed: &Method) -> Reply {
    let mut reply = plain(StatusCode::METHOD_NOT_ALLOWED, "not with this method\n");
    if let Ok(allowed) = HeaderValue::try_from(allowed.as_str()) {
        reply.headers_mut().insert(ALLOW, allowed);
    }
    reply
}

pub(super) fn plain(status: StatusCode, body: &'static str) -> Reply {
    reply(status, "text/plain; charset=utf-8", body)
}

/// What a test wrote, as it stands.
pub(super) fn raw(answer: Answer) -> Reply {
    let mut builder = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        builder = builder.header(name, value);
    }
    builder
        .body(Full::from(answer.body))
        .unwrap_or_else(|_| plain(StatusCode::NOT_IMPLEMENTED, "the script is not HTTP\n"))
}

/// No answer at all.
pub(super) fn lost() -> Reply {
    let mut reply = Reply::default();
    reply.extensions_mut().insert(Lost);
    reply
}

pub(super) fn is_lost(reply: &Reply) -> bool {
    reply.extensions().get::<Lost>().is_some()
}

#[derive(Clone)]
struct Lost;

fn reply(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

fn forbid_caching(reply: &mut Reply) {
    let headers = reply.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
}

const PAGE_HEADERS: [(&str, &str); 3] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];
