//! A token whenever one is needed, and never a needless request for one.

mod error;
mod grant;
pub(crate) mod held;
mod key;
mod leave;
pub(crate) mod lookup;
mod outcome;
mod pause;
mod settings;
mod span;
mod stored;
pub(crate) mod ticket;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

pub use error::TokenError;
pub use key::TokenKey;
pub use lookup::{Lookup, Waiting};
pub use ticket::{Fetched, Ticket, TicketId};

use self::grant::{Grant, Leave};
use self::held::{Held, Standing};
use self::lookup::{Failure, Out};
use self::pause::Pauses;
use self::span::Millis;
use crate::client::Client;
use crate::flow::{Authorized, Flow, Requesting, TokenRecord};
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
/// Where the tokens are kept in a [`Store`](crate::Store), a [`Rotation`](crate::Rotation) stands in
/// place of a ticket: `Rotate` for `Renew` and `Send`, `conclude` for `complete`.
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
    /// No other cache of the process has it.
    id: usize,
    grant: Grant,
    held: Option<Held>,
    /// Grows whenever the token that can be used becomes another one, or none.
    edition: u32,
    /// The ticket that is under way.
    out: Option<Box<Out>>,
    failure: Option<Box<Failure>>,
    /// The last ticket that was given out.
    issued: u32,
    /// The ticket that brought what is held, or all that were out when the grant was replaced.
    settled: u32,
    /// Grows with each new refresh token. What is known of an older one is no news.
    rotation: u32,
    /// How many tickets in a row were abandoned.
    lost: u8,
    pauses: Pauses,
    margin: Option<Millis>,
    lease: Millis,
}

impl TokenCache {
    fn new(grant: Grant, held: Option<Held>) -> Self {
        static CACHES: AtomicUsize = AtomicUsize::new(0);
        let mut cache = Self {
            id: CACHES.fetch_add(1, Ordering::Relaxed),
            grant,
            held,
            edition: 0,
            out: None,
            failure: None,
            issued: 0,
            settled: 0,
            rotation: 0,
            lost: 0,
            pauses: Pauses::new(0),
            margin: None,
            lease: Duration::from_secs(60).into(),
        };
        cache.plan_renewal();
        cache
    }

    /// The token, or what to do for one. `now` is the present: where threads share the cache, read
    /// the clock under their lock.
    pub fn get(&mut self, now: Timestamp) -> Lookup {
        match self.standing(now) {
            Some((tokens, Standing::Fresh)) => Lookup::Ready(tokens),
            Some((tokens, _)) if !self.may_ask(now) => Lookup::Ready(tokens),
            Some((tokens, _)) => match self.leave(false, now) {
                Ok(Leave::Ticket(ticket)) => Lookup::Renew(tokens, ticket),
                Ok(Leave::Rotation(rotation)) => Lookup::Rotate(Some(tokens), rotation),
                Err(_) => Lookup::Ready(tokens),
            },
            None => self.get_without_token(now),
        }
    }

    /// As [`get`](Self::get), for a caller who has waited: it learns the error of the fetch that it
    /// waited for, even where the pause after that is over already. That is then the end of its
    /// wait; the next look is a [`get`](Self::get).
    pub fn get_after(&mut self, waiting: &Waiting, now: Timestamp) -> Lookup {
        let has_token = self.standing(now).is_some();
        match &self.failure {
            Some(failure) if failure.ticket >= waiting.ticket && !has_token => {
                Lookup::Refused(failure.error.clone())
            }
            _ => self.get(now),
        }
    }

    /// For an API's answer that it does not take this token (fact M6). It is not handed out again;
    /// a newer one stays. Gives whether it was the one at hand, and is no more.
    ///
    /// Where three tokens in a row were rejected, the API may be refusing every token: then each
    /// next one is dropped only after it has lived for a while, a second at first, at last a
    /// minute. Until then it stays.
    pub fn reject(&mut self, token: &AccessToken, now: Timestamp) -> bool {
        let Some(held) = self.held.as_ref().filter(|held| held.usable && held.is(token)) else {
            return false;
        };
        let is_dropped = self.pauses.may_reject(held.age(now));
        if is_dropped {
            self.drop_token();
            self.held.iter_mut().for_each(|held| held.rejected = true);
        }
        is_dropped
    }

