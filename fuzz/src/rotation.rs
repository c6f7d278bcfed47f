//! Processes that share a session by way of a store, and a server that takes each refresh token
//! once.

mod login;
mod settle;

use std::collections::BTreeMap;
use std::time::Duration;

use grantflow::TransportErrorKind::{Connect, Timeout};
use grantflow::wire::Response;
use grantflow::{
    Client, Event, Exchange, Failed, Lookup, MemoryStore, Rotation, Step, Stepwise, Store, Ticket,
    Timestamp, TokenCache, TransportError,
};

use self::settle::{check_error, check_swap, name_in, parse};
use crate::{NOW, client};

/// A refresh token: which login it comes from, and which it is of those.
type Name = (u64, u64);

/// What goes wrong with a store's operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    None,
    Undone,
    Done,
    /// It is done, and whoever asked for it has gone away.
    NeverHeard,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    Answered,
    /// The answer has a new refresh token and cannot be read otherwise.
    Unreadable,
    AnswerLost,
    RequestLost,
    Unavailable,
    NotSent,
}

/// One cache, and what its process knows.
struct Process {
    cache: TokenCache,
    rotations: Vec<Running>,
    /// Of each login, the newest refresh token that it has seen.
    seen: BTreeMap<u64, u64>,
    /// How far its wall clock is from the true time.
    offset: i64,
}

struct Running {
    rotation: Rotation,
    seen: BTreeMap<u64, u64>,
    out: Option<Flight>,
    steps: u32,
}

struct Flight {
    ticket: Ticket,
    name: Name,
    sent: u64,
}

/// The store, the server, and the true time.
pub struct World {
    client: Client,
    store: MemoryStore,
    processes: Vec<Process>,
    /// True time, in milliseconds.
    time: u64,
    nonces: u128,
    logins: u64,
    /// Of each login, the refresh token that the server takes.
    newest: BTreeMap<u64, u64>,
    /// The process that was given the newest one, where it lives.
    holder: BTreeMap<u64, usize>,
    /// Until when nobody may send this token again.
    not_before: BTreeMap<Name, u64>,
}

impl World {
    pub fn new(processes: usize) -> Self {
        let mut world = Self {
            client: client(0, "s3cr3t-s3cr3t"),
            store: MemoryStore::new(),
            processes: Vec::new(),
            time: 0,
            nonces: 0,
            logins: 0,
            newest: BTreeMap::new(),
            holder: BTreeMap::new(),
            not_before: BTreeMap::new(),
        };
        world.log_in();
        for _ in 0..processes {
            let process = world.process();
            world.processes.push(process);
        }
        world
    }

    fn process(&mut self) -> Process {
        self.nonces += 1;
        let cache = TokenCache::of_session("anna", &self.client, self.nonces);
        Process { cache, rotations: Vec::new(), seen: BTreeMap::new(), offset: 0 }
    }

    fn now(&self, p: usize) -> Timestamp {
        let offset = self.processes.get(p).map_or(0, |process| process.offset);
        let wall = NOW.unix_seconds().saturating_add_signed(offset) * 1_000 + self.time;
        let reading = Duration::from_millis(self.time);
        Timestamp::from_unix(Duration::from_millis(wall)).with_monotonic(reading)
    }

    pub fn pass(&mut self, time: Duration) {
        self.time += u64::try_from(time.as_millis()).unwrap();
    }

    pub fn set_clock(&mut self, p: usize, seconds: i64) {
        let process = &mut self.processes[p];
        process.offset = (process.offset + seconds).clamp(-20_000, 20_000);
    }

    /// A process dies with all that it knows, and another begins in its place.
    pub fn crash(&mut self, p: usize) {
        self.processes[p] = self.process();
        self.holder.retain(|_, holder| *holder != p);
    }

    /// A process learns that somebody has logged in or out.
    pub fn tell(&mut self, p: usize) {
        self.processes[p].cache.changed();
    }

    pub fn begin(&mut self, p: usize) {
        let now = self.now(p);
        let process = &mut self.processes[p];
        if process.rotations.len() >= 2 {
            return;
        }
        match process.cache.get(now) {
            Lookup::Rotate(_, rotation) => {
                // What the cache remembers goes with it, until it is given back.
                let seen = std::mem::take(&mut process.seen);
                process.rotations.push(Running { rotation: *rotation, seen, out: None, steps: 0 });
            }
            Lookup::Refused(error) => check_error(&error),
            _ => {}
        }
        if let Some(error) = process.cache.unsaved(now) {
            check_error(&error);
        }
        assert!(!format!("{:?}", process.cache).contains("rt-"));
    }

    /// Where a program ends, it saves what is not stored.
    pub fn save(&mut self, p: usize) {
        let now = self.now(p);
        let process = &mut self.processes[p];
        if process.rotations.len() < 2
            && let Some(rotation) = process.cache.save(now)
        {
            let seen = std::mem::take(&mut process.seen);
            process.rotations.push(Running { rotation: *rotation, seen, out: None, steps: 0 });
        }
    }

    /// Rejects the token that is held, if one is.
    pub fn reject(&mut self, p: usize) {
        let now = self.now(p);
        let cache = &mut self.processes[p].cache;
        if let Lookup::Ready(tokens) = cache.get(now) {
            cache.reject(tokens.access_token(), now);
        }
    }

