//! What an error of ureq means for the exchange.
//!
//! From `is_caused_by` on, the other adapter has the twin of this file, word for word: change both.

use std::error::Error;
use std::io::ErrorKind;
use std::iter::successors;
use std::{fmt, io};

use grantflow::{TransportError, TransportErrorKind};
use ureq::Timeout;
use ureq::http::Version;
use ureq::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use ureq::http::response::Parts;

/// Whether a request without a body had left when this happened. One with a body tells by itself.
pub(crate) fn had_left(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) if is_caused_by::<rustls::Error>(error) => false,
        ureq::Error::Io(error) => is_broken(error) || error.kind() == ErrorKind::InvalidData,
        ureq::Error::Timeout(phase) => !matches!(phase, Timeout::Resolve | Timeout::Connect),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => true,
        _ => false,
    }
}

/// Whether a connection that stood is gone.
pub(crate) fn is_broken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
    )
}

/// `sent` says whether the body may have left. If it did not, the server cannot have acted on the
/// request, whatever broke.
pub(crate) fn transport_error(error: ureq::Error, sent: bool) -> TransportError {
    let kind = match &error {
        ureq::Error::Timeout(_) if sent => TransportErrorKind::Timeout,
        _ if sent => TransportErrorKind::Interrupted,
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => TransportErrorKind::Tls,
        ureq::Error::Io(error) if is_caused_by::<rustls::Error>(error) => TransportErrorKind::Tls,
        ureq::Error::Other(error) if error.is::<NotPublic>() => TransportErrorKind::NotPublic,
        _ => TransportErrorKind::Connect,
    };
    TransportError::new(kind, error)
}

/// A failed handshake comes as an I/O error with rustls' own inside.
fn is_caused_by<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
    .any(<dyn Error>::is::<E>)
}

/// Why a name that a document gave is not connected to.
#[derive(Debug)]
pub(crate) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host's name leads to an address that is not public")
    }
}

impl Error for NotPublic {}

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
