//! What came back.

use core::fmt;

/// An answer, borrowed. With the feature `http` it is made from a `&http::Response` by `From`.
///
/// ```
/// use grantflow::wire::Response;
///
/// let body = br#"{"access_token": "t", "token_type": "Bearer"}"#;
/// let response = Response::new(200, body).with_header("content-type", b"application/json");
/// ```
#[derive(Clone, Copy)]
pub struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    pub(crate) too_large: Option<usize>,
    pub(crate) content_type: Field<'a>,
    pub(crate) content_encoding: Field<'a>,
    pub(crate) retry_after: Field<'a>,
}

/// A header field that may come once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    Absent,
    Once(&'a [u8]),
    Repeated,
}

impl<'a> Response<'a> {
    /// An answer without header fields.
    pub fn new(status: u16, body: &'a [u8]) -> Self {
        Self {
            status,
            body,
            too_large: None,
            content_type: Field::Absent,
            content_encoding: Field::Absent,
            retry_after: Field::Absent,
        }
    }

    /// An answer whose body was not read to its end, because it is longer than `limit` bytes.
    pub fn too_large(status: u16, limit: usize) -> Self {
        Self { too_large: Some(limit), ..Self::new(status, &[]) }
    }

    /// Whether it says when to come back, be it well said or not.
    pub(crate) fn has_retry_after(&self) -> bool {
        self.retry_after != Field::Absent
    }

    /// The same answer with one more header field. All may be given: those that do not matter
    /// are passed over. The name may be in any case.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &'a [u8]) -> Self {
        let field = match name {
            _ if name.eq_ignore_ascii_case("content-type") => &mut self.content_type,
            _ if name.eq_ignore_ascii_case("content-encoding") => &mut self.content_encoding,
            _ if name.eq_ignore_ascii_case("retry-after") => &mut self.retry_after,
            _ => return self,
        };
        field.add(value);
        self
    }
}

impl<'a> Field<'a> {
    pub(crate) fn add(&mut self, value: &'a [u8]) {
        *self = match self {
            Self::Absent => Self::Once(value),
            _ => Self::Repeated,
        };
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Response {{ status: {}, body: [redacted], {} bytes }}",
            self.status,
            self.body.len()
        )
    }
}
