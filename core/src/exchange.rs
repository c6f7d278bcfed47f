//! The one surface between the core and whoever carries its requests.

use crate::error::{Advice, TransportError};
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

    /// What to send, as an `http::Request`. That does not say whether its URL may be asked at
    /// [public addresses only](wire::Request::is_for_public_addresses), as one that a document named
    /// may: look there before it is sent.
    #[cfg(feature = "http")]
    fn request(&self) -> http::Request<wire::Body> {
        self.wire_request().into()
    }
}

impl<E: Exchange> Failed<E> {
    /// The failure of an exchange that found no answer: it is given back to be tried again. A code
    /// or a refresh token that may have arrived twice is not, and a device asks half as often from
    /// then on (RFC 8628 section 3.5).
    pub fn unanswered(exchange: E, error: TransportError) -> Self {
        let mut exchange = exchange;
        match exchange.note_unanswered(&error) {
            Some(advice) => Self::advising(advice, error, exchange),
            None => Self::new(error, exchange),
        }
    }
}

pub(crate) mod sealed {
    use super::{Advice, TransportError};

    /// Keeps exchanges and states to this crate: the protocol has no more of them.
    pub trait Sealed {
        /// Notes that no answer came, and says what to do where the error alone does not know: it
        /// does not know that what the request holds has been risked before, and twice is once too
        /// often (RFC 9700 section 4.14), nor how long a device has to wait.
        #[doc(hidden)]
        fn note_unanswered(&mut self, _: &TransportError) -> Option<Advice> {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::client::Client;
    use crate::entropy::Entropy;
    use crate::error::TransportErrorKind;
    use crate::flow::{Exchanging, Flow};
    use crate::provider::Provider;
    use crate::scope::Scope;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    fn exchanging() -> Flow<Exchanging> {
        let at = |path| format!("https://as.example.com/{path}").parse().unwrap();
        let provider = Provider::new(at("token")).with_authorization_endpoint(at("login"));
        let client = Client::public("app", provider).unwrap();
        let redirect_uri = "https://app.example/cb".parse().unwrap();
        let entropy = Entropy::from_bytes([7; 64]);
        let login = client.authorization_code(redirect_uri, Scope::default(), entropy, NOW);
        let login = login.unwrap();
        let state = login.pending().state().expose();
        let url = format!("https://app.example/cb?code=c&state={state}");
        login.callback(&url, NOW).unwrap()
    }

    fn lost(flow: Flow<Exchanging>, kind: TransportErrorKind) -> Failed<Flow<Exchanging>> {
        Failed::unanswered(flow, TransportError::new(kind, "nothing came"))
    }

    #[test]
    fn a_code_that_never_left_is_not_risked() {
        let mut flow = exchanging();
        for kind in [TransportErrorKind::Connect, TransportErrorKind::Tls] {
            flow = lost(flow, kind).retry().unwrap();
        }
        let once = lost(flow, TransportErrorKind::Timeout);
        assert_eq!(once.advice(), once.error().advice());
        let flow = lost(once.retry().unwrap(), TransportErrorKind::Connect).retry().unwrap();
        let twice = lost(flow, TransportErrorKind::Timeout).retry().unwrap_err();
        assert_eq!(twice.advice(), Advice::Reauthorize);
    }
}
