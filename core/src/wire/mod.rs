//! Bytes in and out: the core's own view of a request and an answer, borrowed and without std.
//!
//! With the default feature `http` nobody needs to look here: exchanges speak `http::Request` and
//! `http::Response` themselves. Without it, an exchange's [`wire_request`] says what to send and
//! [`Response::new`] wraps what came back.
//!
//! [`wire_request`]: crate::Exchange::wire_request

pub(crate) mod answer;
mod body;
pub(crate) mod challenge;
mod extra;
pub(crate) mod form;
#[cfg(feature = "http")]
mod http;
pub(crate) mod json;
mod request;
mod response;
mod retry_after;
pub(crate) mod text;
pub(crate) mod token_answer;

pub use body::Body;
pub(crate) use extra::{Extra, RESERVED};
pub use request::Request;
pub(crate) use request::basic_authorization;
pub use response::Response;

pub use crate::url::is_public_address;

/// The longest response body that is read, in bytes: 1 MiB.
pub const MAX_RESPONSE_BYTES: usize = 1024 * 1024;