    /// Replaces the credentials, or the session after a new login (fact M10). What was held by the
    /// old ones is dropped at once, and so is what a ticket of theirs still brings. The settings
    /// stay; those of a cache that is given are not taken over, nor what its tickets still bring.
    ///
    /// A session that is kept in a store goes on: it ends by a [`Logout`](crate::Logout).
    pub fn replace(&mut self, other: impl Into<Self>) {
        let other = other.into();
        if self.grant.is_of_stored_session() {
            return;
        }
        self.grant = other.grant;
        self.begin_anew(other.held);
    }

    pub(super) fn begin_anew(&mut self, held: Option<Held>) {
        self.settled = self.issued;
        self.rotation = self.rotation.saturating_add(1);
        (self.out, self.failure, self.lost) = (None, None, 0);
        self.pauses.reset();
        self.pauses.forget_rejections();
        self.hold(held);
    }

    /// Who asks, until it is [replaced](Self::replace).
    pub fn client(&self) -> &Client {
        self.grant.client()
    }

    /// The session's tokens as data to store: the newest refresh token that is known, with the
    /// tokens that are held. `None` where the server has refused that, so that its end is not written
    /// over a newer session; and for a client's own tokens, which are not worth storing.
    pub fn record(&self) -> Option<TokenRecord> {
        let (client, refresh_token) = self.grant.session().filter(|_| !self.grant.is_refused())?;
        let mut record = TokenRecord::new(client, &self.held.as_ref()?.tokens);
        record.set_refresh_token(refresh_token.cloned());
        Some(record)
    }

    /// What is being fetched, if anything is: a program that ends now may lose it.
    pub fn fetching(&self) -> Option<Waiting> {
        self.out.as_ref().map(|out| out.waiting)
    }

    /// Whether the session has ended: the server refused its refresh token, or that was sent twice
    /// without an answer. Only a new login helps.
    pub fn has_ended(&self) -> bool {
        self.grant.end().is_some()
    }

    /// Whether nothing is lost by dropping it: there is no token, no session that has not ended, no
    /// ticket, and no pause that will end.
    pub fn is_idle(&mut self, now: Timestamp) -> bool {
        let is_dead = self.failure.as_ref().is_some_and(|failure| failure.pause.is_none());
        self.grant.is_worthless()
            && self.standing(now).is_none()
            && self.is_nothing_out(now)
            && (is_dead || self.may_ask(now))
    }

    /// The token, if nothing else has to be done about it, and how long that is so.
    #[cfg(feature = "http")]
    pub(crate) fn fresh(&mut self, now: Timestamp) -> Option<(Arc<Tokens>, Duration)> {
        let (tokens, _) = self.standing(now).filter(|(_, it)| *it == Standing::Fresh)?;
        Some((tokens, self.held.as_ref()?.time_left(now)?))
    }

    #[cfg(feature = "http")]
    pub(crate) fn id_and_edition(&self) -> (usize, u32) {
        (self.id, self.edition)
    }

    /// The token that can be used. One that is over is over: no clock that is set back brings it
    /// back.
    fn standing(&mut self, now: Timestamp) -> Option<(Arc<Tokens>, Standing)> {
        let held = self.held.as_mut().filter(|held| held.usable)?;
        held.anchor(now);
        let standing = held.standing(now);
        let tokens = Arc::clone(&held.tokens);
        if standing != Standing::Fresh {
            // It has lived its time: the API does not refuse every token.
            self.pauses.forget_rejections();
        }
        if standing == Standing::Over {
            self.drop_token();
            return None;
        }
        Some((tokens, standing))
    }

    pub(super) fn hold(&mut self, held: Option<Held>) {
        self.held = held;
        self.edition = self.edition.wrapping_add(1);
        self.plan_renewal();
    }

    /// A session's tokens are kept for its record, and stored ones to be told from newer ones in the
    /// store; others are worth nothing any more.
    fn drop_token(&mut self) {
        self.edition = self.edition.wrapping_add(1);
        if self.grant.session().is_none() && !self.grant.is_stored() {
            self.held = None;
        } else if let Some(held) = &mut self.held {
            held.usable = false;
        }
    }
}

/// A cache of the client's own token.
impl From<Flow<Requesting>> for TokenCache {
    fn from(flow: Flow<Requesting>) -> Self {
        Self::new(Grant::Request(flow), None)
    }
}

/// A cache of a session's token, which is renewed with its refresh token.
impl From<Flow<Authorized>> for TokenCache {
    fn from(flow: Flow<Authorized>) -> Self {
        let (grant, tokens) = Grant::session_of(flow);
        Self::new(grant, Some(Held::new(tokens)))
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
