//! The one surface between the core and whoever carries its requests.

use crate::error::TransportError;
use crate::flow::Failed;
use crate::time::Timestamp;
use crate::wire;

/// A request that waits for its answer. All that is ever sent is one of these, so whoever can
/// carry one exchange can carry them all: an adapter is one function.
///
/// [`request`](Self::request) borrows: it can be asked for again as long as no answer came, so a
/// dead socket costs nothing. [`receive`](Self::receive) consumes: an answer counts once.
///
/// ```
/// use grantflow::{Client, Exchange, Failed, Timestamp, TransportError, wire::Body};
///
/// /// An adapter in five lines, over any function that sends.
/// fn perform<E: Exchange>(
///     exchange: E,
///     now: Timestamp,
///     send: impl Fn(http::Request<Body>) -> Result<http::Response<Body>, TransportError>,
/// ) -> Result<E::Output, Failed<E>> {
///     match send(exchange.request()) {
///         Ok(response) => exchange.receive(&response, now),
///         Err(error) => Err(Failed::unanswered(exchange, error)),
///     }
/// }
/// ```
pub trait Exchange: sealed::Sealed + Sized {
    /// What a good answer brings.
    type Output;

    /// What to send.
    fn wire_request(&self) -> wire::Request<'_>;

    /// Takes the answer. `sent_at` is when the request was sent: lifetimes count from there.
    ///
    /// # Errors
    /// [`Failed`], with the exchange in it, where the server refused or the answer is not what
    /// the protocol says.
    fn receive<'a>(
        self,
        response: impl Into<wire::Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<Self::Output, Failed<Self>>;

    /// Whether the request may reach the server twice without harm. With a code or a refresh
    /// token in it, it may not: a server takes the second for a theft (RFC 9700 section 4.14). Then
    /// it is not for a connection that may have died in a pool, and not for automatic retries.
    fn may_repeat(&self) -> bool;

    /// What to send, as an `http::Request`.
    #[cfg(feature = "http")]
    fn request(&self) -> http::Request<wire::Body> {
        self.wire_request().into()
    }
}

impl<E: Exchange> Failed<E> {
    /// The failure of an exchange that found no answer: it is given back to be tried again. A code
    /// or a refresh token that may have arrived twice is not.
    pub fn unanswered(exchange: E, error: TransportError) -> Self {
        let mut exchange = exchange;
        if error.may_have_arrived() && exchange.note_doubt() {
            return Self::for_good(error, exchange);
        }
        Self::new(error, exchange)
    }
}

pub(crate) mod sealed {
    /// Keeps exchanges and states to this crate: the protocol has no more of them.
    pub trait Sealed {
        /// Notes that the request may have arrived though no answer came, and says whether that
        /// was so before: then what it holds has been risked twice, which is once too often (RFC
        /// 9700 section 4.14).
        #[doc(hidden)]
        fn note_doubt(&mut self) -> bool {
            false
        }
    }
}
