//! A tower layer that puts tokens on API requests.

mod error;
mod repeatable_body;
mod response_body;
mod sending;

use std::future::{Future, poll_fn, ready};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use grantflow::Origin;
use hyper::body::Body;
use hyper::header::AUTHORIZATION;
use hyper::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

pub use self::error::AuthorizeError;
pub use self::repeatable_body::RepeatableBody;
pub use self::response_body::ResponseBody;
use self::sending::send;
use crate::source::TokenSource;

/// Puts a source's token on the requests to an API (facts M8, C6), and renews it when the API says
/// that it is no good (fact M6). Laid on a client, it makes an [`Authorize`].
///
/// ```no_run
/// # async fn run<C>(
/// #     source: grantflow_hyper::TokenSource,
/// #     http: hyper_util::client::legacy::Client<C, grantflow_hyper::RepeatableBody<String>>,
/// # ) -> Result<(), Box<dyn std::error::Error>>
/// # where C: hyper_util::client::legacy::connect::Connect + Clone + Send + Sync + 'static {
/// use grantflow_hyper::AuthorizeLayer;
/// use hyper::Request;
///
/// let origin = "https://partner.example".parse()?;
/// let api = AuthorizeLayer::new(&source, [origin]).layer(http); // hyper-util's client, or any
/// let sales = Request::get("https://partner.example/api/partner/v1/sales").body(String::new())?;
/// let sales = api.request(sales).await?;
/// # Ok(())
/// # }
/// ```
///
/// # What it does
/// - Only a request to one of the origins, over https, gets the token. Any other goes on as it is,
///   one with the `Host` of another too (RFC 6750 section 5.3, RFC 9700 section 4.9).
///   Redirects are handed on, and the layer belongs beneath whatever follows them.
/// - Where no token can be had, or the request has an `Authorization` already (RFC 6750 section
///   2), nothing is sent. So no two layers are for the same origin.
/// - A 401 that refuses the token, in a header field or in its JSON body as the provider's
///   [`Dialect`] says, is not the end: that very token is [rejected], and the request is sent
///   once more with the next one, if its body [can be sent again](RepeatableBody). Otherwise the
///   401 is handed on, with a [`NotRepeated`] among its extensions that says why.
/// - Every other answer is handed on, `403 insufficient_scope` too: another token would not help
///   (RFC 6750 section 3.1). To find out, up to 16 KiB of a 401's body are read ahead, for five
///   seconds at most; the caller gets them all the same.
///
/// [`Dialect`]: grantflow::Dialect
/// [`NotRepeated`]: grantflow::NotRepeated
/// [rejected]: TokenSource::reject
#[derive(Clone, Debug)]
pub struct AuthorizeLayer {
    source: TokenSource,
    origins: Arc<[Origin]>,
}

/// A client whose requests have a token: see [`AuthorizeLayer`].
///
/// It is a tower service for requests with any body, over one that takes [`RepeatableBody`]s. Its
/// futures may be dropped at any point.
#[derive(Clone, Debug)]
pub struct Authorize<S> {
    inner: S,
    layer: AuthorizeLayer,
}

/// What becomes of a request.
type Answer<R, E> = Result<Response<ResponseBody<R>>, AuthorizeError<E>>;
type Answering<R, E> = Pin<Box<dyn Future<Output = Answer<R, E>> + Send>>;

impl AuthorizeLayer {
    /// How many bytes of a request's body are kept so that it can be sent again: 64 KiB. A longer
    /// one is sent once.
    pub const KEPT_BODY: usize = 64 * 1024;

    /// Puts this source's token on the requests to these origins, and on no others.
    pub fn new(source: &TokenSource, origins: impl IntoIterator<Item = Origin>) -> Self {
        Self { source: source.clone(), origins: origins.into_iter().collect() }
    }

    /// Lays it on a client, one whose requests have [`RepeatableBody`]s: make it for this, and its
    /// type is inferred. All requests of a client have one type of body, `Full<Bytes>` or a boxed
    /// one say. With tower's `ServiceBuilder`, it is a layer as any other.
    pub fn layer<S>(&self, inner: S) -> Authorize<S> {
        Authorize { inner, layer: self.clone() }
    }

    fn allows<B>(&self, request: &Request<B>) -> bool {
        self.origins.iter().any(|origin| origin.contains_request(request))
    }
}

impl<S> Layer<S> for AuthorizeLayer {
    type Service = Authorize<S>;

    fn layer(&self, inner: S) -> Authorize<S> {
        self.layer(inner)
    }
}

impl<S> Authorize<S> {
    /// Sends a request: for programs that have no other use for tower.
    ///
    /// # Errors
    /// [`AuthorizeError`] where it was not sent or no answer came. Every status is an answer.
    pub fn request<B, R>(
        &self,
        request: Request<B>,
    ) -> impl Future<Output = Answer<R, S::Error>> + Send + use<S, B, R>
    where
        S: Service<Request<RepeatableBody<B>>, Response = Response<R>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Send,
        B: Body + Send + 'static,
        R: Body + Send + 'static,
        R::Error: Send,
    {
        let mut service = self.clone();
        async move {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(request).await
        }
    }
}

impl<S, B, R> Service<Request<B>> for Authorize<S>
where
    S: Service<Request<RepeatableBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    B: Body + Send + 'static,
    R: Body + Send + 'static,
    R::Error: Send,
{
    type Response = Response<ResponseBody<R>>;
    type Error = AuthorizeError<S::Error>;
    type Future = Answering<R, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(AuthorizeError::Service)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !self.layer.allows(&request) {
            let answer = self.inner.call(request.map(RepeatableBody::once));
            return Box::pin(async {
                Ok(answer.await.map_err(AuthorizeError::Service)?.map(ResponseBody::new))
            });
        }
        if request.headers().contains_key(AUTHORIZATION) {
            return Box::pin(ready(Err(AuthorizeError::HasAuthorization)));
        }
        // The one that is ready goes along; its clone waits for the next request.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        Box::pin(send(inner, self.layer.source.clone(), request))
    }
}
