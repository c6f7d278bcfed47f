//! Caches in any state, tickets, and what comes of them, in one line each.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use grantflow::wire::Response;
use grantflow::{
    Client, Dialect, Exchange, Failed, Fetched, Flow, Lookup, Provider, Reading, Scope, Secret,
    Ticket, Timestamp, TokenCache, TokenError, TransportError, TransportErrorKind, flow,
};

pub(crate) type Outcome = Result<Fetched, Failed<Ticket>>;

pub(crate) const SUSPENDED: &str =
    r#"{"error":"invalid_client","message":"API application is suspended or revoked"}"#;
const START: u64 = 1_700_000_000;

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// An instant, in seconds after the start of the story, by a wall clock alone.
pub(crate) fn at(second: u64) -> Timestamp {
    Timestamp::from_unix_seconds(START + second)
}

pub(crate) fn at_millis(millis: u64) -> Timestamp {
    Timestamp::from_unix(seconds(START) + Duration::from_millis(millis))
}

/// An instant by a wall clock and a monotonic one, which disagree when the former is set.
pub(crate) fn by_both(wall: i64, monotonic: u64) -> Timestamp {
    let wall = START.checked_add_signed(wall).unwrap();
    Timestamp::from_unix_seconds(wall).with_monotonic(seconds(monotonic))
}

/// The same, as std's clocks show it.
pub(crate) fn reading(wall: i64, monotonic: u64) -> Reading {
    static ZERO: LazyLock<Instant> = LazyLock::new(Instant::now);
    let wall = START.checked_add_signed(wall).unwrap();
    Reading::new(SystemTime::UNIX_EPOCH + seconds(wall), *ZERO + seconds(monotonic), *ZERO)
}

pub(crate) fn client_of(id: &str, secret: &str, dialect: Dialect) -> Client {
    let provider =
        Provider::new("https://as.example.com/token".parse().unwrap()).with_dialect(dialect);
    Client::new(id, Secret::new(secret).unwrap(), provider).unwrap()
}

pub(crate) fn client() -> Client {
    client_of("app", "s3cr3t-s3cr3t", Dialect::default())
}

pub(crate) fn requesting() -> Flow<flow::Requesting> {
    client().client_credentials(Scope::default()).unwrap()
}

pub(crate) fn empty() -> TokenCache {
    TokenCache::from(requesting())
}

/// A cache that holds `at-1`, sent for at 0 s.
pub(crate) fn holding(lifetime: u64) -> TokenCache {
    let mut cache = empty();
    let ticket = send(cache.get(at(0)));
    cache.complete(token(ticket, "at-1", lifetime, at(0)), at(0));
    cache
}

/// A session out of a store, with `at-0` and `rt-0`, sent for at 0 s.
pub(crate) fn resumed(lifetime: u64) -> Flow<flow::Authorized> {
    let record = format!(
        r#"{{"format":1,"client_id":"app","token_endpoint":"https://as.example.com/token",
            "access_token":"at-0","refresh_token":"rt-0","sent_at":{START},
            "expires_in":{lifetime}}}"#
    );
    client().resume(serde_json::from_str(&record).unwrap()).unwrap()
}

pub(crate) fn session(lifetime: u64) -> TokenCache {
    TokenCache::from(resumed(lifetime))
}

pub(crate) fn send(lookup: Lookup) -> Ticket {
    match lookup {
        Lookup::Send(ticket) => ticket,
        other => panic!("a ticket was expected, and not {other:?}"),
    }
}

pub(crate) fn renew(lookup: Lookup) -> Ticket {
    match lookup {
        Lookup::Renew(_, ticket) => ticket,
        other => panic!("a renewal was expected, and not {other:?}"),
    }
}

/// The text of the token, and that there is nothing to be done about it.
pub(crate) fn ready(lookup: Lookup) -> String {
    match lookup {
        Lookup::Ready(tokens) => tokens.access_token().expose().to_owned(),
        other => panic!("a token was expected, and not {other:?}"),
    }
}

pub(crate) fn refused(lookup: Lookup) -> TokenError {
    match lookup {
        Lookup::Refused(error) => error,
        other => panic!("a refusal was expected, and not {other:?}"),
    }
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &str) -> Response<'_> {
    Response::new(status, body.as_bytes()).with_header("Content-Type", b"application/json")
}

pub(crate) fn answer(ticket: Ticket, status: u16, body: &str, sent_at: Timestamp) -> Outcome {
    ticket.receive(json(status, body), sent_at)
}

pub(crate) fn token(ticket: Ticket, text: &str, lifetime: u64, sent_at: Timestamp) -> Outcome {
    let body =
        format!(r#"{{"access_token":"{text}","token_type":"Bearer","expires_in":{lifetime}}}"#);
    answer(ticket, 200, &body, sent_at)
}

/// As [`token`], with a new refresh token.
pub(crate) fn rotated(ticket: Ticket, text: &str, refresh: &str, sent_at: Timestamp) -> Outcome {
    let body = format!(
        r#"{{"access_token":"{text}","token_type":"Bearer","expires_in":3600,
            "refresh_token":"{refresh}"}}"#
    );
    answer(ticket, 200, &body, sent_at)
}

pub(crate) fn unavailable(ticket: Ticket, retry_after: Option<&str>, at: Timestamp) -> Outcome {
    let response = json(503, "{}");
    match retry_after {
        Some(value) => ticket.receive(response.with_header("Retry-After", value.as_bytes()), at),
        None => ticket.receive(response, at),
    }
}

pub(crate) fn unanswered(ticket: Ticket, kind: TransportErrorKind) -> Outcome {
    Err(Failed::unanswered(ticket, TransportError::new(kind, "no answer")))
}

/// The refresh token that a ticket would send.
pub(crate) fn refresh_token_of(ticket: &Ticket) -> String {
    let request = ticket.wire_request();
    let mut pairs = form_urlencoded::parse(request.body());
    pairs.find(|(name, _)| name == "refresh_token").unwrap().1.into_owned()
}

/// The refresh token that a store would keep; none when the session has ended.
pub(crate) fn stored(cache: &TokenCache) -> Option<String> {
    let record = serde_json::to_value(cache.record()?).unwrap();
    record["refresh_token"].as_str().map(str::to_owned)
}
