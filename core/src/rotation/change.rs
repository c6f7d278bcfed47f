//! Logins and logouts of stored sessions.

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use super::limits::{MOST_CONFLICTS, MOST_FAULTS, NEVER_SWAPS, pause_after};
use super::record::{SessionRecord, origin_of};
use super::{Event, Step, Stepwise};
use crate::cache::TokenKey;
use crate::client::Client;
use crate::error::{Error, SessionError, SessionErrorKind};
use crate::exchange::sealed::Sealed;
use crate::flow::{Authorized, Failed, Flow, TokenRecord};
use crate::store::{StoreError, Stored};
use crate::time::Timestamp;

/// Stores a session after a login, over whatever stood under its name. A refresh of the session
/// before, by whatever process, does not overwrite it.
///
/// A [`Stepwise`] machine: when it is done, [`finish`](Self::finish) it.
#[must_use = "the user is logged in only when its steps are done and it is finished"]
pub struct Login {
    record: TokenRecord,
    change: Change,
}

/// Takes a session out of the store. A refresh that is under way, in whatever process, does not
/// bring it back.
///
/// A [`Stepwise`] machine: when it is done, [`finish`](Self::finish) it.
#[must_use = "the session ends only when its steps are done and it is finished"]
pub struct Logout {
    client: Client,
    change: Change,
    removed: Option<Box<TokenRecord>>,
}

impl Login {
    /// `name` tells the client's sessions apart.
    pub fn new(name: &str, session: &Flow<Authorized>) -> Self {
        let change = Change::new(TokenKey::of_session(name, session.client()));
        Self { record: session.record(), change }
    }

    /// From here on the session is the store's.
    ///
    /// # Errors
    /// With the session in it, which may not be stored: to be tried again, or to be used without.
    pub fn finish(self, session: Flow<Authorized>) -> Result<(), Failed<Flow<Authorized>>> {
        self.change.finish(SessionErrorKind::Unsaved).map_err(|error| Failed::new(error, session))
    }
}

impl Logout {
    /// `name` tells the client's sessions apart.
    pub fn new(name: &str, client: &Client) -> Self {
        let change = Change::new(TokenKey::of_session(name, client));
        Self { client: client.clone(), change, removed: None }
    }

    /// The session that was taken out, to be [revoked](Flow::revoke); `None` where there was
    /// none.
    ///
    /// # Errors
    /// [`Error::Session`] where the store could not be asked: the session may still be there.
    pub fn finish(self) -> Result<Option<Flow<Authorized>>, Error> {
        self.change.finish(SessionErrorKind::StoreUnavailable)?;
        // What another client has left there is gone too, and is nothing to revoke by this one.
        Ok(self.removed.and_then(|record| self.client.resume(*record).ok()))
    }
}

impl Sealed for Login {}
impl Sealed for Logout {}

impl Stepwise for Login {
    fn step(&mut self, _: Timestamp) -> Step<'_> {
        self.change.step()
    }

    fn take(&mut self, event: Event, now: Timestamp) {
        self.change.take(event, |old| {
            let found = old.and_then(|old| SessionRecord::read(old.bytes()).ok());
            // A swap that seemed to fail was made, and the session may have gone on since.
            let is_there = found.is_some_and(|found| found.origin == origin_of(&self.record));
            let new = || SessionRecord::of_login(self.record.copy());
            (!is_there).then(|| new().stored(old.map(Stored::version), now))
        });
    }
}

impl Stepwise for Logout {
    fn step(&mut self, _: Timestamp) -> Step<'_> {
        self.change.step()
    }

    fn take(&mut self, event: Event, now: Timestamp) {
        let removed = &mut self.removed;
        self.change.take(event, |old| {
            let record = old.and_then(|old| SessionRecord::read(old.bytes()).ok());
            let is_logged_out = record.as_ref().is_some_and(|record| record.tokens.is_none());
            // A swap that seemed to fail may have been made: what was there before counts.
            if let Some(tokens) = record.and_then(|record| record.tokens) {
                *removed = Some(Box::new(tokens));
            }
            // Where nothing stands, a refresh that is under way could put it back.
            let new = || SessionRecord::of_logout().stored(old.map(Stored::version), now);
            (!is_logged_out).then(new)
        });
    }
}

/// Looks, and swaps in something else, until that has worked.
#[derive(Debug)]
struct Change {
    key: TokenKey,
    state: State,
    faults: u32,
    conflicts: u32,
}

#[derive(Debug)]
enum State {
    Look,
    Swap(Option<u64>, Stored),
    Wait(Duration),
    Done,
    Failed(StoreError),
}

impl Change {
    fn new(key: TokenKey) -> Self {
        Self { key, state: State::Look, faults: 0, conflicts: 0 }
    }

    fn step(&self) -> Step<'_> {
        match &self.state {
            State::Look => Step::Load(&self.key),
            State::Swap(expected, new) => Step::Swap { key: &self.key, expected: *expected, new },
            State::Wait(time) => Step::Wait(*time),
            State::Done | State::Failed(_) => Step::Done,
        }
    }

    /// `new` makes what is to stand there of what does; `None`: that may stay.
    fn take(&mut self, event: Event, new: impl FnOnce(Option<&Stored>) -> Option<Stored>) {
        self.state = match (core::mem::replace(&mut self.state, State::Look), event) {
            (State::Look, Event::Loaded(Ok(found))) => match new(found.as_ref()) {
                Some(new) => State::Swap(found.map(|found| found.version()), new),
                None => State::Done,
            },
            (State::Swap(..), Event::Swapped(Ok(true))) => State::Done,
            (State::Swap(..), Event::Swapped(Ok(false))) => {
                self.conflicts = self.conflicts.saturating_add(1);
                if self.conflicts > MOST_CONFLICTS {
                    State::Failed(NEVER_SWAPS.into())
                } else {
                    State::Look
                }
            }
            (State::Wait(_), Event::Waited) => State::Look,
            (State::Look, Event::Loaded(Err(error)))
            | (State::Swap(..), Event::Swapped(Err(error))) => {
                self.faults = self.faults.saturating_add(1);
                if self.faults < MOST_FAULTS {
                    State::Wait(pause_after(self.faults))
                } else {
                    State::Failed(error)
                }
            }
            (state, _) => state,
        };
    }

    fn finish(self, kind: SessionErrorKind) -> Result<(), Error> {
        match self.state {
            State::Done => Ok(()),
            State::Failed(error) => Err(SessionError::caused(kind, error).into()),
            _ => Err(SessionError::caused(kind, "it was given up halfway").into()),
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("change", &self.change).finish_non_exhaustive()
    }
}

impl fmt::Debug for Logout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logout").field("change", &self.change).finish_non_exhaustive()
    }
}
