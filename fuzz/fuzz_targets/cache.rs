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
    out: Option<(u64, Timestamp, u64)>,
    settled: u64,
    /// When it was sent for, and its lifetime; until it is seen to be over, or rejected.
    token: Option<(Timestamp, Duration)>,
    /// The ticket that brought the newest refresh token, and how many unanswered ones sent that.
    refresh: u64,
    risked: u32,
    may_be_dead: bool,
    is_dead: bool,
}

impl Model {
    fn end_lease(&mut self, now: Timestamp, is_monotonic: bool) {
        if let Some((_, since, passed)) = self.out.take() {
            let waited = now.elapsed_since(since).map(|waited| waited.as_secs());
            let by_one = if is_monotonic { self.passed - passed } else { 60 };
            assert!(waited.unwrap_or(by_one) >= 60, "somebody is fetching already");
        }
    }

    fn give(&mut self, now: Timestamp) {
        self.issued += 1;
        self.out = Some((self.issued, now, self.passed));
        self.risked += 1;
        assert!(!self.is_dead && self.risked <= 2, "a refresh token is risked too often");
    }

    fn is_back(&mut self, n: u64) {
        self.out = self.out.filter(|(out, ..)| *out != n);
    }

    /// One that is seen to be over is over.
    fn is_valid(&mut self, now: Timestamp) -> bool {
        let lives = |(sent_at, lifetime): &(Timestamp, Duration)| {
            now.elapsed_since(*sent_at).is_some_and(|age| age < *lifetime)
        };
        self.token = self.token.filter(lives);
        self.token.is_some()
    }

    fn fail(&mut self, n: u64, how: How) {
        match how {
            How::Unavailable | How::NotSent => self.risked = self.risked.saturating_sub(1),
            How::Dead | How::NotAnswered => self.may_be_dead = true,
            How::UnreadableAndRotated => (self.settled, self.refresh) = (n, n),
        }
        if how == How::UnreadableAndRotated {
            self.is_good();
        }
    }

    fn is_good(&mut self) {
        (self.risked, self.may_be_dead, self.is_dead) = (0, false, false);
    }
}

fuzz_target!(|input: (bool, bool, Vec<Operation>)| {
    let (is_session, is_monotonic, operations) = input;
    let mut cache = new(is_session);
    let mut model = Model { wall: NOW.unix_seconds(), ..Model::default() };
    let mut tickets: Vec<(u64, u64, Timestamp, Ticket)> = Vec::new();
    let mut held = None;
    for operation in operations {
        let wall = Timestamp::from_unix_seconds(model.wall);
        let reading = Duration::from_secs(model.passed);
        let now = if is_monotonic { wall.with_monotonic(reading) } else { wall };
        let pick = |tickets: &mut Vec<_>, n: u8| match tickets.len() {
            0 => None,
            all => Some(tickets.swap_remove(usize::from(n) % all)),
        };
        match operation {
            Operation::Get => {
                let is_valid = model.is_valid(now);
                let (tokens, ticket) = match cache.get(now) {
                    Lookup::Ready(tokens) => (Some(tokens), None),
                    Lookup::Renew(tokens, ticket) => (Some(tokens), Some(ticket)),
                    Lookup::Send(ticket) => (None, Some(ticket)),
                    Lookup::Wait(_) => (None, None),
                    Lookup::Refused(_) => {
                        model.end_lease(now, is_monotonic);
                        (None, None)
                    }
                };
                assert_eq!(is_valid, tokens.is_some());
                if let Some(tokens) = tokens {
                    assert_eq!(tokens.access_token().expose(), model.settled.to_string());
                    held = Some(tokens);
                }
                if let Some(ticket) = ticket {
                    model.end_lease(now, is_monotonic);
                    model.give(now);
                    let sent = String::from_utf8(ticket.wire_request().body().into()).unwrap();
                    let refresh = format!("refresh_token=rt-{}", model.refresh);
                    assert!(!is_session || sent.split('&').any(|pair| pair == refresh), "{sent}");
                    tickets.push((model.issued, model.settled, now, ticket));
                }
            }
            Operation::Token { ticket, lifetime, rotates } => {
                let Some((n, _, sent_at, ticket)) = pick(&mut tickets, ticket) else { continue };
                let rotates = rotates && is_session;
                let refresh =
                    if rotates { format!(r#","refresh_token":"rt-{n}""#) } else { "".into() };
                let body = format!(
                    r#"{{"access_token":"{n}","token_type":"Bearer","expires_in":{lifetime}{refresh}}}"#
                );
                cache.complete(ticket.receive(Response::new(200, body.as_bytes()), sent_at), now);
                model.is_back(n);
                if n > model.settled {
                    model.settled = n;
                    model.token = Some((sent_at, Duration::from_secs(lifetime.into())));
                    model.is_valid(now);
                    model.is_good();
                    model.refresh = if rotates { n } else { model.refresh };
                }
            }
            Operation::Fail { ticket, how } => {
                let Some((n, settled, _, ticket)) = pick(&mut tickets, ticket) else { continue };
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
                if settled == model.settled && is_session {
                    model.fail(n, how);
                }
            }
            Operation::Abandon { ticket } => {
                let Some((n, _, _, ticket)) = pick(&mut tickets, ticket) else { continue };
                cache.abandon(ticket.id(), now);
                model.is_back(n);
            }
            Operation::Reject => {
                let Some(tokens) = held.take() else { continue };
                let (sent_at, rejected) = (tokens.sent_at(), tokens.access_token());
                // A younger one may stay.
                if rejected.expose() == model.settled.to_string()
                    && now.elapsed_since(sent_at).is_none_or(|age| age.as_secs() >= 60)
                {
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
            Operation::SetBack { seconds } => model.wall -= u64::from(seconds),
        }
        if !is_session {
            model.risked = 0;
        } else {
            let record = serde_json::to_value(cache.record().unwrap()).unwrap();
            let newest = format!("rt-{}", model.refresh);
            match record["refresh_token"].as_str() {
                Some(refresh) => {
                    assert_eq!(refresh, newest);
                    assert!(!model.is_dead, "{newest} is dead");
                }
                None => {
                    assert!(model.may_be_dead, "{newest} is lost");
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
