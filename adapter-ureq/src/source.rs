//! A token whenever one is needed.

use std::fmt;
use std::sync::Arc;

use grantflow::{
    AccessToken, Client, Lookup, MemoryStore, TokenCache, TokenError, TokenRecord, Tokens,
};
use ureq::http::HeaderValue;

use crate::fetch::{Caller, Errand, Inner, Means};
use crate::system::{now, reading};
use crate::telemetry::{self, Stats};
use crate::transport::Transport;

/// Has a valid access token whenever one is needed, and asks for one only when it has to (facts M5,
/// M6): for a client's own token ([`Client::client_credentials`]) or for a session that can be
/// refreshed ([`Authorized`]). Such a session ends with the process; to keep it,
/// [`TokenSources`](crate::TokenSources) makes sources over a store.
///
/// Cheap to clone; the clones share the token. However many threads ask at once, one request goes
/// out, and all have what comes of it. It goes out on a thread of its own (or, where
/// [many](crate::Transport) are at work, on the caller's), so whatever becomes of those who wait for
/// it, its answer is not lost. [`TokenCache`] says when it asks, when it waits, and when it refuses.
///
/// ```no_run
/// use grantflow_ureq::grantflow::{Client, Scope, Secret, partner::meed};
/// use grantflow_ureq::{TokenSource, Transport};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new(std::env::var("MEED_SECRET")?)?;
/// let client = Client::new("meed_0cb08343fffe4134", secret, meed::provider("partner.example")?)?;
/// let source = TokenSource::new(&Transport::new(), client.client_credentials(Scope::default())?);
///
/// let header = source.authorization()?; // at each API call: `Authorization: Bearer …`
/// # Ok(())
/// # }
/// ```
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
    pub fn token(&self) -> Result<Arc<Tokens>, TokenError> {
        let inner = &self.0;
        let mut heard = *inner.calls();
        let mut lookup = inner.cache.get(now);
        if let Lookup::Ready(_) | Lookup::Renew(..) | Lookup::Rotate(Some(_), _) = &lookup {
            telemetry::reused();
        }
        loop {
            let (held, errand) = match lookup {
                Lookup::Ready(tokens) => return Ok(tokens),
                Lookup::Refused(error) => return Err(error),
                Lookup::Renew(tokens, ticket) => (Some(tokens), Errand::Ticket(ticket)),
                Lookup::Send(ticket) => (None, Errand::Ticket(ticket)),
                Lookup::Rotate(held, rotation) => (held, Errand::Rotation(rotation)),
                Lookup::Wait(waiting) => {
                    heard = inner.wait(heard, &waiting);
                    lookup = inner.cache.get_after(&waiting, now);
                    continue;
                }
            };
            let waiting = errand.waiting();
            if let Some(tokens) = held {
                inner.fetch(errand, Caller::GoesOn);
                return Ok(tokens);
            }
            inner.fetch(errand, Caller::Waits);
            heard = inner.wait(heard, &waiting);
            lookup = inner.cache.get_after(&waiting, now);
        }
    }

    /// The value of the `Authorization` header field for an API request, marked as sensitive.
    ///
    /// From a thread's second call on, and until a renewal is due, this takes no lock and allocates
    /// nothing, as long as the thread uses no more than a few sources: it keeps a copy of its own,
    /// until it ends or needs the place.
    ///
    /// # Errors
    /// As for [`token`](Self::token).
    pub fn authorization(&self) -> Result<HeaderValue, TokenError> {
        match self.0.cache.fresh(reading) {
            Some(header) => {
                telemetry::reused();
                Ok(header)
            }
            None => self.token().map(|tokens| tokens.access_token().header()),
        }
    }

    /// For an API's `401 invalid_token`: this token is not handed out again (fact M6). A newer one
    /// stays.
    ///
    /// ```no_run
    /// # fn run(
    /// #     source: &grantflow_ureq::TokenSource,
    /// #     answer: ureq::http::Response<String>,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// use grantflow_ureq::grantflow::{AccessToken, TokenVerdict};
    ///
    /// let header = source.authorization()?;
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
        self.0.wake();
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

    /// For the end of a program: waits until nothing is being fetched, or what is has been given up,
    /// and stores the new tokens of a session that the store has not taken before. A program that
    /// ends in the middle of a refresh may lose the new refresh token, while the old one is dead (fact
    /// F10).
    ///
    /// # Errors
    /// [`TokenError`] where the store does not take them now either: they are in
    /// [`unsaved`](TokenError::unsaved), and end with this process.
    pub fn settle(&self) -> Result<(), TokenError> {
        let inner = &self.0;
        inner.wait_until_quiet();
        inner.save();
        inner.wait_until_quiet();
        self.unsaved().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenSource").field(&self.0.cache).finish()
    }
}
