//! The token on the requests of an agent.

use std::error::Error;
use std::fmt;
use std::io::{self, Cursor, Read};

use grantflow::{AccessToken, NotRepeated, Origin, TokenVerdict};
use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING};
use ureq::http::request::Parts;
use ureq::http::{HeaderValue, Method, Request, Response, StatusCode};
use ureq::middleware::{Middleware, MiddlewareNext};
use ureq::{Agent, Body, RequestExt, SendBody};

use crate::quiet::Quiet;
use crate::source::TokenSource;

/// Puts the token of a [`TokenSource`] on an agent's requests to an API, and renews it where the
/// API refuses it (RFC 6750; facts M6, M8).
///
/// ```no_run
/// use grantflow_ureq::grantflow::{Client, Origin, Scope, Secret, partner::meed};
/// use grantflow_ureq::{Authorize, TokenSource, Transport};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new(std::env::var("MEED_SECRET")?)?;
/// let client = Client::new("meed_0cb08343fffe4134", secret, meed::provider("partner.example")?)?;
/// let source = TokenSource::new(&Transport::new(), client.client_credentials(Scope::default())?);
///
/// let api: Origin = "https://partner.example".parse()?;
/// let agent: ureq::Agent =
///     ureq::Agent::config_builder().middleware(Authorize::new(&source, [api])).build().into();
/// let sales = agent.get("https://partner.example/api/partner/v1/sales").call()?;
/// # Ok(())
/// # }
/// ```
///
/// # Where the token goes
/// To the given origins, over TLS, and nowhere else (RFC 9700 section 4.9). Requests to others, by
/// their `Host` header too, are passed on as they are: one agent may have one of these for each
/// partner. What is within the origins has settings that the agent cannot change:
/// - **Every status is an answer**, no error, as a 401 has something to say: look at the status.
/// - Redirects are not followed but handed on, as the token must not follow them either.
///
/// # What it does about a 401
/// Where the API refuses the token, as the partner's [`Dialect`] says, that token is
/// [rejected](TokenSource::reject), the next one is had, and the request is sent once more, if its
/// body can be: see [`KEPT_BODY`](Self::KEPT_BODY). Otherwise the 401 is handed on, body and all,
/// and the response has the extension [`NotRepeated`], which says why. No other answer renews
/// anything, 403 `insufficient_scope` for one (RFC 6750 section 3.1).
///
/// # Errors
/// Beside ureq's own, an [`ureq::Error::Other`],
/// - with a [`TokenError`](grantflow::TokenError) in it, to be had by `downcast_ref`, where there is
///   no token: the request is not sent, or not sent once more;
/// - where the request has an `Authorization` already (RFC 6750 section 2): it is not sent.
///
/// # Mind
/// - Make it the last middleware, or the last ones, each for other origins. Those behind it see the
///   first sending only; they should not follow redirects either.
/// - The second sending has the agent's settings (TLS, proxy, timeouts, user agent) and a connection
///   of its own, without the agent's cookies, and by ureq's own connector and resolver
///   ([or others](Self::repeat_with)). The timeouts begin anew, and [`Agent::shutdown`] does not
///   reach it.
/// - Give the agent a timeout, as ureq has none by default: the wait for a token has one, the API
///   and the body of its 401 have only the agent's.
///
/// [`Dialect`]: grantflow::Dialect
#[derive(Clone)]
pub struct Authorize {
    source: TokenSource,
    origins: Vec<Origin>,
    /// For the second sending: a middleware can send by its own agent only once.
    again: Agent,
}

impl Authorize {
    /// How many bytes of a request's body are kept so that it can be sent again: 64 KiB.
    ///
    /// A body of so many bytes or fewer is read before anything is sent, and goes out with its
    /// `Content-Length`. A longer one is sent once, and in chunks, unless the request has a
    /// `Content-Length` of the caller's.
    pub const KEPT_BODY: usize = 64 * 1024;

    /// Puts this source's token on the requests to these origins.
    pub fn new(source: &TokenSource, origins: impl IntoIterator<Item = Origin>) -> Self {
        Self {
            source: source.clone(),
            origins: origins.into_iter().collect(),
            again: Agent::config_builder().max_idle_connections(0).build().into(),
        }
    }

    fn allows<B>(&self, request: &Request<B>) -> bool {
        self.origins.iter().any(|origin| origin.contains_request(request))
    }

    /// Sends by this agent where a request is sent a second time: for agents with a connector or a
    /// resolver of their own. Its other settings do not matter, but it has no middleware that puts
    /// on an `Authorization`.
    #[must_use]
    pub fn repeat_with(self, agent: Agent) -> Self {
        Self { again: agent, ..self }
    }

    fn authorization(&self) -> Result<HeaderValue, ureq::Error> {
        self.source.authorization().map_err(other)
    }

    /// Whether the answer refuses the token; and the answer, whole.
    fn is_refused(&self, answer: Response<Body>, method: &Method) -> (bool, Response<Body>) {
        if answer.status() != StatusCode::UNAUTHORIZED {
            return (false, answer);
        }
        let client = self.source.client();
        match client.provider().dialect().verdict_on(&answer) {
            TokenVerdict::Refused => (true, answer),
            TokenVerdict::InBody if *method != Method::HEAD => {
                let (head, body) = answer.into_parts();
                let (refused, body) = look_into(body);
                (refused, Response::from_parts(head, body))
            }
            TokenVerdict::InBody | TokenVerdict::NotRefused => (false, answer),
        }
    }
}

