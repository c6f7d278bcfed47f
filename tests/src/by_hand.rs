//! What it takes to carry an exchange by hand, for the examples `driver_std` and `driver_smol`: a
//! request as bytes, bytes as an answer, which addresses may be asked, and what an error means.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use grantflow::wire::{Body, MAX_RESPONSE_BYTES, Request, Response, is_public_address};
use grantflow::{Exchange, Failed, Timestamp, TransportError, TransportErrorKind};
use http::Uri;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};

/// The request, as HTTP/1.0: then the answer comes in one piece and ends with its connection.
///
/// # Errors
/// None: writing into memory does not fail.
pub fn bytes_of(request: &Request<'_>, uri: &Uri) -> io::Result<Body> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    // Room for all of it, so that no half of a secret stays behind in freed memory.
    let mut bytes = Vec::with_capacity(request.body().len().saturating_add(16 * 1024));
    write!(bytes, "{} {path} HTTP/1.0\r\nhost: {authority}\r\n", request.method())?;
    for (name, value) in request.headers() {
        write!(bytes, "{name}: {value}\r\n")?;
    }
    write!(bytes, "content-length: {}\r\n\r\n", request.body().len())?;
    bytes.extend_from_slice(request.body());
    Ok(Body::new(bytes))
}

/// The answer in these bytes, if a whole head is there.
fn answer_in<'a>(bytes: &'a [u8]) -> Result<Response<'a>, TransportError> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => {
            let body = bytes.get(length..).unwrap_or_default();
            let answer = Response::new(head.code.unwrap_or_default(), body);
            let add = |answer: Response<'a>, field: &httparse::Header<'a>| {
                answer.with_header(field.name, field.value)
            };
            Ok(head.headers.iter().fold(answer, add))
        }
        Ok(httparse::Status::Partial) => Err(interrupted(ErrorKind::UnexpectedEof.into())),
        Err(error) => Err(interrupted(io::Error::other(error))),
    }
}

/// Hands an exchange what came of it.
///
/// # Errors
/// Those of the exchange; and where no answer came, or none that can be read.
pub fn conclude<E: Exchange>(
    exchange: E,
    came: Result<Body, TransportError>,
    sent_at: Timestamp,
) -> Result<E::Output, Failed<E>> {
    let bytes = match came {
        Ok(bytes) => bytes,
        Err(error) => return Err(Failed::unanswered(exchange, error)),
    };
    match answer_in(bytes.as_ref()) {
        Ok(answer) => exchange.receive(answer, sent_at),
        Err(error) => Err(Failed::unanswered(exchange, error)),
    }
}

/// Those addresses that may be asked: the public ones, where somebody's document named the host.
///
/// # Errors
/// Where none is left of them.
pub fn allowed(
    request: &Request<'_>,
    addresses: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, TransportError> {
    let public_only = request.is_for_public_addresses();
    let may_be_asked = |it: &SocketAddr| !public_only || is_public_address(it.ip());
    let allowed: Vec<_> = addresses.filter(may_be_asked).collect();
    if allowed.is_empty() && public_only {
        return Err(TransportError::new(TransportErrorKind::NotPublic, "no address is public"));
    }
    Ok(allowed)
}

/// Nothing was sent.
pub fn unconnected(error: io::Error) -> TransportError {
    // What rustls has to say comes in an error of this kind.
    let is_tls = error.kind() == ErrorKind::InvalidData;
    let kind = if is_tls { TransportErrorKind::Tls } else { TransportErrorKind::Connect };
    TransportError::new(kind, error)
}

/// It may have arrived.
pub fn interrupted(error: io::Error) -> TransportError {
    let is_late = matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock);
    let kind = if is_late { TransportErrorKind::Timeout } else { TransportErrorKind::Interrupted };
    TransportError::new(kind, error)
}

/// Trusts this certificate authority and no other. In earnest: the roots of crate `webpki-roots`.
///
/// # Errors
/// Where there is no certificate in it.
pub fn trusting(ca_pem: &str) -> Result<Arc<ClientConfig>, Box<dyn std::error::Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes())?)?;
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth().into())
}

/// What the clock says.
pub fn now() -> Timestamp {
    Timestamp::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// The time that an exchange may take.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// A head of any size that is read at all, and a body that the core finds too large.
pub const LONGEST: usize = 2 * MAX_RESPONSE_BYTES;
