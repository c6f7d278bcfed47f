//! Any order of steps: one ticket at a time, never a stale token, never a lost one, and a refresh
//! token that is neither lost nor risked thrice.
#![no_main]

use std::time::Duration;

use grantflow::wire::Response;
use grantflow::{
    Exchange, Failed, Lookup, Scope, Ticket, Timestamp, TokenCache, TransportError,
    TransportErrorKind::{Connect, Timeout},
};
use grantflow_fuzz::{NOW, client};
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

#[derive(Default)]
struct Model {
    wall: u64,
    passed: u64,
    /// Its text is its number.
    issued: u64,
    out: Option<Lease>,
    settled: u64,
    /// Until it is seen to be over, or rejected.
    token: Option<Token>,
    /// The ticket that brought the newest refresh token, and how many unanswered ones sent that.
    refresh: u64,
    risked: u32,
    may_be_dead: bool,
    is_dead: bool,
}

struct Lease {
    ticket: u64,
    passed: u64,
    /// The wall clock's lowest reading since then.
    lowest: u64,
}

struct Token {
    n: u64,
    since: Timestamp,
    age: Duration,
    lifetime: Duration,
}

struct Given {
    n: u64,
    sent: u64,
    at: Timestamp,
    passed: u64,
    ticket: Ticket,
}

impl Token {
    fn age(&self, now: Timestamp) -> Option<Duration> {
        Some(now.elapsed_since(self.since)? + self.age)
    }
}

impl Model {
    /// Where the clock was set back and there is no other, a lease begins anew at the earliest time
    /// at which somebody looked.
    fn end_lease(&mut self, is_monotonic: bool) {
        if let Some(lease) = self.out.take() {
            let (by_one, by_wall) = (self.passed - lease.passed, self.wall - lease.lowest);
            let waited = if is_monotonic { by_one } else { by_wall };
            assert!(waited >= 60, "somebody is fetching already");
        }
    }

    fn give(&mut self) {
        self.issued += 1;
        self.out = Some(Lease { ticket: self.issued, passed: self.passed, lowest: self.wall });
        self.risked += 1;
        assert!(!self.is_dead && self.risked <= 2, "a refresh token is risked too often");
    }

    fn is_back(&mut self, n: u64) {
        self.out.take_if(|lease| lease.ticket == n);
    }

    /// One that is seen to be over is over.
    fn is_valid(&mut self, now: Timestamp) -> bool {
        let lives = |token: &mut Token| token.age(now).is_none_or(|age| age >= token.lifetime);
        self.token.take_if(lives);
        self.token.is_some()
    }

    fn fail(&mut self, n: u64, sent: u64, how: How) {
        match how {
            How::Unavailable | How::NotSent => self.risked = self.risked.saturating_sub(1),
            How::Dead => self.is_dead |= sent == self.refresh,
            How::NotAnswered => self.may_be_dead |= sent == self.refresh,
            How::UnreadableAndRotated => {
                (self.settled, self.refresh) = (n, n);
                self.is_good();
            }
        }
    }

    /// A new refresh token is there.
    fn is_good(&mut self) {
        (self.risked, self.may_be_dead, self.is_dead) = (0, false, false);
    }
}

fuzz_target!(|input: (bool, bool, Vec<Operation>)| {
    let (is_session, is_monotonic, operations) = input;
    let mut cache = new(is_session);
    let mut model = Model { wall: NOW.unix_seconds(), ..Model::default() };
    let mut tickets: Vec<Given> = Vec::new();
    let (mut held, mut waiting) = (None, None);
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
                let waited = waiting.filter(|_| matches!(operation, Operation::GetAfter));
                let lookup = match &waited {
                    Some(waiting) => cache.get_after(waiting, now),
                    None => cache.get(now),
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
                    Lookup::Refused(_) => {
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
                    let newest = model.token.as_ref().map(|token| token.n.to_string());
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
                cache.abandon(ticket.id(), true, now);
                cache.complete(ticket.receive(Response::new(status, body), now), now);
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
                cache.complete(ticket.receive(Response::new(200, body.as_bytes()), at), now);
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
                    now,
                );
                model.is_back(n);
                let is_news = how == How::UnreadableAndRotated || sent == model.refresh;
                if is_session && n > model.settled && is_news {
                    model.fail(n, sent, how);
                }
            }
            Operation::Abandon { ticket } => {
                let Some(Given { n, ticket, .. }) = pick(&mut tickets, ticket) else { continue };
                cache.abandon(ticket.id(), true, now);
                model.is_back(n);
            }
            Operation::Reject => {
                let Some(tokens) = held.take() else { continue };
                let rejected = tokens.access_token();
                let is_it = |token: &&Token| rejected.expose() == token.n.to_string();
                let Some(token) = model.token.as_ref().filter(is_it) else { continue };
                // A younger one may stay.
                if token.age(now).is_none_or(|age| age.as_secs() >= 60) {
                    cache.reject(rejected, now);
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

fn new(is_session: bool) -> TokenCache {
    let client = client(0, "s3cr3t-s3cr3t");
    if !is_session {
        return client.client_credentials(Scope::default()).unwrap().into();
    }
    let record = r#"{"format":1,"client_id":"app","token_endpoint":"https://as.example.com/token",
        "access_token":"at-0","refresh_token":"rt-0","sent_at":0,"expires_in":0}"#;
    client.resume(serde_json::from_str(record).unwrap()).unwrap().into()
}
