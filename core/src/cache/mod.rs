//! A token whenever one is needed, and never a needless request for one.

mod error;
mod grant;
mod held;
mod key;
mod pause;
mod ticket;

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

pub use error::TokenError;
#[cfg(feature = "http")]
use http::HeaderValue;
pub use key::TokenKey;
pub use ticket::{Fetched, Ticket, TicketId};

use self::grant::Grant;
use self::held::{Held, Standing};
use self::pause::Pauses;
use crate::client::Client;
use crate::error::{
    Advice, Error, ProtocolError, ProtocolErrorKind, TransportError, TransportErrorKind,
};
use crate::flow::{Authorized, Failed, Flow, Requesting, TokenRecord};
use crate::time::Timestamp;
use crate::tokens::{AccessToken, Tokens};

/// Keeps one access token at hand: reuses it until it is over, and says when to ask for the next
/// one, and whom to send for it (facts M5, M6).
///
/// It is a machine without threads, clock or randomness. Whoever embeds it brings a lock, a clock
/// and a way to wait; the adapters' `TokenSource` is just that.
///
/// ```text
///                      get(now)
///                         │
///   ┌──────────┬──────────┼───────────┬───────────────┐
/// Ready     Renew       Send        Wait           Refused
/// use it    use it,     perform     another is     the last answer was no, and
///           and perform the ticket  performing     it is too early to ask again
///           the ticket     │        its ticket
///               └──────────┴── complete(outcome, now)
/// ```
/// - One ticket is out at a time, and it has a lease: when that is over, another may be given out.
/// - What comes of a ticket is for all: whoever waited for a fetch that failed learns its error.
/// - A refusal is remembered, and the pause before the next request grows with each one in a row.
///   `Retry-After` is the least.
/// - Shortly before the token is over there is one ticket while the old token still answers.
///
/// ```
/// use grantflow::{Client, Exchange, Lookup, Scope, Secret, Timestamp, TokenCache, partner::meed};
///
/// let client = Client::new("id", Secret::new("s3cr3t")?, meed::provider("partner.example")?)?;
/// let mut cache = TokenCache::from(client.client_credentials(Scope::default())?);
///
/// let now = Timestamp::from_unix_seconds(1_700_000_000);
/// let Lookup::Send(ticket) = cache.get(now) else { panic!("there is no token yet") };
/// let response = http::Response::builder()
///     .header("content-type", "application/json")
///     .body(r#"{"access_token": "at-1", "token_type": "Bearer", "expires_in": 3600}"#)?;
/// cache.complete(ticket.receive(&response, now), now);
///
/// let Lookup::Ready(tokens) = cache.get(now) else { panic!("there is one now") };
/// assert_eq!(tokens.access_token().expose(), "at-1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TokenCache {
    grant: Grant,
    held: Option<Held>,
    /// The ticket that is under way, and since when.
    out: Option<(TicketId, Timestamp)>,
    failure: Option<Failure>,
    /// The last ticket that was given out.
    issued: u64,
    /// The ticket that brought what is held, or all that were out when the grant was replaced.
    settled: u64,
    /// How many tickets in a row were abandoned.
    lost: u32,
    pauses: Pauses,
    margin: Option<Duration>,
    lease: Duration,
}

/// What a [`TokenCache`] has to say.
#[derive(Debug)]
#[must_use = "it may hold a ticket, which somebody has to perform"]
pub enum Lookup {
    /// Use it.
    Ready(Arc<Tokens>),
    /// Use it; and perform the ticket meanwhile, for it will soon be over.
    Renew(Arc<Tokens>, Ticket),
    /// There is no token, and nobody is fetching one: perform the ticket and
    /// [`complete`](TokenCache::complete) it.
    Send(Ticket),
    /// There is no token, and somebody is fetching one: wait, and then ask by
    /// [`get_after`](TokenCache::get_after).
    Wait(Waiting),
    /// There is no token, and it is too early to ask for one again.
    Refused(TokenError),
}

