//! Everything there is, as plain data.

use super::entry::Entry;
use super::machines::{Answer, Machine, Now};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) second: u32,
    pub(super) record: Option<Entry>,
    pub(super) server: Server,
    pub(super) processes: Vec<Process>,
    /// Somebody who logs in as another user, or logs out.
    pub(super) user: Option<Machine>,
    /// Requests whose sender does not wait any more, and which the server may still see.
    pub(super) adrift: Vec<u8>,
    /// A swap that was given up, and which the store may still make.
    pub(super) late: Option<(Option<u64>, Entry)>,
    /// What has gone wrong so far, and how much more may.
    pub(super) faults: Faults,
    pub(super) left: u8,
    pub(super) shorts: u8,
    pub(super) longs: u8,
    /// The property that does not hold.
    pub(super) wrong: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Process {
    /// `None`: it is not running.
    pub(super) machine: Option<Machine>,
    /// How often it has started.
    pub(super) starts: u8,
    /// How often somebody will want a token.
    pub(super) rounds: u8,
    /// How far its wall clock is off, in hours.
    pub(super) hours: i8,
    /// How far its other clock has jumped.
    pub(super) ahead: u32,
    /// Its request, and what the server has answered.
    pub(super) request: Option<(u8, Option<Answer>)>,
    /// The newest refresh token that it knows, with its session; after a logout, the last of all.
    pub(super) seen: (u8, u8),
    /// A refresh token that only it has.
    pub(super) received: Option<u8>,
    /// The last refresh token that it sent.
    pub(super) sent: Option<u8>,
    /// What stood in the store when it last looked.
    pub(super) loaded: Option<Entry>,
    /// Since when it has nothing to do but wait.
    pub(super) since: u32,
}

/// What this process' clocks say.
pub(super) fn now_of(world: &World, number: usize) -> Now {
    let process = &world.processes[number];
    Now { second: world.second + process.ahead, hours: process.hours }
}

/// Nobody waits for this process' request any more.
pub(super) fn go_adrift(world: &mut World, number: usize, may_arrive: bool) {
    let request = world.processes[number].request.take();
    if let Some((token, None)) = request.filter(|_| may_arrive) {
        world.adrift.push(token);
        world.adrift.sort_unstable();
    }
}

impl Process {
    /// It is not running yet.
    pub(super) fn new(rounds: u8) -> Self {
        Self {
            machine: None,
            starts: 0,
            rounds,
            hours: 0,
            ahead: 0,
            request: None,
            seen: (0, 0),
            received: None,
            sent: None,
            loaded: None,
            since: 0,
        }
    }
}

/// What a server does about a refresh token that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reuse {
    /// It ends the session, as RFC 9700 section 4.14 wants it.
    Revokes,
    /// It refuses it.
    Refused,
    /// It takes the last but one once more.
    Grace,
}

/// The tokens of each session, in the order in which they were issued.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Server {
    /// For each token: its session, and from which token it was made.
    issued: Vec<(u8, Option<u8>)>,
    /// For each session: the one that lives.
    live: Vec<Option<u8>>,
}

impl Server {
    /// With the session of one login.
    pub(super) fn new() -> Self {
        Self { issued: vec![(0, None)], live: vec![Some(0)] }
    }

    pub(super) fn login(&mut self) -> u8 {
        let session = u8::try_from(self.live.len()).unwrap();
        self.live.push(None);
        self.issue(session, None)
    }

    fn issue(&mut self, session: u8, from: Option<u8>) -> u8 {
        let new = u8::try_from(self.issued.len()).unwrap();
        self.issued.push((session, from));
        self.live[usize::from(session)] = Some(new);
        new
    }

    pub(super) fn session(&self, token: u8) -> u8 {
        self.issued[usize::from(token)].0
    }

    pub(super) fn last_session(&self) -> u8 {
        u8::try_from(self.live.len()).unwrap() - 1
    }

    pub(super) fn is_live(&self, token: u8) -> bool {
        self.live[usize::from(self.session(token))] == Some(token)
    }

    pub(super) fn live(&self, session: u8) -> Option<u8> {
        self.live[usize::from(session)]
    }

    /// Whether two refresh tokens were made from the same one.
    pub(super) fn has_twins(&self) -> bool {
        let from = |index: usize| self.issued[index].1;
        (1..self.issued.len())
            .any(|one| from(one).is_some() && (0..one).any(|other| from(other) == from(one)))
    }

    pub(super) fn refresh(&mut self, token: u8, reuse: Reuse) -> Answer {
        let session = self.session(token);
        let Some(live) = self.live(session) else { return Answer::Refused };
        let is_last_but_one = self.issued[usize::from(live)].1 == Some(token);
        if live == token || reuse == Reuse::Grace && is_last_but_one {
            return Answer::Tokens(self.issue(session, Some(token)));
        }
        if reuse == Reuse::Revokes {
            self.live[usize::from(session)] = None;
        }
        Answer::Refused
    }
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fault {
    /// A process is killed.
    Crash,
    /// Whoever drives a rotation is dropped.
    Drop,
    /// A request or its answer is lost.
    Lost,
    /// A server works on a request for longer than an exchange may take.
    Slow,
    /// A process stands still in the midst of a rotation.
    Stall,
    /// The server is there, and has no time.
    Unavailable,
    Unconnected,
    Unloaded,
    Unswapped,
    /// A swap that was made, and an error for it.
    HalfSwapped,
    /// A swap that is made after an error for it.
    LateSwap,
    /// A wall clock jumps.
    Jump,
    Login,
    Logout,
}

/// A set of faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Faults(u16);

impl Faults {
    pub(super) const ALL: Self = Self(u16::MAX);

    pub(super) fn of(faults: &[Fault]) -> Self {
        Self(faults.iter().fold(0, |set, fault| set | 1 << *fault as u16))
    }

    pub(super) fn with(self, fault: Fault) -> Self {
        Self(self.0 | 1 << fault as u16)
    }

    pub(super) fn has(self, fault: Fault) -> bool {
        self.has_any(&[fault])
    }

    pub(super) fn has_any(self, faults: &[Fault]) -> bool {
        self.0 & Self::of(faults).0 != 0
    }
}
