//! The core's border in the types of crate `http`.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request as HttpRequest, Response as HttpResponse};

use super::{Body, Request, Response};

impl From<Request<'_>> for HttpRequest<Body> {
    /// The value of `Authorization` is marked as sensitive.
    fn from(request: Request<'_>) -> Self {
        let mut http = Self::new(request.body);
        *http.method_mut() = Method::POST;
        *http.uri_mut() = request.endpoint.uri().clone();
        let headers = http.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(request.content_type));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // Base64 is always a header value.
        if let Some(Ok(value)) = request.authorization.map(HeaderValue::try_from) {
            headers.insert(AUTHORIZATION, value);
        }
        http
    }
}

impl<'a, B: AsRef<[u8]>> From<&'a HttpResponse<B>> for Response<'a> {
    fn from(response: &'a HttpResponse<B>) -> Self {
        let plain = Self::new(response.status().as_u16(), response.body().as_ref());
        response.headers().iter().fold(plain, |response, (name, value)| {
            response.with_header(name.as_str(), value.as_bytes())
        })
    }
}
