//! What a person on call can see of a source: numbers, and events for crate `tracing`.
//!
//! The numbers are always there: [`TokenSource::stats`], and [`TokenSources::stats`] for all tenants
//! together.
//!
//! [`TokenSource::stats`]: crate::TokenSource::stats
//! [`TokenSources::stats`]: crate::TokenSources::stats
//!
//! # Events
//! With the feature `tracing` (off by default) there are these, all with the target `grantflow`. Their
//! names, which are their messages too, and their fields stay as they are.
//!
//! | event | level | when | fields beside `client` and `host` |
//! |---|---|---|---|
//! | `token.fetched` | debug | a request brought a client's own token | `lifetime` |
//! | `token.refreshed` | debug | a refresh brought a session's next token | `lifetime` |
//! | `token.loaded` | debug | the store had a good token, perhaps another process' | `lifetime` |
//! | `token.reused` | trace | a caller had the token at hand, without waiting; it has no fields | |
//! | `token.rejected` | info | an API refused the token at hand, which is dropped | |
//! | `token.failed` | warn | a fetch brought no token; whoever waited has the error | `advice`, `error` |
//! | `rotation.taken_over` | warn | a refresh token was sent in place of a process that vanished | |
//! | `dialect.deviation` | info | an answer was forgiven something; one event for each thing | `deviation` |
//! | `store.failed` | warn | a store could not be asked or changed; it may be tried again | `error` |
//!
//! | field | what it is |
//! |---|---|
//! | `client` | the [client's identifier](grantflow::Client::client_id) |
//! | `host` | host and port of its token endpoint |
//! | `lifetime` | how long the token lives, in seconds; it is not there where nobody said |
//! | `advice` | what to do: [`Advice`] as `{:?}` |
//! | `deviation` | what was forgiven: [`Deviation`] as `{:?}` |
//! | `error` | the error's own sentence, with the partner's words in it |
//!
//! Each request of a [`Transport`](crate::Transport), whatever it is for, is a span `exchange` of the
//! level debug:
//!
//! | field | what it is |
//! |---|---|
//! | `host` | host and port that it goes to |
//! | `status` | that of the answer; it is not there where none came |
//! | `ms` | how long it took, in milliseconds |
//!
//! A fetch goes on in the span of the caller who began it, and keeps that one open meanwhile. So the
//! place for a tenant's or a user's name is a span of the program's own around its call.
//!
//! # What is never in them
//! Tokens, codes, secrets, URLs, bodies; names of tenants and of sessions, which may be people's; nor
//! anything made from one of these, as a digest. What an error says is what it prints anywhere.
//!
//! # What they cost
//! Without the feature, nothing. With it, and where nobody listens at the level trace, a token at hand
//! costs eight instructions more than its two hundred, and no allocation.
//!
//! [`Advice`]: grantflow::Advice
//! [`Deviation`]: grantflow::Deviation

// The other adapter has the twin of this file, word for word: change both.

use std::sync::atomic::{AtomicU64, Ordering};

use grantflow::{Advice, Client, Error, Fetched, Rotation, StoreError, Timestamp, Tokens};

/// How often something has happened since a source was made: counters for a metrics system. The clones
/// of a source share them, and so do the sources of one [`TokenSources`](crate::TokenSources).
///
/// How often a token at hand was used is not among them: threads share nothing on that way, and a
/// counter would be the one thing that they wait for (measured: two threads together, twice as fast as
/// one, are then slower than one). Count API requests instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Requests that brought a client's own token.
    pub fetched: u64,
    /// Refreshes that brought a session's next token.
    pub refreshed: u64,
    /// Tokens that the store had already: another process', or an earlier run's.
    pub loaded: u64,
    /// Tokens that an API refused while they were at hand.
    pub rejected: u64,
    /// Fetches that brought no token.
    pub failed: u64,
    /// Refreshes in place of a process that vanished.
    pub taken_over: u64,
}

/// The same while it is counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    fetched: AtomicU64,
    refreshed: AtomicU64,
    loaded: AtomicU64,
    rejected: AtomicU64,
    failed: AtomicU64,
    taken_over: AtomicU64,
}

/// Says it where somebody listens. Without the feature, nothing of it is run.
#[cfg(feature = "tracing")]
macro_rules! tell {
    ($level:ident, $name:literal $(, $field:ident = $value:expr)*) => {
        tracing::event!(
            name: $name,
            target: "grantflow",
            tracing::Level::$level,
            $($field = $value,)*
            $name
        )
    };
}
#[cfg(not(feature = "tracing"))]
macro_rules! tell {
    ($level:ident, $name:literal $(, $field:ident = $value:expr)*) => {{
        let _ = || {
            $(let _ = $value;)*
        };
    }};
}

