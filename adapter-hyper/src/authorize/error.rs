//! Why a request has no answer.

use grantflow::TokenError;

/// Why a request has no answer. In the first two cases it was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizeError<E> {
    /// There is no token for it, before the first sending or before the second: see
    /// [`TokenError::advice`].
    #[error(transparent)]
    NoToken(TokenError),
    /// It has an `Authorization` of its own, and would carry two (RFC 6750 section 2).
    #[error(
        "the request has an Authorization header already, perhaps from another layer, and this one \
         would put on another; leave one of them out"
    )]
    HasAuthorization,
    /// The client's own error.
    #[error(transparent)]
    Service(E),
}
