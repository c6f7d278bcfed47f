//! Who comes: each browser has a cookie with a random identifier, and what it stands for stays here.
//! In earnest, that is the work of a session crate, which forgets those who do not come any more.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use base64ct::{Base64UrlUnpadded, Encoding};
use rustls::crypto::ring;

use crate::pages::Notice;
use crate::partner::Business;

#[derive(Default)]
pub(crate) struct Visitors(Mutex<HashMap<String, Visitor>>);

pub(crate) struct Visitor {
    /// Names this visitor's sessions in the store. It is no secret, and never changes.
    pub(crate) name: String,
    pub(crate) businesses: Vec<Business>,
    /// The login that is under way, the last that was begun: a `PendingLogin` in JSON.
    pub(crate) login: Option<String>,
    /// What the next page says.
    pub(crate) notice: Option<Notice>,
}

impl Visitors {
    /// Does something with a visitor, if this is one's identifier.
    pub(crate) fn with<T>(
        &self,
        id: Option<&str>,
        work: impl FnOnce(&mut Visitor) -> T,
    ) -> Option<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(id?).map(work)
    }

    /// A new visitor's identifier.
    pub(crate) fn welcome(&self) -> io::Result<String> {
        let (id, name) = (random()?, random()?);
        let visitor = Visitor { name, businesses: Vec::new(), login: None, notice: None };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), visitor);
        Ok(id)
    }

    /// The same visitor's new identifier.
    pub(crate) fn rename(&self, id: &str) -> io::Result<String> {
        let new = random()?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(visitor) = all.remove(id) {
            all.insert(new.clone(), visitor);
        }
        Ok(new)
    }
}

impl Visitor {
    /// A business as it is now: new, changed, or gone.
    pub(crate) fn put(&mut self, business: Business) {
        let place = self.businesses.iter().position(|it| it.support_code == business.support_code);
        match place.and_then(|place| self.businesses.get_mut(place)) {
            Some(known) => *known = business,
            None => self.businesses.push(business),
        }
        self.businesses.retain(|business| !business.is_gone);
    }
}

/// 256 bits that nobody can guess.
fn random() -> io::Result<String> {
    let mut bytes = [0; 32];
    let random = ring::default_provider().secure_random;
    random.fill(&mut bytes).map_err(|_| io::Error::other("there are no random bytes"))?;
    Ok(Base64UrlUnpadded::encode_string(&bytes))
}