impl Counters {
    pub(crate) fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            fetched: read(&self.fetched),
            refreshed: read(&self.refreshed),
            loaded: read(&self.loaded),
            rejected: read(&self.rejected),
            failed: read(&self.failed),
            taken_over: read(&self.taken_over),
        }
    }

    /// The server gave a token.
    pub(crate) fn fetched(&self, client: &Client, is_refresh: bool, fetched: &Fetched) {
        let tokens = fetched.tokens();
        let (id, host) = names(client);
        if is_refresh {
            count(&self.refreshed);
            tell!(DEBUG, "token.refreshed", client = id, host = host, lifetime = seconds(tokens));
        } else {
            count(&self.fetched);
            tell!(DEBUG, "token.fetched", client = id, host = host, lifetime = seconds(tokens));
        }
        for deviation in tokens.deviations() {
            tell!(
                INFO,
                "dialect.deviation",
                client = id,
                host = host,
                deviation = format!("{deviation:?}").as_str()
            );
        }
    }

    /// No token came of a fetch.
    pub(crate) fn failed(&self, client: &Client, advice: Advice, error: &Error) {
        count(&self.failed);
        let (id, host) = names(client);
        tell!(
            WARN,
            "token.failed",
            client = id,
            host = host,
            advice = format!("{advice:?}").as_str(),
            error = error.to_string().as_str()
        );
    }

    /// A rotation was performed. `has_fetched`: a request of its own brought tokens.
    pub(crate) fn performed(&self, client: &Client, rotation: &Rotation, has_fetched: bool) {
        let (id, host) = names(client);
        if rotation.took_over() {
            count(&self.taken_over);
            tell!(WARN, "rotation.taken_over", client = id, host = host);
        }
        match rotation.result() {
            Some(Ok(tokens)) if !has_fetched => {
                count(&self.loaded);
                tell!(DEBUG, "token.loaded", client = id, host = host, lifetime = seconds(tokens));
            }
            Some(Err(error)) => self.failed(client, error.advice(), error),
            _ => {}
        }
    }

    /// An API has refused the token at hand.
    pub(crate) fn rejected(&self, client: &Client) {
        count(&self.rejected);
        let (id, host) = names(client);
        tell!(INFO, "token.rejected", client = id, host = host);
    }
}

/// A caller has the token that was at hand.
#[inline]
pub(crate) fn reused() {
    tell!(TRACE, "token.reused");
}

pub(crate) fn store_failed(client: &Client, error: &StoreError) {
    let (id, host) = names(client);
    tell!(WARN, "store.failed", client = id, host = host, error = error.to_string().as_str());
}

/// Where something happens, as whoever listens sees it.
#[derive(Clone)]
pub(crate) struct Span(#[cfg(feature = "tracing")] tracing::Span);

#[cfg(feature = "tracing")]
impl Span {
    /// The caller's.
    pub(crate) fn current() -> Self {
        Self(tracing::Span::current())
    }

    /// That of a request to this URL.
    pub(crate) fn exchange(url: &str) -> Self {
        use tracing::field::Empty;
        Self(tracing::debug_span!(
            target: "grantflow",
            "exchange",
            host = host(url),
            status = Empty,
            ms = Empty
        ))
    }

    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.in_scope(work)
    }

    /// What came of the request.
    pub(crate) fn end(&self, status: Option<u16>, called_at: Timestamp) {
        let time = crate::system::now().elapsed_since(called_at);
        let ms = time.and_then(|time| u64::try_from(time.as_millis()).ok());
        self.0.record("status", status).record("ms", ms);
    }
}

#[cfg(not(feature = "tracing"))]
impl Span {
    pub(crate) fn current() -> Self {
        Self()
    }

    pub(crate) fn exchange(_: &str) -> Self {
        Self()
    }

    #[expect(clippy::unused_self, reason = "the feature has a use for it")]
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }

    #[expect(clippy::unused_self, reason = "the feature has a use for it")]
    pub(crate) fn end(&self, _: Option<u16>, _: Timestamp) {}
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn names(client: &Client) -> (&str, &str) {
    (client.client_id(), host(client.provider().token_endpoint().as_str()))
}

/// Host and port of an URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn seconds(tokens: &Tokens) -> Option<u64> {
    tokens.lifetime().map(|lifetime| lifetime.as_secs())
}
