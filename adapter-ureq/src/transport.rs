//! One exchange over ureq.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fmt};

use grantflow::wire::{self, Body};
use grantflow::{Exchange, Failed, Timestamp};
use ureq::http::header::{CONTENT_LENGTH, HeaderValue};
use ureq::http::response::Parts;
use ureq::http::uri::Scheme;
use ureq::http::{Method, Request, Response};
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, AsSendBody, Proxy, SendBody};
use zeroize::Zeroizing;

use crate::builder::{Limits, TransportBuilder};
use crate::error::{UNCLEAR, ends_clearly, had_left, is_broken, transport_error};
use crate::public::PublicOnly;
use crate::quiet::Quiet;
use crate::system::now;
use crate::telemetry::Span;

/// Sends exchanges and brings their answers, blocking. Cheap to clone; the clones share their
/// connections. Of the [token sources](crate::TokenSource) that use it, 64 at a time have a thread
/// to fetch a token.
#[derive(Clone)]
pub struct Transport(Arc<Inner>);

struct Inner {
    /// For what may be sent twice: keeps connections.
    pooled: Agent,
    /// For what may not: each exchange has a connection of its own.
    single: Agent,
    /// The same for what may be asked at public addresses only.
    public: Agent,
    limits: Limits,
    /// The threads of the token sources.
    threads: Arc<()>,
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
        let tls = TlsConfig::builder().root_certs(roots).build();
        // In a CGI program `HTTP_PROXY` is whatever the caller's header `Proxy` says.
        let proxy =
            if env::var_os("REQUEST_METHOD").is_some() { None } else { Proxy::try_from_env() };
        let config = |kept_connections| {
            Agent::config_builder()
                .tls_config(tls.clone())
                .proxy(proxy.clone())
                .user_agent(USER_AGENT)
                .accept_encoding("")
                .http_status_as_error(false)
                .max_redirects(0)
                .max_response_header_size(LONGEST_HEAD)
                .max_idle_connections(kept_connections)
                .timeout_connect(Some(limits.connect_timeout))
                .timeout_global(Some(limits.timeout))
                .build()
        };
        let public = PublicOnly::default();
        Self(Arc::new(Inner {
            pooled: config(KEPT_CONNECTIONS).into(),
            single: config(0).into(),
            public: Agent::with_parts(config(0), DefaultConnector::default(), public),
            limits,
            threads: Arc::new(()),
        }))
    }

    /// A place for one more thread, as long as it is kept.
    pub(crate) fn place(&self) -> Option<Arc<()>> {
        let place = Arc::clone(&self.0.threads);
        (Arc::strong_count(&place) <= MOST_THREADS.saturating_add(1)).then_some(place)
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
    pub fn perform<E: Exchange>(&self, exchange: E) -> Result<E::Output, Failed<E>> {
        let _quiet = Quiet::keep();
        let mut sending = Sending {
            called_at: now(),
            timeout: self.0.limits.timeout,
            has_body: true,
            sent_at: None,
        };
        let request = exchange.wire_request();
        let span = Span::exchange(request.url());
        let answer = span.run(|| self.fetch(&exchange, request, &mut sending));
        let status = answer.as_ref().ok().map(|(head, _)| head.status.as_u16());
        span.end(status, sending.called_at);
        let sent_at = sending.sent_at.unwrap_or(sending.called_at);
        match answer {
            Ok((head, Some(body))) => exchange.receive(&Response::from_parts(head, body), sent_at),
            Ok((head, None)) => {
                let limit = self.0.limits.response_limit;
                exchange.receive(wire::Response::too_large(head.status.as_u16(), limit), sent_at)
            }
            Err(error) => {
                let sent = sending.sent_at.is_some() || (!sending.has_body && had_left(&error));
                let error = transport_error(error, sent);
                Err(Failed::unanswered(exchange, error))
            }
        }
    }

    /// The answer; without its body where that is too large.
    fn fetch(
        &self,
        exchange: &impl Exchange,
        request: wire::Request<'_>,
        sending: &mut Sending,
    ) -> Result<(Parts, Option<Body>), ureq::Error> {
        let started = Instant::now();
        let answer = if request.is_for_public_addresses() {
            run(&self.0.public, request.into(), sending, None)
        } else if exchange.may_repeat() {
            match run(&self.0.pooled, request.into(), sending, None) {
                // The server may have been just about to close a kept connection.
                Err(ureq::Error::Io(error)) if is_broken(&error) => {
                    let rest = self.0.limits.timeout.saturating_sub(started.elapsed());
                    run(&self.0.single, exchange.request(), sending, Some(rest))
                }
                answer => answer,
            }
        } else {
            run(&self.0.single, request.into(), sending, None)
        }?;
        let (head, mut body) = answer.into_parts();
        if !ends_clearly(&head) {
            return Err(io::Error::new(ErrorKind::InvalidData, UNCLEAR).into());
        }
        let body = read_within(self.0.limits.response_limit, body.as_reader())?;
        Ok((head, body))
    }
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

/// What is noted of an exchange on its way.
struct Sending {
    /// After its time, it does not leave any more: the machine may have slept, and somebody else may
    /// have sent what was asked for here.
    called_at: Timestamp,
    timeout: Duration,
    /// A request without one does not tell when it leaves.
    has_body: bool,
    sent_at: Option<Timestamp>,
}

/// The body of a request, which notes when it is first asked for: that is when a connection stands
/// and the request leaves.
struct Outgoing<'a> {
    body: Body,
    written: usize,
    sending: &'a mut Sending,
}