    /// Gives a rotation back as it stands.
    pub fn conclude(&mut self, p: usize, r: usize) {
        let now = self.now(p);
        let process = &mut self.processes[p];
        let running = process.rotations.remove(r);
        if let Some(flight) = running.out {
            // Whoever has lost it knows so, and waits for a while.
            pause(&mut self.not_before, flight.name, self.time);
        }
        for (login, n) in running.seen {
            let seen = process.seen.entry(login).or_default();
            *seen = n.max(*seen);
        }
        process.cache.conclude(running.rotation, now);
    }

    pub fn rotations(&self, p: usize) -> usize {
        self.processes[p].rotations.len()
    }

    /// Does one step; `false` where that has to wait for an answer, or where the rotation is gone.
    pub fn step(&mut self, p: usize, r: usize, fault: Fault) -> bool {
        let now = self.now(p);
        let stood = self.stored();
        let running = &mut self.processes[p].rotations[r];
        if running.out.is_some() {
            return false;
        }
        running.steps += 1;
        assert!(running.steps < 5_000, "it does not end");
        let event = match running.rotation.step(now) {
            Step::Load(key) => match fault {
                Fault::None | Fault::NeverHeard => {
                    if let Some(Some((login, n))) = stood.as_ref().map(name_in) {
                        let seen = running.seen.entry(login).or_default();
                        *seen = n.max(*seen);
                    }
                    Event::Loaded(Store::load(&self.store, key))
                }
                Fault::Undone | Fault::Done => Event::Loaded(Err("down".into())),
            },
            Step::Swap { key, expected, new } => {
                let done = fault != Fault::Undone
                    && Store::compare_and_swap(&self.store, key, expected, new).unwrap();
                if done {
                    check_swap(stood.as_ref(), new);
                }
                match fault {
                    Fault::None | Fault::NeverHeard => Event::Swapped(Ok(done)),
                    Fault::Undone | Fault::Done => Event::Swapped(Err("down".into())),
                }
            }
            Step::Wait(time) => {
                self.time += u64::try_from(time.as_millis()).unwrap() + 1;
                Event::Waited
            }
            Step::Send(ticket) => {
                self.send(p, r, ticket);
                return false;
            }
            Step::Done => {
                self.conclude(p, r);
                return false;
            }
        };
        if fault == Fault::NeverHeard {
            self.conclude(p, r);
            return false;
        }
        let now = self.now(p);
        self.processes[p].rotations[r].rotation.take(event, now);
        true
    }

    fn send(&mut self, p: usize, r: usize, ticket: Ticket) {
        let body = String::from_utf8(ticket.wire_request().body().into()).unwrap();
        let sent = body.split('&').find_map(|pair| pair.strip_prefix("refresh_token=")).unwrap();
        let name = parse(sent);
        let running = &mut self.processes[p].rotations[r];
        let seen = running.seen.get(&name.0).copied().unwrap_or_default();
        assert!(name.1 >= seen, "{name:?} is sent, and {seen} is known");
        let not_before = self.not_before.get(&name).copied().unwrap_or_default();
        assert!(self.time >= not_before, "{name:?} is being sent by another");
        // Its mark is at most five seconds old, and lasts for 76.
        self.not_before.insert(name, self.time + 71_000);
        running.out = Some(Flight { ticket, name, sent: self.time });
    }

    /// The end of a request that is under way.
    pub fn answer(&mut self, p: usize, r: usize, fate: Fate, lifetime: u8) {
        let now = self.now(p);
        let running = &mut self.processes[p].rotations[r];
        let Some(Flight { ticket, name: (login, n), sent }) = running.out.take() else { return };
        // By then its transport has given it up.
        let fate = if self.time > sent + 60_000 { Fate::RequestLost } else { fate };
        let arrives = !matches!(fate, Fate::RequestLost | Fate::NotSent | Fate::Unavailable);
        let is_good = arrives && self.newest.get(&login) == Some(&n);
        let new = n + 1;
        if is_good {
            self.newest.insert(login, new);
            self.holder.remove(&login);
        }
        let lost =
            |ticket, kind| Err(Failed::unanswered(ticket, TransportError::new(kind, "no answer")));
        let outcome = match fate {
            Fate::AnswerLost | Fate::RequestLost => {
                pause(&mut self.not_before, (login, n), self.time);
                lost(ticket, Timeout)
            }
            Fate::NotSent => {
                self.not_before.remove(&(login, n));
                lost(ticket, Connect)
            }
            Fate::Unavailable => {
                self.not_before.remove(&(login, n));
                ticket.receive(Response::new(503, b""), now)
            }
            Fate::Answered | Fate::Unreadable if !is_good => {
                ticket.receive(Response::new(400, br#"{"error":"invalid_grant"}"#), now)
            }
            Fate::Answered | Fate::Unreadable => {
                running.seen.insert(login, new);
                self.holder.insert(login, p);
                let access = match fate {
                    Fate::Answered => format!(r#""at-{login}-{new}""#),
                    _ => "0".into(),
                };
                let body = format!(
                    r#"{{"access_token":{access},"token_type":"Bearer","expires_in":{lifetime},
                        "refresh_token":"rt-{login}-{new}"}}"#
                );
                ticket.receive(Response::new(200, body.as_bytes()), now)
            }
        };
        running.rotation.take(Event::Answered(outcome), now);
    }
}

/// No answer will come: whoever knows so waits for a while, and the mark's time goes on.
fn pause(not_before: &mut BTreeMap<Name, u64>, name: Name, time: u64) {
    let end = time + 30_000;
    not_before.entry(name).and_modify(|until| *until = end.min(*until));
}