/// What a caller waits for.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    ticket: TicketId,
    until: Timestamp,
}

#[derive(Debug)]
struct Failure {
    error: TokenError,
    ticket: TicketId,
    at: Timestamp,
}

impl TokenCache {
    /// How long before its end a token is renewed. At most half its lifetime: otherwise one that
    /// lives five seconds would be asked for at every call. Default: the smaller of 30 s and a
    /// tenth of the lifetime.
    ///
    /// Up to half of the margin is given away by chance, so that the hosts of a fleet do not all
    /// renew in the same second.
    #[must_use]
    pub fn with_margin(self, margin: Duration) -> Self {
        let held = self.held.map(|held| held.with_margin(Some(margin), 0));
        Self { margin: Some(margin), held, ..self }
    }

    /// How long a ticket may be out before another is given out. Default: 60 s. Longer than any
    /// exchange may take, so that it only ever ends for a ticket that got lost.
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// Gives each cache chances of its own. Any random number will do.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { pauses: Pauses::new(seed), ..self }
    }

    fn new(grant: Grant) -> Self {
        Self {
            grant,
            held: None,
            out: None,
            failure: None,
            issued: 0,
            settled: 0,
            lost: 0,
            pauses: Pauses::new(0),
            margin: None,
            lease: Duration::from_secs(60),
        }
    }

    /// The token, or what to do for one. `now` is the present: where threads share the cache, read
    /// the clock under their lock.
    pub fn get(&mut self, now: Timestamp) -> Lookup {
        match self.standing(now) {
            Some((tokens, Standing::Fresh)) => Lookup::Ready(tokens),
            Some((tokens, _)) if !self.may_ask(now) => Lookup::Ready(tokens),
            Some((tokens, _)) => match self.ticket(now) {
                Ok(ticket) => Lookup::Renew(tokens, ticket),
                Err(_) => Lookup::Ready(tokens),
            },
            None => self.get_without_token(now),
        }
    }

    /// As [`get`](Self::get), for a caller who has waited: it learns the error of the fetch that it
    /// waited for, even where the pause after that is over already.
    pub fn get_after(&mut self, waiting: &Waiting, now: Timestamp) -> Lookup {
        match &self.failure {
            Some(failure) if failure.ticket >= waiting.ticket && !self.is_usable(now) => {
                Lookup::Refused(failure.error.clone())
            }
            _ => self.get(now),
        }
    }

    fn get_without_token(&mut self, now: Timestamp) -> Lookup {
        if let Some(waiting) = self.fetching()
            && !self.lease_is_over(now)
        {
            return Lookup::Wait(waiting);
        }
        if let Some(failure) = &self.failure
            && !failure.is_over(now)
        {
            return Lookup::Refused(failure.error.clone());
        }
        match self.ticket(now) {
            Ok(ticket) => Lookup::Send(ticket),
            Err(error) => Lookup::Refused(error),
        }
    }

    /// Whether a ticket may be given out: none is, and no pause has to be kept.
    fn may_ask(&self, now: Timestamp) -> bool {
        (self.out.is_none() || self.lease_is_over(now))
            && self.failure.as_ref().is_none_or(|failure| failure.is_over(now))
    }

    fn lease_is_over(&self, now: Timestamp) -> bool {
        self.out.is_some_and(|(_, since)| has_passed(since, self.lease, now))
    }

    fn ticket(&mut self, now: Timestamp) -> Result<Ticket, TokenError> {
        if let Some((lost, _)) = self.out.take() {
            self.note_loss(lost);
        }
        let id = TicketId(self.issued.saturating_add(1));
        match self.grant.ask(self.held.as_ref().map(|held| &*held.tokens)) {
            Ok(asking) => {
                self.issued = id.0;
                self.out = Some((id, now));
                let until = now.saturating_add(self.lease);
                Ok(Ticket::new(id, self.settled, until, asking))
            }
            Err(error) => Err(self.remember(error.into(), Advice::Reauthorize, id, now)),
        }
    }

    /// Takes what came of a ticket. What is late counts as far as it is news: a token that is newer
    /// than the one held, never an error about what is no longer held.
    pub fn complete(&mut self, outcome: Result<Fetched, Failed<Ticket>>, now: Timestamp) {
        match outcome {
            Ok(fetched) => self.take(fetched, now),
            Err(failed) => self.fail(failed, now),
        }
    }

    fn take(&mut self, fetched: Fetched, now: Timestamp) {
        let Fetched { id, mut tokens } = fetched;
        self.is_back(id);
        if id.0 <= self.settled {
            return;
        }
        self.settled = id.0;
        self.lost = 0;
        self.grant.take(&mut tokens);
        let chance = self.pauses.chance(now);
        self.held = Some(Held::new(tokens).with_margin(self.margin, chance));
        self.failure = None;
        if self.is_usable(now) {
            self.pauses.reset();
        } else {
            // Without this, everybody who waits would ask again, and get the same.
            let error = ProtocolError::new(200, ProtocolErrorKind::ExpiredOnArrival);
            let advice = error.advice();
            self.remember(error.into(), advice, id, now);
        }
    }

    fn fail(&mut self, failed: Failed<Ticket>, now: Timestamp) {
        let advice = failed.advice();
        let (error, ticket) = failed.into_parts();
        self.is_back(ticket.id);
        if ticket.settled != self.settled {
            return;
        }
        self.lost = 0;
        let rotated = self.grant.take_back(ticket.asking, advice);
        if rotated {
            self.settled = ticket.id.0;
        }
        self.remember(error, advice, ticket.id, now);
    }

    fn remember(
        &mut self,
        error: Error,
        advice: Advice,
        ticket: TicketId,
        now: Timestamp,
    ) -> TokenError {
        let pause = self.pauses.after(advice, now);
        let error = TokenError::new(error, advice, pause, now);
        self.failure = Some(Failure { error: error.clone(), ticket, at: now });
        error
    }

    /// For a ticket of which nothing more will be heard: its task was dropped, its thread died.
    /// Another is given out at once; but two in a row count as a failure. Whether the request was
    /// sent is not known: a refresh token is risked a second time, and not a third (RFC 9700
    /// section 4.14).
    ///
    /// A ticket that could not be sent is better completed, with [`Failed::unanswered`].
    pub fn abandon(&mut self, ticket: TicketId, now: Timestamp) {
        if !self.is_back(ticket) {
            return;
        }
        self.note_loss(ticket);
        self.lost = self.lost.saturating_add(1);
        if self.lost > 1 {
            let error = TransportError::new(
                TransportErrorKind::Interrupted,
                "two fetches in a row came to no end: their tasks were dropped, or panicked",
            );
            let advice = error.advice();
            self.remember(error.into(), advice, ticket, now);
        }
    }

    /// Whether it was the one that is out.
    fn is_back(&mut self, ticket: TicketId) -> bool {
        self.out.take_if(|(out, _)| *out == ticket).is_some()
    }

    fn note_loss(&mut self, ticket: TicketId) {
        if ticket.0 > self.settled {
            self.grant.note_loss();
        }
    }

    /// For an API's answer that it does not take this token (fact M6). It is not handed out again;
    /// a newer one stays.
    ///
    /// Where the token that came after a rejected one is rejected as well, the API may be refusing
    /// every token: then each next one is dropped only after it has lived for a while, a second at
    /// first, at last a minute. Until then it stays.
    pub fn reject(&mut self, token: &AccessToken, now: Timestamp) {
        let Some(held) = self.held.as_mut().filter(|held| held.is(token)) else {
            return;
        };
        if self.pauses.may_reject(held.age(now)) {
            held.usable = false;
            self.drop_unneeded();
        }
    }

    /// Replaces the credentials, or the session after a new login (fact M10). What was held by the
    /// old ones is dropped at once, and so is what a ticket of theirs still brings.
    pub fn replace(&mut self, other: impl Into<Self>) {
        let other = other.into();
        self.settled = self.issued;
        self.grant = other.grant;
        self.held = other.held.map(|held| held.with_margin(self.margin, 0));
        self.out = None;
        self.failure = None;
        self.lost = 0;
        self.pauses.reset();
        self.pauses.forget_rejections();
    }

    /// Who asks, until it is [replaced](Self::replace).
    pub fn client(&self) -> &Client {
        self.grant.client()
    }

    /// The session's tokens as data to store: the newest refresh token that is known, with the
    /// tokens that are held. `None` for a client's own tokens, which are not worth storing.
    pub fn record(&self) -> Option<TokenRecord> {
        let (client, refresh_token) = self.grant.session()?;
        let mut record = TokenRecord::new(client, &self.held.as_ref()?.tokens);
        record.set_refresh_token(refresh_token.cloned());
        Some(record)
    }

    /// What is being fetched, if anything is: a program that ends now may lose it.
    pub fn fetching(&self) -> Option<Waiting> {
        let (ticket, since) = self.out?;
        Some(Waiting { ticket, until: since.saturating_add(self.lease) })
    }

    /// Whether nothing is lost by dropping it: there is no token, no session, no ticket, and no
    /// pause to be kept.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.grant.session().is_none() && !self.is_usable(now) && self.may_ask(now)
    }

    /// What an API request needs, if nothing else has to be done about the token: its header
    /// field, and how long after which instant it is good for that.
    #[cfg(feature = "http")]
    pub(crate) fn fresh(&mut self, now: Timestamp) -> Option<(HeaderValue, Timestamp, Duration)> {
        self.standing(now).filter(|(_, standing)| *standing == Standing::Fresh)?;
        self.held.as_ref().map(Held::fresh)
    }

    fn is_usable(&self, now: Timestamp) -> bool {
        self.held.as_ref().is_some_and(|held| held.standing(now) != Standing::Over)
    }

    /// The token that can be used. One that is over is over: no clock that is set back brings it
    /// back.
    fn standing(&mut self, now: Timestamp) -> Option<(Arc<Tokens>, Standing)> {
        let held = self.held.as_mut()?;
        held.anchor(now);
        let standing = held.standing(now);
        if held.usable && standing != Standing::Fresh {
            // It has lived its time: the API does not refuse every token.
            self.pauses.forget_rejections();
        }
        if standing == Standing::Over {
            held.usable = false;
            self.drop_unneeded();
            return None;
        }
        Some((Arc::clone(&held.tokens), standing))
    }

    /// A session's tokens are kept for its record; others are worth nothing when they are over.
    fn drop_unneeded(&mut self) {
        if self.grant.session().is_none() {
            self.held = None;
        }
    }
}