impl Read for Outgoing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Sending { called_at, timeout, sent_at, .. } = self.sending;
        let present = now();
        let age = present.elapsed_since(*called_at);
        if sent_at.is_none() && age.is_some_and(|age| age > *timeout) {
            return Err(ErrorKind::TimedOut.into());
        }
        sent_at.get_or_insert(present);
        let mut rest = self.body.as_ref().get(self.written..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.written = self.written.saturating_add(count);
        Ok(count)
    }
}

/// Sends, and brings the head of the answer. Another timeout may replace the agent's.
fn run(
    agent: &Agent,
    request: Request<Body>,
    sending: &mut Sending,
    timeout: Option<Duration>,
) -> Result<Response<ureq::Body>, ureq::Error> {
    let (mut head, body) = request.into_parts();
    sending.has_body = head.method != Method::GET;
    if !sending.has_body {
        return send(agent, Request::from_parts(head, ()), timeout);
    }
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.as_ref().len()));
    let mut outgoing = Outgoing { body, written: 0, sending };
    send(agent, Request::from_parts(head, SendBody::from_reader(&mut outgoing)), timeout)
}

fn send(
    agent: &Agent,
    mut request: Request<impl AsSendBody>,
    timeout: Option<Duration>,
) -> Result<Response<ureq::Body>, ureq::Error> {
    let is_plain = request.uri().scheme() != Some(&Scheme::HTTPS);
    if is_plain && agent.config().proxy().is_some() {
        // It is this very machine, which no proxy stands before; and TLS hides nothing here.
        request = agent.configure_request(request).proxy(None).build();
    }
    if let Some(timeout) = timeout {
        request = agent.configure_request(request).timeout_global(Some(timeout)).build();
    }
    agent.run(request)
}

/// What comes, if it is no more than `limit` bytes; whatever its length was said to be.
fn read_within(limit: usize, mut reader: impl Read) -> io::Result<Option<Body>> {
    let mut chunk = Zeroizing::new([0; 1024]);
    let mut body = Body::default();
    loop {
        let count = reader.read(chunk.as_mut_slice())?;
        if count == 0 {
            return Ok(Some(body));
        }
        if !body.push_within(limit, chunk.get(..count).unwrap_or_default()) {
            return Ok(None);
        }
    }
}

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

const LONGEST_HEAD: usize = 16 * 1024;

/// Idle connections, to all servers together. They are kept for 15 s, and looked at before use.
const KEPT_CONNECTIONS: usize = 10;

/// A partner that hangs holds one thread for each tenant whose token is due.
const MOST_THREADS: usize = 64;
