//! A token whenever one is needed.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use grantflow::{
    AccessToken, Client, Lookup, MemoryStore, TokenCache, TokenError, TokenRecord, Tokens, Waiting,
};
use hyper::header::HeaderValue;
use tokio::time;

use crate::fetch::{Inner, Means};
use crate::system::{now, reading};
use crate::telemetry::{self, Stats};
use crate::transport::Transport;

/// Has a valid access token whenever one is needed, and asks for one only when it has to (facts M5,
/// M6): for a client's own token ([`Client::client_credentials`]) or for a session that can be
/// refreshed ([`Authorized`]). Such a session ends with the process; to keep it,
/// [`TokenSources`](crate::TokenSources) makes sources over a store.
///
/// Cheap to clone; the clones share the token. However many tasks ask at once, one request goes
/// out, and all have what comes of it. It goes out as a task of its own, so a caller's future may
/// be dropped at any point: the answer is not lost, and the others are not kept waiting.
/// [`TokenCache`] says when it asks, when it waits, and when it refuses.
///
/// ```no_run
/// use grantflow_hyper::grantflow::{Client, Scope, Secret, partner::meed};
/// use grantflow_hyper::{TokenSource, Transport};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new(std::env::var("MEED_SECRET")?)?;
/// let client = Client::new("meed_0cb08343fffe4134", secret, meed::provider("partner.example")?)?;
/// let source = TokenSource::new(&Transport::new(), client.client_credentials(Scope::default())?);
///
/// let header = source.authorization().await?; // at each API call: `Authorization: Bearer …`
/// # Ok(())
/// # }
/// ```
///
/// # Runtime
/// The task belongs to the runtime of whoever asked first. Where that runtime ends, the others
/// take over at once; where it only stands still, a while after the transport's
/// [timeout](crate::TransportBuilder::timeout), or for a session in a store after some minutes.
///
/// [`Client::client_credentials`]: grantflow::Client::client_credentials
/// [`Authorized`]: grantflow::flow::Authorized
#[derive(Clone)]
pub struct TokenSource(pub(crate) Arc<Inner>);

impl TokenSource {
    /// A source of the tokens that this grant brings: a flow, or a [`TokenCache`] with another
    /// margin.
    pub fn new(transport: &Transport, grant: impl Into<TokenCache>) -> Self {
        // Only a cache over a store asks for one.
        let means = Means::new(transport, MemoryStore::new());
        Self(Arc::new(Inner::new(&means, grant.into())))
    }

    /// A valid token, with all that came with it. Waits while one is fetched, if there is none.
    ///
    /// # Errors
    /// [`TokenError`] where none can be had: the error of the last request for one. It is given
    /// again, without a request, until the pause after it is over.
    pub async fn token(&self) -> Result<Arc<Tokens>, TokenError> {
        let inner = &self.0;
        let mut waited: Option<Waiting> = None;
        loop {
            // Before the look into the cache: what is settled right after it is heard.
            let mut call = pin!(inner.call.notified());
            call.as_mut().enable();
            let lookup = match &waited {
                None => inner.cache.get(now),
                Some(waiting) => inner.cache.get_after(waiting, now),
            };
            let has_token =
                matches!(lookup, Lookup::Ready(_) | Lookup::Renew(..) | Lookup::Rotate(Some(_), _));
            if has_token && waited.is_none() {
                telemetry::reused();
            }
            let waiting = match lookup {
                Lookup::Ready(tokens) => return Ok(tokens),
                Lookup::Refused(error) => return Err(error),
                Lookup::Wait(waiting) => waiting,
                Lookup::Renew(tokens, ticket) => {
                    inner.fetch(ticket);
                    return Ok(tokens);
                }
                Lookup::Send(ticket) => {
                    let waiting = ticket.waiting();
                    inner.fetch(ticket);
                    waiting
                }
                Lookup::Rotate(held, rotation) => {
                    let waiting = rotation.waiting();
                    inner.rotate(*rotation);
                    match held {
                        Some(tokens) => return Ok(tokens),
                        None => waiting,
                    }
                }
            };
            // A call and a timeout both end in another look.
            let _ = time::timeout(waiting.time_left(now()), call).await;
            waited = Some(waiting);
        }
    }