impl Waiting {
    /// How long to wait at most: then the fetch is given up, and [`TokenCache::get_after`] gives
    /// out another ticket.
    pub fn time_left(&self, now: Timestamp) -> Duration {
        self.until.elapsed_since(now).unwrap_or_default()
    }
}

impl Failure {
    fn is_over(&self, now: Timestamp) -> bool {
        self.error.pause().is_some_and(|pause| has_passed(self.at, pause, now))
    }
}

/// Whether a time is over. A clock that was set back, and no other to ask: it is, so that nobody
/// waits for ever.
fn has_passed(since: Timestamp, time: Duration, now: Timestamp) -> bool {
    now.waited_since(since).is_none_or(|waited| waited >= time)
}

/// A cache of the client's own token.
impl From<Flow<Requesting>> for TokenCache {
    fn from(flow: Flow<Requesting>) -> Self {
        Self::new(Grant::Request(flow))
    }
}

/// A cache of a session's token, which is renewed with its refresh token.
impl From<Flow<Authorized>> for TokenCache {
    fn from(flow: Flow<Authorized>) -> Self {
        let (grant, tokens) = Grant::session_of(flow);
        let mut cache = Self::new(grant);
        cache.held = Some(Held::new(tokens).with_margin(None, 0));
        cache
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("grant", &self.grant)
            .field("held", &self.held)
            .field("out", &self.out)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
