//! Tokens that are kept in a store.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use super::grant::{Grant, Leave, Stored};
use super::held::Held;
use super::{Fetched, TokenCache, TokenError, TokenKey};
use crate::client::Client;
use crate::error::{Error, SessionError, SessionErrorKind};
use crate::flow::{Flow, Requesting};
use crate::rotation::{Memory, Outcome, Rotation, Subject};
use crate::time::Timestamp;

impl TokenCache {
    /// A cache of a user's session that is kept in a [`Store`](crate::Store), under the name that
    /// tells it from the client's other sessions. What stands there is looked at when a token is
    /// first asked for; a user who has not logged in yet can do so later.
    ///
    /// [`get`](Self::get) gives out a [`Rotation`] whenever the store or the server has to be asked.
    /// `nonce` tells this cache from all others that use the store, in whatever process: a random
    /// number.
    pub fn of_session(name: &str, client: &Client, nonce: u128) -> Self {
        let key = TokenKey::of_session(name, client);
        Self::stored(key, Subject::Session(client.clone()), format!("{nonce:032x}"))
    }

    /// A cache of the client's own token, which is shared with other processes by way of a
    /// [`Store`](crate::Store). Where the store fails, each asks for itself.
    ///
    /// A grant that may bring a refresh token is not shared: it is a cache as of any other flow.
    pub fn of_tenant(tenant: &str, request: Flow<Requesting>) -> Self {
        if !request.is_for_the_client() {
            return request.into();
        }
        let key = TokenKey::of_request(tenant, &request);
        Self::stored(key, Subject::Request(request), String::new())
    }

    fn stored(key: TokenKey, subject: Subject, process: String) -> Self {
        let memory = Memory::default();
        Self::new(Grant::Stored(Box::new(Stored { key, subject, process, memory })), None)
    }

    /// Takes back a rotation. Where it is not done, because whoever performed it had to stop, what
    /// it knows is kept for the next one: new tokens that it had not stored yet, above all.
    pub fn conclude(&mut self, rotation: Rotation, now: Timestamp) {
        let (id, key, is_sent) = (rotation.waiting().ticket, rotation.key(), rotation.is_sent());
        let is_of_client = rotation.out.rotation == self.rotation;
        self.is_back(id);
        let memory = match &mut self.grant {
            Grant::Stored(stored) if stored.key == key => Some(&mut stored.memory),
            _ => None,
        };
        let outcome = rotation.end(memory);
        if id.cache != self.id || id.number <= self.settled {
            return;
        }
        match outcome {
            Some(Outcome::Tokens(tokens)) => {
                self.take(Fetched { id, tokens, rotated: false }, now);
            }
            Some(Outcome::Failed { error, unsaved, living }) => {
                self.lost = 0;
                if let Some(tokens) = living {
                    let mut tokens = *tokens;
                    self.grant.take(&mut tokens, false);
                    self.hold(Some(Held::arrived(tokens, now)));
                }
                if is_of_client && !self.knows_better(&error) {
                    let advice = error.advice();
                    self.remember_news(error, advice, unsaved, id, now);
                }
            }
            Some(Outcome::Nothing) => {}
            None => {
                self.lost = self.lost.saturating_add(1);
                if self.lost > 1 {
                    self.note_abandoned(id, is_sent, now);
                }
            }
        }
        if let Some(failure) = &mut self.failure {
            failure.looked_at = now;
        }
    }

    /// Whether the server's own words are there for what the store says by its record.
    fn knows_better(&self, error: &Error) -> bool {
        let is_said = |error: &Error| matches!(error, Error::Refused(_));
        let is_record = |error: &SessionError| error.kind() == SessionErrorKind::Refused;
        matches!(error, Error::Session(error) if is_record(error))
            && self
                .failure
                .as_ref()
                .is_some_and(|failure| failure.pause.is_none() && is_said(failure.error.error()))
    }

    /// A rotation that sends nothing and stores what this process has and the store has not: for
    /// the end of a program. `None` where there is no such thing, or another rotation is out.
    pub fn save(&mut self, now: Timestamp) -> Option<Box<Rotation>> {
        let Grant::Stored(stored) = &self.grant else { return None };
        if !stored.memory.has_tokens() || !self.is_nothing_out(now) {
            return None;
        }
        match self.leave(true, now) {
            Ok(Leave::Rotation(rotation)) => Some(rotation),
            _ => None,
        }
    }

    /// The error that says so, where new tokens are here and in no store.
    pub fn unsaved(&self, now: Timestamp) -> Option<TokenError> {
        let Grant::Stored(stored) = &self.grant else { return None };
        stored.memory.has_tokens().then(|| {
            let error = SessionError::new(SessionErrorKind::Unsaved);
            let (advice, unsaved) = (error.advice(), stored.memory.unsaved().cloned());
            TokenError::new(error.into(), advice, None, unsaved, now)
        })
    }

    /// For a stored session that a [`Login`](crate::Login) or a [`Logout`](crate::Logout) may have
    /// changed: what was held of the session before is dropped at once, and so is what a rotation of
    /// it still brings. What stands in the store now is looked at when a token is next asked for.
    pub fn changed(&mut self) {
        self.begin_anew(None);
    }

    /// From here on, asks as this client, whose secret was replaced (fact M10). A stored session
    /// goes on with it; nothing else is changed by this.
    pub fn ask_as(&mut self, client: &Client) {
        if let Grant::Stored(stored) = &mut self.grant
            && let Subject::Session(old) = &mut stored.subject
            && !old.has_secret_of(client)
        {
            *old = client.clone();
            // What was refused, and what still will be, is the old secret's.
            self.rotation = self.rotation.saturating_add(1);
            self.failure = None;
            self.pauses.reset();
        }
    }
}
