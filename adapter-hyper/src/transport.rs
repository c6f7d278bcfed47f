//! One exchange over hyper.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::iter::successors;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use grantflow::wire::{self, Body};
use grantflow::{Exchange, Failed, Timestamp};
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{HeaderValue, USER_AGENT};
use hyper::http::response::Parts;
use hyper::{Request, Response};
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time;

use crate::builder::{Limits, TransportBuilder};
use crate::connector::Connector;
use crate::error::{BoxError, UNCLEAR, ends_clearly, transport_error};
use crate::system::now;

/// Sends exchanges and brings their answers. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Transport(Arc<Inner>);

struct Inner {
    /// For what may be sent twice: keeps connections.
    pooled: Client<Connector, Outgoing>,
    /// For what may not: each exchange has a connection of its own.
    single: Client<Connector, Outgoing>,
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
        let connector = Connector::new(roots, limits.connect_timeout);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(KEPT_FOR);
        builder.http1_max_buf_size(LONGEST_HEAD);
        let pooled = builder.pool_max_idle_per_host(KEPT_CONNECTIONS).build(connector.clone());
        let single =
            builder.pool_max_idle_per_host(0).retry_canceled_requests(false).build(connector);
        Self(Arc::new(Inner { pooled, single, limits }))
    }

    /// The time that an exchange may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.0.limits.timeout
    }

    /// Sends the exchange and takes its answer.
    ///
    /// Where it [may be sent twice](Exchange::may_repeat) and its connection breaks before an
    /// answer begins, or a kept one does not take it within the
    /// [connect timeout](TransportBuilder::connect_timeout), it is sent once more, over a new one,
    /// within the same timeout.
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
        let first = outgoing(&exchange, in_time, noted);
        let second = exchange.may_repeat().then(|| outgoing(&exchange, in_time, noted));
        let answer = time::timeout(self.0.limits.timeout, self.fetch(first, second)).await;
        let noted = noted.get().copied();
        let sent_at = noted.unwrap_or(called_at);
        match answer.unwrap_or_else(|elapsed| Err(elapsed.into())) {
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

    /// The answer; without its body where that is too large. There is a second request where it
    /// may be sent twice: for the case that the server was just about to close a kept connection.
    async fn fetch(
        &self,
        first: Request<Outgoing>,
        second: Option<Request<Outgoing>>,
    ) -> Result<(Parts, Option<Body>), BoxError> {
        let answer = match second {
            None => self.0.single.request(first).await?,
            Some(second) => match self.over_pooled(first).await {
                Some(Ok(answer)) => answer,
                Some(Err(error)) if !is_broken(&error) => return Err(error.into()),
                _ => self.0.single.request(second).await?,
            },
        };
        let (head, body) = answer.into_parts();
        if !ends_clearly(&head) {
            return Err(UNCLEAR.into());
        }
        let body = read_within(self.0.limits.response_limit, body).await?;
        Ok((head, body))
    }

    /// `None` where a connection stands and does not take the request: its runtime stands still,
    /// or the server closed it at that very instant. That must not cost the whole timeout.
    async fn over_pooled(&self, mut request: Request<Outgoing>) -> Option<Answer> {
        let sent_at = Arc::clone(&request.body().sent_at);
        let connection = capture_connection(&mut request);
        let mut asking = self.0.pooled.request(request);
        let answer = time::timeout(self.0.limits.connect_timeout, &mut asking).await;
        match answer {
            Ok(answer) => Some(answer),
            Err(_) if sent_at.get().is_none() && connection.connection_metadata().is_some() => None,
            Err(_) => Some(asking.await),
        }
    }
}

type Answer = Result<Response<Incoming>, legacy::Error>;

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

fn outgoing(exchange: &impl Exchange, in_time: InTime, noted: &SentAt) -> Request<Outgoing> {
    let mut request = exchange.request().map(|body| Outgoing {
        body: Some(Bytes::from_owner(body)),
        sent_at: Arc::clone(noted),
        in_time,
    });
    request.headers_mut().insert(USER_AGENT, OWN_NAME);
    request
}

/// Whether a connection that stood is gone. An answer that cannot be read is something else.
fn is_broken(error: &legacy::Error) -> bool {
    let mut causes = successors(error.source(), |&error| error.source());
    !error.is_connect()
        && causes.any(|cause| match cause.downcast_ref::<hyper::Error>() {
            Some(error) => {
                error.is_incomplete_message()
                    || error.is_canceled()
                    || error.is_closed()
                    // The connection's runtime has ended.
                    || error.is_user()
            }
            None => cause.is::<io::Error>(),
        })
}

/// The body of a request, which notes when it is first asked for: that is when a connection stands
/// and the request leaves.
struct Outgoing {
    body: Option<Bytes>,
    sent_at: SentAt,
    in_time: InTime,
}

/// After its time, a request does not leave any more: a runtime may have stood still, or the machine
/// slept, and somebody else may have sent what was asked for here.
#[derive(Clone, Copy)]
struct InTime {
    called_at: Timestamp,
    timeout: Duration,
}

impl InTime {
    fn is_over(&self) -> bool {
        now().elapsed_since(self.called_at).is_some_and(|time| time > self.timeout)
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
        if self.in_time.is_over() {
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        }
        self.sent_at.get_or_init(now);
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

/// Idle connections to one server.
const KEPT_CONNECTIONS: usize = 3;
const KEPT_FOR: Duration = Duration::from_secs(15);

/// Also what is read at once: what floods a connection must not keep its thread from the clock.
const LONGEST_HEAD: usize = 16 * 1024;
