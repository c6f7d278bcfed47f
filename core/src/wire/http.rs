//! The core's border in the types of crate `http`.

use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
};
use http::{Method, Request as HttpRequest, Response as HttpResponse};

use super::request;
use super::{Body, Request, Response};
use crate::dialect::BodyFormat;
use crate::secret::Hidden;

impl From<Request<'_>> for HttpRequest<Body> {
    /// The value of `Authorization` is marked as sensitive.
    fn from(request: Request<'_>) -> Self {
        let mut http = Self::new(request.body);
        let content_type =
            request.format.map(|format| if format == BodyFormat::Form { FORM } else { JSON });
        *http.method_mut() = if content_type.is_some() { Method::POST } else { Method::GET };
        *http.uri_mut() = request.endpoint.uri().clone();
        let headers = http.headers_mut();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, content_type);
        }
        headers.insert(ACCEPT, JSON);
        // Base64 is always a header value.
        if let Some(Ok(value)) = request.authorization.cloned().map(Hidden::header) {
            headers.insert(AUTHORIZATION, value);
        }
        http
    }
}

impl<'a, B: AsRef<[u8]>> From<&'a HttpResponse<B>> for Response<'a> {
    fn from(response: &'a HttpResponse<B>) -> Self {
        let mut read = Self::new(response.status().as_u16(), response.body().as_ref());
        for (name, value) in response.headers() {
            let field = if name == CONTENT_TYPE {
                &mut read.content_type
            } else if name == CONTENT_ENCODING {
                &mut read.content_encoding
            } else if name == RETRY_AFTER {
                &mut read.retry_after
            } else {
                continue;
            };
            field.add(value.as_bytes());
        }
        read
    }
}

const FORM: HeaderValue = HeaderValue::from_static(request::FORM);
const JSON: HeaderValue = HeaderValue::from_static(request::JSON);
