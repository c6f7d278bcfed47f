//! A service that answers what it is told, and remembers what it was asked.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use grantflow_hyper::RepeatableBody;
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::yield_now;
use tokio::time::Sleep;
use tower_service::Service;

/// Has room for one request at a time, until its answer is dropped; and insists on being asked
/// whether it is ready.
#[derive(Clone)]
pub(crate) struct Script {
    shared: Arc<Shared>,
    slot: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
    slots: Arc<Semaphore>,
}

struct Shared {
    answer: Box<dyn Fn(&Asked) -> Reply + Send + Sync>,
    asked: Mutex<Vec<Asked>>,
    reading: Reading,
}

/// How much of a request's body it reads before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// To its end.
    Whole,
    /// As many bytes as it said there would be, and not to the end.
    ByLength,
    /// Until it says that it is at its end, without another look.
    ByEnd,
    /// One frame.
    Frame,
    /// It is dropped unread.
    Nothing,
    /// It is kept, and never read.
    Never,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// How many came before it.
    pub(crate) earlier: usize,
    pub(crate) url: String,
    pub(crate) authorization: Option<String>,
    pub(crate) is_sensitive: bool,
    /// The length that it said it had.
    pub(crate) length: Option<u64>,
    pub(crate) was_empty: bool,
    pub(crate) body: Vec<u8>,
}

pub(crate) type Reply = Response<Steps>;

/// The body of an answer, step by step.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    left: VecDeque<Step>,
    pub(crate) length: Option<u64>,
    /// What is held on to as long as it is there.
    held: Vec<Box<dyn Kept>>,
}

trait Kept: Send + Debug {}
impl<T: Send + Debug> Kept for T {}

#[derive(Debug)]
pub(crate) enum Step {
    Data(Bytes),
    NotYet,
    /// What follows comes only then.
    Later(Pin<Box<Sleep>>),
    /// Nothing more comes.
    Never,
    Trailers,
    Error(&'static str),
}

impl Script {
    pub(crate) fn new(
        reading: Reading,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared { answer: Box::new(answer), asked: Mutex::default(), reading };
        let slots = Arc::new(Semaphore::new(1));
        Self { shared: Arc::new(shared), slot: Arc::default(), slots }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The `Authorization` of each request so far.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.authorization.unwrap_or_default()).collect()
    }

    /// Whether it holds nothing for anybody.
    pub(crate) fn is_free(&self) -> bool {
        self.slots.available_permits() == 1
    }

    /// As a service is cloned: without what the other has.
    fn fresh(&self) -> Self {
        Self { slot: Arc::default(), ..self.clone() }
    }
}

/// The script as a service.
pub(crate) struct Server(pub(crate) Script);

impl Clone for Server {
    fn clone(&self) -> Self {
        Self(self.0.fresh())
    }
}

impl<B> Service<Request<RepeatableBody<B>>> for Server
where
    B: Body + Send + 'static,
    B::Error: Debug + Send,
{
    type Response = Reply;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Reply>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut slot = self.0.slot.lock().unwrap();
        if slot.is_none() {
            let Ok(permit) = Arc::clone(&self.0.slots).try_acquire_owned() else {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            };
            *slot = Some(permit);
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RepeatableBody<B>>) -> Self::Future {
        let slot = self.0.slot.lock().unwrap().take();
        assert!(slot.is_some(), "it was not asked whether it is ready");
        let shared = Arc::clone(&self.0.shared);
        Box::pin(async move {
            yield_now().await;
            let authorization = request.headers().get(AUTHORIZATION);
            let mut asked = Asked {
                earlier: shared.asked.lock().unwrap().len(),
                url: request.uri().to_string(),
                authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
                is_sensitive: authorization.is_some_and(http::HeaderValue::is_sensitive),
                length: request.body().size_hint().exact(),
                was_empty: request.body().is_end_stream(),
                body: Vec::new(),
            };
            let unread = read(shared.reading, request.into_body(), &mut asked).await?;
            let mut reply = (shared.answer)(&asked);
            reply.body_mut().held.push(Box::new((slot, unread)));
            shared.asked.lock().unwrap().push(asked);
            yield_now().await;
            Ok(reply)
        })
    }
}

async fn read<B>(
    reading: Reading,
    mut body: RepeatableBody<B>,
    asked: &mut Asked,
) -> io::Result<Option<Box<dyn Kept>>>
where
    B: Body + Send + 'static,
    B::Error: Debug,
{
    if reading == Reading::Never {
        return Ok(Some(Box::new(body)));
    }
    if reading == Reading::Nothing {
        return Ok(None);
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| io::Error::other(format!("{error:?}")))?;
        asked.body.extend_from_slice(frame.data_ref().map(Bytes::as_ref).unwrap_or_default());
        let all = asked.length == u64::try_from(asked.body.len()).ok();
        let enough = match reading {
            Reading::ByLength => all,
            Reading::ByEnd => body.is_end_stream(),
            Reading::Frame => true,
            _ => false,
        };
        if enough {
            break;
        }
    }
    Ok(None)
}

impl Body for Steps {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(match self.left.pop_front() {
            None => None,
            Some(Step::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Step::Trailers) => {
                let pair = (http::HeaderName::from_static("a"), http::HeaderValue::from(1));
                Some(Ok(Frame::trailers([pair].into_iter().collect())))
            }
            Some(Step::Error(text)) => Some(Err(io::Error::other(text))),
            Some(Step::Never) => {
                self.left.push_front(Step::Never);
                return Poll::Pending;
            }
            Some(Step::Later(mut sleep)) => {
                if sleep.as_mut().poll(cx).is_ready() {
                    return self.poll_frame(cx);
                }
                self.left.push_front(Step::Later(sleep));
                return Poll::Pending;
            }
            Some(Step::NotYet) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        })
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.length.map_or_else(Default::default, hyper::body::SizeHint::with_exact)
    }
}

/// An answer with these lines and this body.
pub(crate) fn reply(status: u16, lines: &[(http::HeaderName, &str)], steps: Vec<Step>) -> Reply {
    let mut builder = Response::builder().status(status);
    for (name, value) in lines {
        builder = builder.header(name, *value);
    }
    builder.body(Steps { left: steps.into(), ..Steps::default() }).unwrap()
}

pub(crate) fn data(text: impl Into<Bytes>) -> Step {
    Step::Data(text.into())
}

pub(crate) fn fine() -> Reply {
    reply(200, &[], vec![data("fine")])
}

/// As RFC 6750 has it.
pub(crate) fn refused() -> Reply {
    let challenge = r#"Bearer realm="sales", error="invalid_token""#;
    reply(401, &[(WWW_AUTHENTICATE, challenge)], vec![Step::NotYet, data("no")])
}

/// In the body alone, and in pieces.
pub(crate) fn refused_in_body() -> Reply {
    let steps = vec![data(r#"{"error":"#), Step::NotYet, data(r#""invalid_token"}"#)];
    reply(401, &[(CONTENT_TYPE, "application/json")], steps)
}