    /// The value of the `Authorization` header field for an API request, marked as sensitive.
    ///
    /// From a thread's second call on, and until a renewal is due, this takes no lock, allocates
    /// nothing and does not wait, as long as the thread uses no more than a few sources: it keeps a
    /// copy of its own, until it ends or needs the place.
    ///
    /// # Errors
    /// As for [`token`](Self::token).
    pub async fn authorization(&self) -> Result<HeaderValue, TokenError> {
        match self.0.cache.fresh(reading) {
            Some(header) => {
                telemetry::reused();
                Ok(header)
            }
            None => Ok(self.token().await?.access_token().header()),
        }
    }

    /// For an API's `401 invalid_token`: this token is not handed out again (fact M6). A newer one
    /// stays.
    ///
    /// ```no_run
    /// # async fn run(
    /// #     source: &grantflow_hyper::TokenSource,
    /// #     answer: hyper::Response<String>,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// use grantflow_hyper::grantflow::{AccessToken, TokenVerdict};
    ///
    /// let header = source.authorization().await?;
    /// // A request with this header had this answer:
    /// let client = source.client();
    /// let refused = match client.provider().dialect().verdict_on(&answer) {
    ///     TokenVerdict::Refused => true,
    ///     TokenVerdict::InBody => TokenVerdict::is_refused_in(answer.body().as_bytes()),
    ///     TokenVerdict::NotRefused => false,
    /// };
    /// if refused {
    ///     source.reject(&AccessToken::try_from(&header)?); // and send once more
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn reject(&self, token: &AccessToken) {
        self.0.reject(token);
    }

    /// Replaces the credentials, or the session after a new login (fact M10): the old ones' token
    /// is dropped at once, and what is on its way for them will be. For a session that is kept in a
    /// store, there is [`TokenSources::login`](crate::TokenSources::login).
    pub fn replace(&self, grant: impl Into<TokenCache>) {
        self.0.cache.replace(grant);
        self.0.call.notify_waiters();
    }

    /// What has happened so far, in numbers, for a metrics system: to this source, or to all sources
    /// of the [`TokenSources`](crate::TokenSources) that it comes from.
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// Who asks, until it is [replaced](Self::replace).
    pub fn client(&self) -> Client {
        self.0.cache.client()
    }

    /// The tokens of a session that lives in memory, as data to store. After each refresh, what was
    /// stored before is worthless (fact F10), and a crash in between means a new login: sessions that
    /// are to last are kept by [`TokenSources`](crate::TokenSources).
    ///
    /// `None` where the server has refused the refresh token, for a session that is kept in a store,
    /// and for a client's own tokens.
    pub fn record(&self) -> Option<TokenRecord> {
        self.0.cache.record()
    }

    /// The error that says so, where new tokens of a stored session are here and the store has not
    /// taken them. While the token before is still good, nobody else is told.
    pub fn unsaved(&self) -> Option<TokenError> {
        self.0.cache.unsaved(now)
    }

    /// For the end of a program, before its runtime is dropped: waits until nothing is being fetched,
    /// or what is has been given up, and stores the new tokens of a session that the store has not
    /// taken before. A program that ends in the middle of a refresh may lose the new refresh token,
    /// while the old one is dead (fact F10).
    ///
    /// # Errors
    /// [`TokenError`] where the store does not take them now either: they are in
    /// [`unsaved`](TokenError::unsaved), and end with this process.
    pub async fn settle(&self) -> Result<(), TokenError> {
        let inner = &self.0;
        inner.wait_until_quiet().await;
        inner.save();
        inner.wait_until_quiet().await;
        self.unsaved().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenSource").field(&self.0.cache).finish()
    }
}
