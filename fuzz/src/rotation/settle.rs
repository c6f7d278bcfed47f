//! What has to be true of each swap, and in the end.

use std::time::Duration;

use grantflow::{SessionRecord, Store, Stored, TokenError, TokenKey};

use super::{Fate, Fault, Name, World};

impl World {
    /// Everything is given back, nothing fails any more, and who was given the newest refresh token
    /// still has it.
    pub fn settle(mut self) {
        for p in 0..self.processes.len() {
            while self.rotations(p) > 0 {
                self.conclude(p, 0);
            }
        }
        self.pass(Duration::from_secs(20_000));
        let stands = self.stored().as_ref().and_then(name_in);
        let holder = stands.and_then(|(login, _)| self.holder.get(&login).copied());
        let newest = stands.map(|(login, _)| self.newest[&login]);
        let mut order: Vec<usize> = (0..self.processes.len()).collect();
        order.sort_by_key(|p| Some(*p) != holder);
        for p in order {
            self.begin(p);
            assert_eq!(self.rotations(p), 1, "nobody looks");
            while self.rotations(p) > 0 {
                if !self.step(p, 0, Fault::None) && self.rotations(p) > 0 {
                    self.answer(p, 0, Fate::Answered, 255);
                }
            }
            if holder.is_some() {
                let now = self.stored().as_ref().and_then(name_in).map(|(_, n)| n);
                assert!(now >= newest, "the newest refresh token is lost: {now:?} of {newest:?}");
            }
        }
    }

    pub(super) fn stored(&self) -> Option<Stored> {
        Store::load(&self.store, &TokenKey::of_session("anna", &self.client)).unwrap()
    }
}

/// No refresh brings a session back, takes another's place, or sets one back.
pub(super) fn check_swap(old: Option<&Stored>, new: &Stored) {
    let (old, new) = (old.and_then(name_in), name_in(new));
    match (old, new) {
        (Some((login, old)), Some((new_login, new))) => {
            assert!(new_login == login && new >= old, "{old} of {login} by {new} of {new_login}");
        }
        (None, None) => {}
        (old, new) => panic!("{old:?} by {new:?}"),
    }
}

/// It tells what to do, and no token, and has the tokens with it that are in no store.
pub(super) fn check_error(error: &TokenError) {
    let text = format!("{error} {error:?} {:?}", error.advice());
    assert!(!text.contains("rt-") && !text.contains("at-"), "{text}");
    let unsaved = error.unsaved().map(|tokens| serde_json::to_value(tokens.record()).unwrap());
    assert!(unsaved.is_none_or(|tokens| tokens["refresh_token"].as_str().is_some()));
    if let grantflow::Error::Session(error) = error.error() {
        assert!(error.cause().is_none() || !error.to_string().is_empty());
    }
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        assert!(!error.to_string().contains("rt-"));
        source = error.source();
    }
}

/// The refresh token that stands in a record.
pub(super) fn name_in(stored: &Stored) -> Option<Name> {
    let record: SessionRecord = serde_json::from_slice(stored.bytes()).unwrap();
    let tokens = serde_json::to_value(record.tokens()?).unwrap();
    Some(parse(tokens["refresh_token"].as_str().unwrap()))
}

pub(super) fn parse(token: &str) -> Name {
    let (login, n) = token.strip_prefix("rt-").unwrap().split_once('-').unwrap();
    (login.parse().unwrap(), n.parse().unwrap())
}
