//! What an error of ureq means for the exchange.
//!
//! From `is_tls` on, the other adapter has the twin of this file, word for word: change both.

use std::error::Error;
use std::io;
use std::iter::successors;

use grantflow::{TransportError, TransportErrorKind};
use ureq::http::Version;
use ureq::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use ureq::http::response::Parts;

/// `sent` says whether the body may have left. If it did not, the server cannot have acted on the
/// request, whatever broke.
pub(crate) fn transport_error(error: ureq::Error, sent: bool) -> TransportError {
    let kind = match &error {
        ureq::Error::Timeout(_) if sent => TransportErrorKind::Timeout,
        _ if sent => TransportErrorKind::Interrupted,
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => TransportErrorKind::Tls,
        ureq::Error::Io(error) if is_tls(error) => TransportErrorKind::Tls,
        _ => TransportErrorKind::Connect,
    };
    TransportError::new(kind, error)
}

/// A failed handshake comes as an I/O error with rustls' own inside.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
    .any(<dyn Error>::is::<rustls::Error>)
}

/// Whether an answer says in one way where it ends: by chunks alone, or by no coding (RFC 9112
/// sections 6.1 and 6.3). What else it says may be understood otherwise on the way here.
pub(crate) fn ends_clearly(head: &Parts) -> bool {
    let mut codings = head.headers.get_all(TRANSFER_ENCODING).into_iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => {
            coding.as_bytes().eq_ignore_ascii_case(b"chunked")
                && head.version == Version::HTTP_11
                && !head.headers.contains_key(CONTENT_LENGTH)
        }
        _ => false,
    }
}

pub(crate) const UNCLEAR: &str = "the answer does not say clearly where it ends";
