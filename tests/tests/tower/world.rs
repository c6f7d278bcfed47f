//! A token endpoint, a source, and a scripted API behind the layer.

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use grantflow::{NotRepeated, Scope};
use grantflow_hyper::{
    Authorize, AuthorizeError, AuthorizeLayer, ResponseBody, TokenSource, Transport,
};
use grantflow_tests::gate::Gate;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Body;

use crate::script::{Asked, Reading, Reply, Script, Server, Steps};

pub(crate) const API: &str = "https://api.example/v1/sales";

pub(crate) struct World {
    pub(crate) gate: Gate,
    pub(crate) source: TokenSource,
    pub(crate) script: Script,
    pub(crate) api: Authorize<Server>,
}

/// An answer with all of its body that came, and the error that ended it.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) status: StatusCode,
    pub(crate) why: Option<NotRepeated>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: bool,
    pub(crate) error: Option<String>,
}

impl World {
    pub(crate) fn new(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::reading(Reading::Whole, answer)
    }

    pub(crate) fn reading(
        reading: Reading,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let gate = Gate::start().unwrap();
        let source = source(&gate);
        let script = Script::new(reading, answer);
        let layer = AuthorizeLayer::new(&source, [API.parse().unwrap()]);
        let api = layer.layer(Server(script.clone()));
        Self { gate, source, script, api }
    }

    pub(crate) async fn try_get(
        &self,
        url: &str,
    ) -> Result<Response<ResponseBody<Steps>>, AuthorizeError<std::io::Error>> {
        self.api.request(Request::get(url).body(Empty::<Bytes>::new()).unwrap()).await
    }

    pub(crate) async fn get(&self) -> Whole {
        whole(self.try_get(API).await.unwrap()).await
    }

    pub(crate) async fn post<B>(&self, body: B) -> Whole
    where
        B: Body + Send + 'static,
        B::Error: Debug + Send,
    {
        whole(self.api.request(Request::post(API).body(body).unwrap()).await.unwrap()).await
    }
}

pub(crate) fn source(gate: &Gate) -> TokenSource {
    let client = gate.client().unwrap();
    let flow = client.client_credentials(Scope::default()).unwrap();
    TokenSource::new(&Transport::new(), flow)
}

pub(crate) async fn whole<R: Body<Data: Debug, Error: Debug>>(
    answer: Response<ResponseBody<R>>,
) -> Whole {
    let (head, mut rest) = answer.into_parts();
    let why = head.extensions.get().copied();
    let (mut body, mut trailers, mut error) = (Vec::new(), false, None);
    while let Some(frame) = rest.frame().await {
        match frame {
            Ok(frame) => {
                trailers |= frame.is_trailers();
                body.extend_from_slice(frame.data_ref().map(Bytes::as_ref).unwrap_or_default());
            }
            Err(broken) => error = Some(format!("{broken:?}")),
        }
    }
    Whole { status: head.status, why, body, trailers, error }
}

/// What the future comes to within so many polls; then it is dropped.
pub(crate) async fn within<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// A future that would wait for ever is a failure, not a test that never ends.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(std::time::Duration::from_secs(20), future).await.unwrap()
}