impl Middleware for Authorize {
    fn handle(
        &self,
        request: Request<SendBody>,
        next: MiddlewareNext,
    ) -> Result<Response<Body>, ureq::Error> {
        if !self.allows(&request) {
            return next.handle(request);
        }
        if request.headers().contains_key(AUTHORIZATION) {
            return Err(other(
                "the request has an Authorization header already, perhaps from another middleware, and \
                 this one would put on another; leave one of them out",
            ));
        }
        let first = self.authorization()?;
        let Some(settings) = request.middleware_config() else {
            return Err(other("ureq has no settings for this request"));
        };
        let request =
            settings.http_status_as_error(false).max_redirects(0).https_only(true).build();

        let (mut head, body) = request.into_parts();
        let mut body = Outgoing::read(body.into_reader())?;
        body.set_length(&mut head);

        let answer = body.send(&head, &first, |request| next.handle(request))?;
        let (refused, answer) = self.is_refused(answer, &head.method);
        if !refused {
            return Ok(answer);
        }
        if let Ok(token) = AccessToken::try_from(&first) {
            self.source.reject(&token);
        }
        if !body.may_repeat() {
            return Ok(not_repeated(answer, NotRepeated::BodySpent));
        }
        let second = self.authorization()?;
        if second == first {
            return Ok(not_repeated(answer, NotRepeated::TokenIsNew));
        }
        drop(answer);
        let answer = body.send(&head, &second, |request| self.again.run(request))?;
        match self.is_refused(answer, &head.method) {
            (true, answer) => Ok(not_repeated(answer, NotRepeated::RefusedAgain)),
            (false, answer) => Ok(answer),
        }
    }
}

impl fmt::Debug for Authorize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorize").field("origins", &self.origins).finish_non_exhaustive()
    }
}

/// The body of a request.
struct Outgoing<R> {
    start: Vec<u8>,
    /// Where it is longer than what is kept.
    rest: Option<R>,
}

impl<R: Read> Outgoing<R> {
    fn read(mut reader: R) -> io::Result<Self> {
        let mut start = Vec::new();
        reader.by_ref().take(one_more(Authorize::KEPT_BODY)).read_to_end(&mut start)?;
        let rest = (start.len() > Authorize::KEPT_BODY).then_some(reader);
        Ok(Self { start, rest })
    }

    fn may_repeat(&self) -> bool {
        self.rest.is_none()
    }

    /// Says how long it is, if that is known and the caller did not. The methods are those that
    /// ureq never sends without a length.
    fn set_length(&self, head: &mut Parts) {
        let needs_length = [Method::POST, Method::PUT, Method::PATCH].contains(&head.method);
        let is_there = !self.start.is_empty() || needs_length;
        let is_said = |name| head.headers.contains_key(name);
        if self.rest.is_none()
            && is_there
            && !is_said(CONTENT_LENGTH)
            && !is_said(TRANSFER_ENCODING)
        {
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(self.start.len()));
        }
    }

    fn send(
        &mut self,
        head: &Parts,
        authorization: &HeaderValue,
        carry: impl FnOnce(Request<SendBody<'_>>) -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, ureq::Error> {
        let _quiet = Quiet::keep();
        let mut head = head.clone();
        head.headers.insert(AUTHORIZATION, authorization.clone());
        let mut start = self.start.as_slice();
        match &mut self.rest {
            Some(rest) => {
                let mut whole = start.chain(rest);
                carry(Request::from_parts(head, SendBody::from_reader(&mut whole)))
            }
            None if start.is_empty() => carry(Request::from_parts(head, SendBody::none())),
            None => carry(Request::from_parts(head, SendBody::from_reader(&mut start))),
        }
    }
}

fn not_repeated(mut answer: Response<Body>, why: NotRepeated) -> Response<Body> {
    answer.extensions_mut().insert(why);
    answer
}

/// Whether the body refuses the token; and a body that reads the same, errors included.
fn look_into(body: Body) -> (bool, Body) {
    let mut same = Body::builder();
    if let Some(mime_type) = body.mime_type() {
        same = same.mime_type(mime_type);
    }
    if let Some(charset) = body.charset() {
        same = same.charset(charset);
    }
    let mut rest = body.into_reader();
    let mut start = Vec::new();
    match rest.by_ref().take(one_more(TokenVerdict::READ_AHEAD)).read_to_end(&mut start) {
        Ok(_) if start.len() <= TokenVerdict::READ_AHEAD => {
            (TokenVerdict::is_refused_in(&start), same.data(start))
        }
        Ok(_) => (false, same.reader(Cursor::new(start).chain(rest))),
        Err(error) => {
            (false, same.reader(Cursor::new(start).chain(Broken(Some(error))).chain(rest)))
        }
    }
}

/// Where reading failed once.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn one_more(limit: usize) -> u64 {
    u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)
}

fn other(error: impl Into<Box<dyn Error + Send + Sync>>) -> ureq::Error {
    ureq::Error::Other(error.into())
}
