//! The core's border in the types of crate `http`.

use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
};
use http::{Method, Request as HttpRequest, Response as HttpResponse};

use super::request;
use super::response::Field;
use super::{Body, Request, Response};
use crate::dialect::BodyFormat;
use crate::secret::Hidden;

impl From<Request<'_>> for HttpRequest<Body> {
    /// The value of `Authorization` is marked as sensitive.
    fn from(request: Request<'_>) -> Self {
        let mut http = Self::new(request.body);
        *http.method_mut() = Method::POST;
        *http.uri_mut() = request.endpoint.uri().clone();
        let headers = http.headers_mut();
        headers.insert(CONTENT_TYPE, if request.format == BodyFormat::Form { FORM } else { JSON });
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
        let field = |name| {
            let mut values = response.headers().get_all(name).iter();
            match (values.next(), values.next()) {
                (None, _) => Field::Absent,
                (Some(value), None) => Field::Once(value.as_bytes()),
                _ => Field::Repeated,
            }
        };
        Self {
            content_type: field(CONTENT_TYPE),
            content_encoding: field(CONTENT_ENCODING),
            retry_after: field(RETRY_AFTER),
            ..Self::new(response.status().as_u16(), response.body().as_ref())
        }
    }
}

const FORM: HeaderValue = HeaderValue::from_static(request::FORM);
const JSON: HeaderValue = HeaderValue::from_static(request::JSON);
