//! Pushed authorization requests (RFC 9126): the parameters of a login go to the server directly,
//! and the user's browser carries only a reference to them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::authorization_code::{AuthorizationUrl, AwaitingCallback};
use crate::dialect::BodyFormat;
use crate::error::{CallbackError, Error};
use crate::exchange::{Exchange, sealed::Sealed};
use crate::flow::{Failed, Flow, State};
use crate::provider::known;
use crate::time::Timestamp;
use crate::tokens::Deviation;
use crate::url::{Endpoint, check_absolute_uri};
use crate::wire::answer::{Asked, invalid, missing, read_object, required};
use crate::wire::token_answer::up_to_a_century;
use crate::wire::{self, Response};

/// The login's parameters are about to be pushed. Send it: [`Exchange`].
#[derive(Debug)]
pub struct Pushing {
    login: AwaitingCallback,
    endpoint: Endpoint,
}

/// The server has the login's parameters. Send the user to
/// [`authorization_url`](Flow::authorization_url), soon.
pub struct Pushed {
    login: AwaitingCallback,
    sent_at: Timestamp,
    answer: Answer,
}

struct Answer {
    request_uri: String,
    lifetime: Duration,
    deviations: Vec<Deviation>,
}

impl Flow<AwaitingCallback> {
    /// Sends the parameters to the server before the user goes there (RFC 9126 section 2.1), so
    /// that nobody on the way can read or change them. State and PKCE stay in force.
    ///
    /// ```
    /// use grantflow::{Client, Entropy, Exchange, Provider, Secret, Timestamp};
    ///
    /// let provider = Provider::new("https://as.example.com/token".parse()?)
    ///     .with_authorization_endpoint("https://as.example.com/authorize".parse()?)
    ///     .with_pushed_authorization_request_endpoint("https://as.example.com/par".parse()?);
    /// let client = Client::new("app", Secret::new("s3cr3t-s3cr3t")?, provider)?;
    /// # let (entropy, now) = (Entropy::from_bytes([7; 64]), Timestamp::from_unix_seconds(0));
    /// let redirect_uri = "https://app.example/cb".parse()?;
    /// let login = client.authorization_code(redirect_uri, "read".parse()?, entropy, now)?;
    ///
    /// let pushing = login.push()?;
    /// assert_eq!(
    ///     pushing.request().body().as_ref(),
    ///     b"response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=read\
    ///       &state=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc\
    ///       &code_challenge=3Ev4DHdHPRMPoN6GukAY_pi7IUAF5qWJHRK6kURvnoE&code_challenge_method=S256",
    /// );
    /// let response = http::Response::builder().status(201)
    ///     .header("content-type", "application/json")
    ///     .body(r#"{"request_uri":"urn:ietf:params:oauth:request_uri:6esc","expires_in":60}"#)?;
    /// let (url, login) = pushing.receive(&response, now)?.authorization_url(now)?;
    /// assert_eq!(
    ///     url.as_str(),
    ///     "https://as.example.com/authorize?client_id=app\
    ///      &request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc",
    /// );
    /// // The login goes on as any other.
    /// let callback = "https://app.example/cb?code=c-1\
    ///                 &state=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
    /// let exchanging = login.callback(callback, now)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Failed`], with the login to be taken back by [`retry`](Failed::retry), where the provider
    /// has no pushed authorization request endpoint.
    pub fn push(self) -> Result<Flow<Pushing>, Failed<Self>> {
        let endpoint = self.client.provider().pushed_authorization_request_endpoint();
        match known(endpoint, "pushed_authorization_request_endpoint") {
            Ok(endpoint) => {
                Ok(Flow { client: self.client, state: Pushing { login: self.state, endpoint } })
            }
            Err(error) => Err(Failed::new(error, self)),
        }
    }
}

