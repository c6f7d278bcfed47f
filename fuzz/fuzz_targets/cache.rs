//! Any order of steps: one ticket at a time, never a stale token, never a lost one, and a refresh
//! token that is neither lost nor risked thrice.
#![no_main]

use std::time::{Duration, Instant, SystemTime};

use grantflow::wire::Response;
use grantflow::{
    Advice, Exchange, Failed, Lookup, Reading, Scope, SharedTokenCache, SharedTokenCaches, Ticket,
    Timestamp, TokenCache, TokenError, TokenKey, TransportError,
    TransportErrorKind::{Connect, Timeout},
};
use grantflow_fuzz::cache::{Model, Token};
use grantflow_fuzz::{NOW, Secrets, client};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Operation {
    Get,
    GetAfter,
    Foreign { refuses: bool },
    Token { ticket: u8, lifetime: u8, rotates: bool },
    Fail { ticket: u8, how: How },
    Abandon { ticket: u8 },
    Reject,
    Replace,
    Pass { seconds: u8 },
    SetBack { seconds: u8 },
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum How {
    Unavailable,
    Dead,
    UnreadableAndRotated,
    NotSent,
    NotAnswered,
}

struct Given {
    n: u64,
    sent: u64,
    at: Timestamp,
    passed: u64,
    ticket: Ticket,
}

fuzz_target!(|input: (bool, bool, Vec<Operation>)| {
    let (is_session, is_monotonic, operations) = input;
    // As a program has it that has many.
    let caches = SharedTokenCaches::new();
    let key = TokenKey::of_session("anna", &client(0, SECRET));
    let make = || Source(SharedTokenCache::new(new(is_session).with_seed(7)));
    let source = caches.find_or_insert(key, || NOW, make);
    let cache = &source.0;
    let mut model = Model { wall: NOW.unix_seconds(), ..Model::default() };
    let mut tickets: Vec<Given> = Vec::new();
    let (mut held, mut waiting) = (None, None);
    let start = Instant::now();
    for operation in operations {
        let wall = Timestamp::from_unix_seconds(model.wall);
        let reading = Duration::from_secs(model.passed);
        let now = if is_monotonic { wall.with_monotonic(reading) } else { wall };
        let pick = |tickets: &mut Vec<_>, n: u8| match tickets.len() {
            0 => None,
            all => Some(tickets.swap_remove(usize::from(n) % all)),
        };
        match operation {
            Operation::Get | Operation::GetAfter => {
                let is_valid = model.is_valid(now);
                let newest = model.token.as_ref().map(|token| token.n.to_string());
                // Each thread has a copy, which is never an old one.
                let wall = SystemTime::UNIX_EPOCH + wall.since_unix_epoch();
                let clocks = || Reading::new(wall, start + reading, start);
                if is_monotonic && let Some(header) = cache.fresh(clocks) {
                    let newest = newest.as_deref().unwrap_or("none");
                    assert_eq!(header, format!("Bearer {newest}"));
                }
                let waited = waiting.filter(|_| matches!(operation, Operation::GetAfter));
                let lookup = match &waited {
                    Some(waiting) => cache.get_after(waiting, || now),
                    None => cache.get(|| now),
                };
                let (tokens, ticket) = match lookup {
                    Lookup::Ready(tokens) => (Some(tokens), None),
                    Lookup::Renew(tokens, ticket) => (Some(tokens), Some(ticket)),
                    Lookup::Send(ticket) => (None, Some(ticket)),
                    Lookup::Rotate(..) => panic!("there is no store"),
                    Lookup::Wait(until) => {
                        assert!(until.time_left(now) <= Duration::from_secs(60));
                        waiting = Some(until);
                        (None, None)
                    }
                    Lookup::Refused(error) => {
                        check(&error, now);
                        if waited.is_none() {
                            model.end_lease(is_monotonic);
                        }
                        (None, None)
                    }
                };
                if cache.fetching().is_none() {
                    // There is nothing to send a second ticket with.
                    model.end_lease(is_monotonic);
                }
                assert_eq!(is_valid, tokens.is_some());
                if let Some(tokens) = tokens {
                    assert_eq!(Some(tokens.access_token().expose()), newest.as_deref());
                    held = Some(tokens);
                }
                if let Some(ticket) = ticket {
                    model.end_lease(is_monotonic);
                    model.give();
                    let sent = String::from_utf8(ticket.wire_request().body().into()).unwrap();
                    let refresh = format!("refresh_token=rt-{}", model.refresh);
                    assert!(!is_session || sent.split('&').any(|pair| pair == refresh), "{sent}");
                    let (n, sent, passed) = (model.issued, model.refresh, model.passed);
                    tickets.push(Given { n, sent, at: now, passed, ticket });
                }
            }
            Operation::Foreign { refuses } => {
                let Lookup::Send(ticket) = new(is_session).get(now) else { panic!("no ticket") };
                let (status, body): (_, &[u8]) = if refuses {
                    (400, br#"{"error":"invalid_grant"}"#)
                } else {
                    (200, br#"{"access_token":"?","token_type":"Bearer","refresh_token":"?"}"#)
                };
                cache.abandon(ticket.id(), true, || now);
                cache.complete(ticket.receive(Response::new(status, body), now), || now);
            }
            Operation::Token { ticket, lifetime, rotates } => {
                let Some(given) = pick(&mut tickets, ticket) else { continue };
                let Given { n, at, ticket, .. } = given;
                let rotates = rotates && is_session;
                let refresh =
                    if rotates { format!(r#","refresh_token":"rt-{n}""#) } else { "".into() };
                let body = format!(
                    r#"{{"access_token":"{n}","token_type":"Bearer","expires_in":{lifetime}{refresh}}}"#
                );
                cache.complete(ticket.receive(Response::new(200, body.as_bytes()), at), || now);
                model.is_back(n);
                if n > model.settled {
                    model.settled = n;
                    let lifetime = Duration::from_secs(lifetime.into());
                    // Where the wall clock was set back, it counts from its arrival.
                    let passed = if is_monotonic { model.passed - given.passed } else { 0 };
                    let (since, age) = match now.elapsed_since(at) {
                        Some(_) => (at, Duration::ZERO),
                        None => (now, Duration::from_secs(passed)),
                    };
                    model.token = Some(Token { n, since, age, lifetime });
                    model.is_valid(now);
                    model.risked = 0;
                    if rotates {
                        model.refresh = n;
                        model.is_good();
                    }
                }
            }
            Operation::Fail { ticket, how } => {
                let Some(given) = pick(&mut tickets, ticket) else { continue };
                let Given { n, sent, ticket, .. } = given;
                let unreadable = format!(r#"{{"access_token":0,"refresh_token":"rt-{n}"}}"#);
                let unanswered = |kind| TransportError::new(kind, "no answer");
                let dead: &[u8] = br#"{"error":"invalid_grant"}"#;
                cache.complete(
                    match how {
                        How::Unavailable => ticket.receive(Response::new(503, b""), now),
                        How::Dead => ticket.receive(Response::new(400, dead), now),
                        How::UnreadableAndRotated => {
                            ticket.receive(Response::new(200, unreadable.as_bytes()), now)
                        }
                        How::NotSent => Err(Failed::unanswered(ticket, unanswered(Connect))),
                        How::NotAnswered => Err(Failed::unanswered(ticket, unanswered(Timeout))),
                    },
                    || now,
                );
                model.is_back(n);
                let is_news = how == How::UnreadableAndRotated || sent == model.refresh;
                if is_session && n > model.settled && is_news {
                    fail(&mut model, n, sent, how);
                }
            }
            Operation::Abandon { ticket } => {
                let Some(Given { n, ticket, .. }) = pick(&mut tickets, ticket) else { continue };
                cache.abandon(ticket.id(), true, || now);
                model.is_back(n);
            }
            Operation::Reject => {
                let Some(tokens) = held.take() else { continue };
                let rejected = tokens.access_token();
                let is_it = |token: &&Token| rejected.expose() == token.n.to_string();
                let Some(token) = model.token.as_ref().filter(is_it) else { continue };
                // A younger one may stay.
                if token.age(now).is_none_or(|age| age.as_secs() >= 60) {
                    cache.reject(rejected, || now);
                    model.token = None;
                }
            }
            Operation::Replace => {
                cache.replace(new(is_session));
                let (settled, issued) = (model.issued, model.issued);
                model = Model {
                    settled,
                    issued,
                    wall: model.wall,
                    passed: model.passed,
                    ..Model::default()
                };
            }
            Operation::Pass { seconds } => {
                model.wall += u64::from(seconds);
                model.passed += u64::from(seconds);
            }
            Operation::SetBack { seconds } => {
                model.wall -= u64::from(seconds);
                if let Some(lease) = &mut model.out {
                    lease.lowest = lease.lowest.min(model.wall);
                }
            }
        }
        let secrets = Secrets::new([SECRET.into()]);
        secrets.assert_hidden_by(cache);
        assert!(!cache.has_ended() || is_session);
        if cache.is_idle(|| now) {
            assert!(!model.is_valid(now), "a token is thrown away");
        }
        if !is_session {
            model.risked = 0;
        } else {
            // A session that has ended has none.
            let record = cache.record().map(|record| serde_json::to_value(record).unwrap());
            let newest = format!("rt-{}", model.refresh);
            match record.as_ref().and_then(|record| record["refresh_token"].as_str()) {
                Some(refresh) => {
                    assert_eq!(refresh, newest);
                    assert!(!model.is_dead, "{newest} is dead");
                }
                None => {
                    assert!(model.may_be_dead || model.is_dead, "{newest} is lost");
                    model.is_dead = true;
                }
            }
        }
    }
});

fn fail(model: &mut Model, n: u64, sent: u64, how: How) {
    match how {
        How::Unavailable | How::NotSent => model.risked = model.risked.saturating_sub(1),
        How::Dead => model.is_dead |= sent == model.refresh,
        How::NotAnswered => model.may_be_dead |= sent == model.refresh,
        How::UnreadableAndRotated => {
            (model.settled, model.refresh) = (n, n);
            model.is_good();
        }
    }
}

struct Source(SharedTokenCache);

impl AsRef<SharedTokenCache> for Source {
    fn as_ref(&self) -> &SharedTokenCache {
        &self.0
    }
}

/// It says what to do, and when, and no secret.
fn check(error: &TokenError, now: Timestamp) {
    Secrets::new([SECRET.into()]).assert_hidden_by_error(error);
    assert!(error.to_string().starts_with("no access token: ") && error.unsaved().is_none());
    let is_for_good = error.retry_at().is_none();
    assert!(!is_for_good || !matches!(error.advice(), Advice::RetryAfter(_)));
    assert!(now.unix_seconds() > 0 && error.error().status().is_none_or(|it| it >= 200));
}

fn new(is_session: bool) -> TokenCache {
    let client = client(0, SECRET);
    if !is_session {
        return client.client_credentials(Scope::default()).unwrap().into();
    }
    let record = r#"{"format":1,"client_id":"app","token_endpoint":"https://as.example.com/token",
        "access_token":"at-0","refresh_token":"rt-0","sent_at":0,"expires_in":0}"#;
    client.resume(serde_json::from_str(record).unwrap()).unwrap().into()
}

const SECRET: &str = "s3cr3t-s3cr3t-s3cr3t";
