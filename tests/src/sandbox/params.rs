//! What a request says: its form, its query, its bearer token.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, Request};

use crate::collector;

/// The parameters of a query or of a form, read by the rules of RFC 6749, section 3.1: one without
/// a value counts as not sent, and none may come twice.
pub(super) struct Params {
    values: HashMap<String, String>,
    repeated: HashSet<String>,
}

impl Params {
    pub(super) fn query(request: &Request<Bytes>) -> Self {
        Self::parse(request.uri().query().unwrap_or_default().as_bytes())
    }

    /// The form in the body; nothing where the body is no form or says something twice.
    pub(super) fn form(request: &Request<Bytes>) -> Option<Self> {
        if !has_media_type(request, &CONTENT_TYPE, "application/x-www-form-urlencoded") {
            return None;
        }
        let form = Self::parse(request.body());
        (!form.is_ambiguous()).then_some(form)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        if self.repeated.contains(name) {
            return None;
        }
        self.values.get(name).map(String::as_str)
    }

    /// Whether something came twice.
    pub(super) fn is_ambiguous(&self) -> bool {
        !self.repeated.is_empty()
    }

    fn parse(encoded: &[u8]) -> Self {
        let mut values = HashMap::new();
        let mut repeated = HashSet::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if value.is_empty() {
                continue;
            }
            if SECRETS.contains(&&*name) {
                collector::note_secret(&value);
            }
            if values.insert(name.to_string(), value.into_owned()).is_some() {
                repeated.insert(name.into_owned());
            }
        }
        Self { values, repeated }
    }
}

/// Whether this header names this media type, among others maybe.
pub(super) fn has_media_type(request: &Request<Bytes>, header: &HeaderName, wanted: &str) -> bool {
    request
        .headers()
        .get_all(header)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|range| range.split(';').next())
        .any(|media_type| media_type.trim().eq_ignore_ascii_case(wanted))
}

/// The token of `Authorization: Bearer …` (M8, C6).
pub(super) fn bearer(request: &Request<Bytes>) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim_start_matches(' '))
}

/// What a client makes for itself; the other secrets are the sandbox's own.
const SECRETS: [&str; 2] = ["code_verifier", "state"];
