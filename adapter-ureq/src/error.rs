//! What an error of ureq means for the exchange.
//!
//! From `is_tls` on, the other adapter has the twin of this file, word for word: change both.

use std::error::Error;
use std::io;
use std::iter::successors;

use grantflow::{TransportError, TransportErrorKind};

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