impl Flow<Pushing> {
    fn read(&self, response: &Response<'_>, sent_at: Timestamp) -> Result<Answer, Error> {
        let pending = &self.state.login.pending;
        let state = pending.state.expose();
        let secrets = || [state].into_iter().chain(pending.extra.secrets()).collect();
        self.client.asked(sent_at, false, &secrets, |asked| {
            // RFC 9126 section 2.2: something was created.
            read(response, &Asked { success: 201, ..*asked })
        })
    }
}

impl Exchange for Flow<Pushing> {
    type Output = Flow<Pushed>;

    fn wire_request(&self) -> wire::Request<'_> {
        let Pushing { login, endpoint } = &self.state;
        login.parameters(&self.client, |own| {
            self.client.request(endpoint, BodyFormat::Form, own, &login.pending.extra)
        })
    }

    fn receive<'a>(
        self,
        response: impl Into<Response<'a>>,
        sent_at: Timestamp,
    ) -> Result<Flow<Pushed>, Failed<Self>> {
        match self.read(&response.into(), sent_at) {
            Ok(answer) => {
                let state = Pushed { login: self.state.login, sent_at, answer };
                Ok(Flow { client: self.client, state })
            }
            Err(error) => Err(Failed::new(error, self)),
        }
    }

    /// A request that nobody refers to goes away by itself.
    fn may_repeat(&self) -> bool {
        true
    }
}

impl Flow<Pushed> {
    /// The login page, with the reference and nothing else (RFC 9126 section 4), and the login that
    /// waits for its callback. A reference works once, so it is given out once (section 7.3).
    ///
    /// # Errors
    /// [`Failed`] with [`CallbackError::Expired`] where the reference is over: start the login
    /// again.
    pub fn authorization_url(
        self,
        now: Timestamp,
    ) -> Result<(AuthorizationUrl, Flow<AwaitingCallback>), Failed<Self>> {
        let Pushed { sent_at, answer, .. } = &self.state;
        if now.elapsed_since(*sent_at).is_none_or(|age| age >= answer.lifetime) {
            return Err(Failed::new(CallbackError::Expired, self));
        }
        let parameters =
            [("client_id", self.client.client_id()), ("request_uri", &*answer.request_uri)];
        let url = AuthorizationUrl::new(&self.client, parameters.into_iter());
        let mut state = self.state.login;
        state.pending.pushed = true;
        Ok((url, Flow { client: self.client, state }))
    }

    /// The reference: whoever has it can send a browser with it, once.
    pub fn request_uri(&self) -> &str {
        &self.state.answer.request_uri
    }

    /// How long the reference lives, counted from when the request was sent.
    pub fn lifetime(&self) -> Duration {
        self.state.answer.lifetime
    }

    /// What was forgiven.
    pub fn deviations(&self) -> &[Deviation] {
        &self.state.answer.deviations
    }
}

impl fmt::Debug for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushed")
            .field("login", &self.login)
            .field("sent_at", &self.sent_at)
            .field("lifetime", &self.answer.lifetime)
            .finish_non_exhaustive()
    }
}

/// RFC 9126 section 2.2.
fn read(response: &Response<'_>, asked: &Asked<'_>) -> Result<Answer, Error> {
    let (mut members, deviations) = read_object(response, asked)?;
    let request_uri = required(response, &mut members, "request_uri", "an absolute URI", |uri| {
        check_absolute_uri(&uri).is_ok().then_some(uri)
    })?;
    let value = members.take("expires_in").ok_or_else(|| missing(response, "expires_in"))?;
    let seconds = value.0.as_u64().filter(|seconds| *seconds > 0);
    let seconds = seconds.ok_or_else(|| invalid(response, "expires_in", "a positive integer"))?;
    let lifetime = Duration::from_secs(up_to_a_century(seconds).into());
    Ok(Answer { request_uri, lifetime, deviations })
}

impl Sealed for Pushing {}
impl State for Pushing {}
impl Sealed for Flow<Pushing> {}
impl Sealed for Pushed {}
impl State for Pushed {}

#[cfg(test)]
mod tests;
