//! The connections, and what goes on over one.
//!
//! A connection is driven by whoever asks over it, and by nobody while it is idle: no task is woken
//! for it, and none can stand still in another runtime.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, Builder, SendRequest};
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, Response, Uri};
use tokio::runtime::{self, Handle};

use crate::attentive::Attentive;
use crate::connector::Connector;
use crate::error::BoxError;

pub(crate) struct Pool<B: Body + 'static> {
    connector: Connector,
    idle: Mutex<Vec<Idle<B>>>,
}

struct Idle<B: Body + 'static> {
    connection: Box<Connection<B>>,
    since: Instant,
}

pub(crate) struct Connection<B: Body + 'static> {
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    /// The one that its socket belongs to.
    runtime: runtime::Id,
    sender: SendRequest<B>,
    /// None when it is over.
    driver: Option<http1::Connection<Attentive, B>>,
}

impl<B> Pool<B>
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, idle: Mutex::default() }
    }

    /// One that was used before and seems to be good still.
    pub(crate) fn idle(&self, uri: &Uri) -> Option<Box<Connection<B>>> {
        let runtime = Handle::current().id();
        let mut idle = self.lock();
        idle.retain(|kept| kept.since.elapsed() < KEPT_FOR);
        let fits = |kept: &Idle<B>| {
            let Connection { scheme, authority, runtime: its, .. } = &*kept.connection;
            *its == runtime
                && uri.scheme() == Some(scheme)
                && uri.authority().is_some_and(|other| other.as_str() == authority.as_str())
        };
        let position = idle.iter().rposition(fits)?;
        Some(idle.remove(position).connection)
    }

    pub(crate) async fn open(
        &self,
        uri: Uri,
        public_only: bool,
    ) -> Result<Box<Connection<B>>, BoxError> {
        let no_host = "the endpoint has no host";
        let scheme = uri.scheme().ok_or(no_host)?.clone();
        let authority = uri.authority().ok_or(no_host)?.clone();
        let default = if scheme == Scheme::HTTPS { 443 } else { 80 };
        let has_port = authority.port_u16().is_some_and(|port| port != default);
        let host = if has_port { authority.as_str() } else { authority.host() };
        let host = HeaderValue::from_str(host)?;
        let runtime = Handle::current().id();
        let stream = self.connector.connect(uri, public_only).await?;
        let (sender, driver) = Builder::new().max_buf_size(LONGEST_HEAD).handshake(stream).await?;
        Ok(Box::new(Connection { scheme, authority, host, runtime, sender, driver: Some(driver) }))
    }

    /// For the next one, if it can be used again.
    pub(crate) fn keep(&self, mut connection: Box<Connection<B>>) {
        // What it waits for now wakes nobody: whoever takes it next looks for himself.
        drive(&mut connection.driver, &mut Context::from_waker(Waker::noop()));
        if connection.sender.is_ready() {
            let mut idle = self.lock();
            if idle.len() >= KEPT_CONNECTIONS {
                idle.remove(0);
            }
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle<B>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> Connection<B>
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    /// Sends the request, and reads the answer as said. An error beside the reader's says that no
    /// answer began.
    pub(crate) async fn ask<T>(
        &mut self,
        mut request: Request<B>,
        read: impl AsyncFnOnce(Response<Incoming>) -> T,
    ) -> hyper::Result<T> {
        request.headers_mut().insert(HOST, self.host.clone());
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map(Uri::from).unwrap_or_default();
        let Self { sender, driver, .. } = self;
        let asked = sender.send_request(request);
        let mut answering = pin!(async { Ok(read(asked.await?).await) });
        poll_fn(|cx| {
            drive(driver, cx);
            // It waits for nothing but the connection, which has just been driven.
            answering.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        })
        .await
    }
}

/// One that is over is dropped, which tells whoever waits for its answer.
fn drive<B>(driver: &mut Option<http1::Connection<Attentive, B>>, cx: &mut Context<'_>)
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    if driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(cx).is_ready()) {
        *driver = None;
    }
}

/// Idle connections, to all servers together.
const KEPT_CONNECTIONS: usize = 10;
const KEPT_FOR: Duration = Duration::from_secs(15);

/// Also what is read at once: what floods a connection must not keep its thread from the clock.
const LONGEST_HEAD: usize = 16 * 1024;
