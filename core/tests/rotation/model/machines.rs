//! The real machines, by what they were told. They cannot be copied nor compared, but they do the
//! same whenever they are told the same: a machine is the list of what it was told, and is built
//! anew when it is told more.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use grantflow::{Stored, Timestamp};

use super::driver::{Driver, Raw};
use super::entry::{Content, Entry};
use crate::scenario;

/// What a process' clocks say. The time by the wall is so many hours off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Now {
    pub(super) second: u32,
    pub(super) hours: i8,
}

/// What a machine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Told {
    /// The start: a process' cache. No two have the same number.
    Process(u8),
    /// The start: a login that brings this record.
    Login(Entry),
    /// The start: a logout.
    Logout,
    /// It holds the access token of this record.
    Holding(Entry),
    /// An API has rejected the access token that is held, if one is, and somebody wants another.
    Get,
    Loaded(Option<Entry>),
    Unloaded,
    Swapped(bool),
    Unswapped,
    Answered(Answer),
    Waited,
    /// Whoever drove it is gone, and has given it back.
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Answer {
    Tokens(u8),
    Refused,
    Unavailable,
    /// None came, and nothing was sent.
    Unconnected,
    /// None came.
    Lost,
}

/// What a machine wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wants {
    Load,
    Swap(Option<u64>, Entry),
    /// To send this refresh token.
    Send(u8),
    Wait,
    /// Nothing, and how it ended; and whether nothing is lost with it.
    Nothing(Option<End>, bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum End {
    Tokens(u8),
    Unsaved(u8),
    Missing,
    Refused,
    Uncertain,
    /// No answer came.
    Lost,
    Unconnected,
    Unavailable,
    /// The store failed.
    Store,
    Abandoned,
    /// By the clock the new tokens are over already.
    Over,
    Other,
}

/// A machine, by its number in [`Machines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Machine(u32);

#[derive(Default)]
pub(super) struct Machines(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    told: Vec<(Option<Machine>, Told, Now, Wants)>,
    found: HashMap<(Option<Machine>, Told, Now), Machine>,
    texts: Vec<(Vec<u8>, Content)>,
    entries: HashMap<Vec<u8>, u32>,
}

impl Machines {
    /// The machine that has been told this after all else.
    pub(super) fn tell(&self, machine: Option<Machine>, told: Told, now: Now) -> (Machine, Wants) {
        let history = {
            let inner = self.inner();
            if let Some(found) = inner.found.get(&(machine, told, now)) {
                return (*found, inner.wants(*found));
            }
            inner.history(machine, told, now)
        };
        let raw = replay(history);
        let mut inner = self.inner();
        let wants = inner.wants_of(raw);
        let new = Machine(u32::try_from(inner.told.len()).unwrap());
        inner.told.push((machine, told, now, wants));
        let new = *inner.found.entry((machine, told, now)).or_insert(new);
        (new, wants)
    }

    pub(super) fn wants(&self, machine: Machine) -> Wants {
        self.inner().wants(machine)
    }

    pub(super) fn last(&self, machine: Machine) -> Told {
        self.inner().told[machine.0 as usize].1
    }

    pub(super) fn content(&self, entry: Entry) -> Content {
        self.inner().texts[entry.text as usize].1
    }

    pub(super) fn entry(&self, stored: &Stored) -> Entry {
        self.inner().entry(stored)
    }

    pub(super) fn len(&self) -> usize {
        self.inner().told.len()
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn wants(&self, machine: Machine) -> Wants {
        self.told[machine.0 as usize].3
    }

    fn history(&self, machine: Option<Machine>, told: Told, now: Now) -> Vec<Line> {
        let mut lines = vec![self.line(told, now)];
        let mut next = machine;
        while let Some(machine) = next {
            let (before, told, now, _) = self.told[machine.0 as usize];
            lines.push(self.line(told, now));
            next = before;
        }
        lines.reverse();
        lines
    }

    fn line(&self, told: Told, now: Now) -> Line {
        let stored = match told {
            Told::Login(entry) | Told::Holding(entry) | Told::Loaded(Some(entry)) => {
                let bytes = self.texts[entry.text as usize].0.clone();
                Some(Stored::new(entry.version, bytes))
            }
            _ => None,
        };
        (told, stored, timestamp(now))
    }

    fn wants_of(&mut self, raw: Raw) -> Wants {
        match raw {
            Raw::Load => Wants::Load,
            Raw::Swap(expected, new) => Wants::Swap(expected, self.entry(&new)),
            Raw::Send(token) => Wants::Send(token),
            Raw::Wait => Wants::Wait,
            Raw::Nothing(end, is_empty) => Wants::Nothing(end, is_empty),
        }
    }

    fn entry(&mut self, stored: &Stored) -> Entry {
        let (texts, bytes) = (&mut self.texts, stored.bytes());
        let text = *self.entries.entry(bytes.to_vec()).or_insert_with(|| {
            texts.push((bytes.to_vec(), Content::of(bytes)));
            u32::try_from(texts.len()).unwrap() - 1
        });
        Entry { version: stored.version(), text }
    }
}

type Line = (Told, Option<Stored>, Timestamp);

fn replay(history: Vec<Line>) -> Raw {
    let mut lines = history.into_iter();
    let (told, stored, now) = lines.next().unwrap();
    let (mut driver, mut raw) = Driver::start(told, stored, now);
    for (told, stored, now) in lines {
        raw = driver.tell(told, stored, now);
    }
    raw
}

fn timestamp(now: Now) -> Timestamp {
    let monotonic = std::time::Duration::from_secs(now.second.into());
    let hours = i64::from(now.hours) * 3_600;
    let wall = scenario::at(now.second.into()).unix_seconds().saturating_add_signed(hours);
    Timestamp::from_unix_seconds(wall).with_monotonic(monotonic)
}
