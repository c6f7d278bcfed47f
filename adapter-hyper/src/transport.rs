//! One exchange over hyper.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use grantflow::wire::{self, Body};
use grantflow::{Exchange, Failed, Timestamp};
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{HeaderValue, USER_AGENT};
use hyper::http::response::Parts;
use hyper::{Request, Response};
use tokio::time;

use crate::builder::{Limits, TransportBuilder};
use crate::connector::Connector;
use crate::error::{BoxError, UNCLEAR, ends_clearly, transport_error};
use crate::fetch::within;
use crate::pool::Pool;
use crate::system::now;
use crate::telemetry::Span;

/// Sends exchanges and brings their answers. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Transport(Arc<Inner>);

struct Inner {
    pool: Pool<Outgoing>,
    limits: Limits,
}

impl Transport {
    /// A transport with the defaults of [`TransportBuilder`].
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A transport with other settings.
    pub fn builder() -> TransportBuilder {
        TransportBuilder::new()
    }

    pub(crate) fn from_settings(settings: TransportBuilder) -> Self {
        let TransportBuilder { roots, limits } = settings;
        let pool = Pool::new(Connector::new(roots, limits.connect_timeout));
        Self(Arc::new(Inner { pool, limits }))
    }

    /// The time that an exchange may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.0.limits.timeout
    }

    /// Sends the exchange and takes its answer.
    ///
    /// Where it [may be sent twice](Exchange::may_repeat) and its connection breaks before an
    /// answer begins, it is sent once more, over a new one, within the same timeout.
    ///
    /// # Errors
    /// [`Failed`], with the exchange in it, where no answer came or it was not a good one.
    pub async fn perform<E: Exchange>(&self, exchange: E) -> Result<E::Output, Failed<E>> {
        self.perform_noting(exchange, &Arc::default()).await
    }

    /// Notes when the request leaves, for whoever wants to know though this future is dropped.
    pub(crate) async fn perform_noting<E: Exchange>(
        &self,
        exchange: E,
        noted: &SentAt,
    ) -> Result<E::Output, Failed<E>> {
        let called_at = now();
        let in_time = InTime { called_at, timeout: self.0.limits.timeout };
        let request = exchange.wire_request();
        let span = Span::exchange(request.url());
        let first = outgoing(request, in_time, noted);
        // Each look at the addresses is for one request.
        let may_be_kept = exchange.may_repeat() && !first.body().public_only;
        let asking = pin!(self.fetch(first, may_be_kept, in_time.timeout));
        let mut answer = within(&span, asking).await;
        // The server may have been just about to close a kept connection.
        if may_be_kept && answer.as_ref().is_err_and(is_broken) {
            let second = outgoing(exchange.wire_request(), in_time, noted);
            answer = within(&span, pin!(self.fetch(second, false, in_time.left()))).await;
        }
        let status = match &answer {
            Ok(Ok((head, _))) => Some(head.status.as_u16()),
            _ => None,
        };
        span.end(status, called_at);
        let noted = noted.get().copied();
        let sent_at = noted.unwrap_or(called_at);
        match answer.unwrap_or_else(|error| Err(error.into())) {
            Ok((head, Some(body))) => exchange.receive(&Response::from_parts(head, body), sent_at),
            Ok((head, None)) => {
                let limit = self.0.limits.response_limit;
                exchange.receive(wire::Response::too_large(head.status.as_u16(), limit), sent_at)
            }
            Err(error) => {
                Err(Failed::unanswered(exchange, transport_error(error, noted.is_some())))
            }
        }
    }

    /// The answer, or why there is none; without its body where that is too large. An error beside
    /// that says that the connection stood and no answer began.
    async fn fetch(
        &self,
        request: Request<Outgoing>,
        is_kept: bool,
        timeout: Duration,
    ) -> hyper::Result<Result<Answer, BoxError>> {
        let Inner { pool, limits } = &*self.0;
        let public_only = request.body().public_only;
        let asking = async {
            let idle = if is_kept { pool.idle(request.uri()) } else { None };
            let mut connection = match idle {
                Some(connection) => connection,
                None => match Box::pin(pool.open(request.uri().clone(), public_only)).await {
                    Ok(connection) => connection,
                    Err(error) => return Ok(Err(error)),
                },
            };
            request.body().note_leaving();
            let answer = connection.ask(request, async |it| read(limits.response_limit, it).await);
            let answer = answer.await?;
            if is_kept {
                pool.keep(connection);
            }
            Ok(answer)
        };
        time::timeout(timeout, asking).await.unwrap_or_else(|elapsed| Ok(Err(elapsed.into())))
    }
}

type Answer = (Parts, Option<Body>);

/// An answer whose end is clear.
async fn read(limit: usize, answer: Response<Incoming>) -> Result<Answer, BoxError> {
    let (head, body) = answer.into_parts();
    if !ends_clearly(&head) {
        return Err(UNCLEAR.into());
    }
    let body = read_within(limit, body).await?;
    Ok((head, body))
}

impl Default for Transport {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

fn outgoing(request: wire::Request<'_>, in_time: InTime, noted: &SentAt) -> Request<Outgoing> {
    let public_only = request.is_for_public_addresses();
    let mut request = Request::from(request).map(|body: Body| Outgoing {
        body: Some(body).filter(|body| !body.as_ref().is_empty()).map(Bytes::from_owner),
        sent_at: Arc::clone(noted),
        in_time,
        public_only,
    });
    request.headers_mut().insert(USER_AGENT, OWN_NAME);
    request
}

/// Whether a connection that stood is gone. An answer that cannot be read is something else.
fn is_broken(error: &hyper::Error) -> bool {
    error.is_incomplete_message()
        || error.is_canceled()
        || error.is_closed()
        || error.source().is_some_and(<dyn Error>::is::<io::Error>)
}

/// The body of a request, which notes when it is first asked for: that is when a connection stands
/// and the request leaves.
struct Outgoing {
    body: Option<Bytes>,
    sent_at: SentAt,
    in_time: InTime,
    public_only: bool,
}

impl Outgoing {
    /// Nobody asks for a body that is not there, so this is when such a request leaves.
    fn note_leaving(&self) {
        if self.body.is_none() {
            self.sent_at.get_or_init(now);
        }
    }
}

/// After its time, a request does not leave any more: a runtime may have stood still, or the machine
/// slept, and somebody else may have sent what was asked for here.
#[derive(Clone, Copy)]
struct InTime {
    called_at: Timestamp,
    timeout: Duration,
}

impl InTime {
    fn left(&self) -> Duration {
        self.timeout.saturating_sub(now().elapsed_since(self.called_at).unwrap_or_default())
    }
}

/// When a request left; empty while it has not.
pub(crate) type SentAt = Arc<OnceLock<Timestamp>>;

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let InTime { called_at, timeout } = self.in_time;
        let present = now();
        if present.elapsed_since(called_at).is_some_and(|time| time > timeout) {
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        }
        self.sent_at.get_or_init(|| present);
        Poll::Ready(self.body.take().map(|body| Ok(Frame::data(body))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.body.as_ref().map_or(0, Bytes::len);
        u64::try_from(length).map_or_else(|_| SizeHint::new(), SizeHint::with_exact)
    }
}

/// What comes, if it is no more than `limit` bytes; whatever its length was said to be.
async fn read_within(limit: usize, mut incoming: Incoming) -> Result<Option<Body>, BoxError> {
    let mut body = Body::default();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut incoming).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data()
            && !body.push_within(limit, &data)
        {
            return Ok(None);
        }
    }
    Ok(Some(body))
}

const OWN_NAME: HeaderValue =
    HeaderValue::from_static(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
