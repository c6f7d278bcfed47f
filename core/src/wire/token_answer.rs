//! The answer of the token endpoint (RFC 6749 section 5.1).

use alloc::vec::Vec;
use core::mem::take;

use serde_json::Value;

use super::answer::{self, Asked, invalid, missing, optional, required, seconds};
use super::json::{Hidden, Members};
use super::response::Response;
use crate::dialect::{Dialect, RefreshPolicy};
use crate::error::{Error, ProtocolError, ProtocolErrorKind};
use crate::scope::Scope;
use crate::tokens::{AccessToken, Deviation, More, RefreshToken, Tokens};

/// An answer that cannot be used, and what must be kept of it all the same.
pub(crate) struct Unread {
    pub(crate) error: Error,
    /// A refresh token that came with it: where the server rotates, the only one that lives.
    pub(crate) refresh_token: Option<RefreshToken>,
}

impl From<Unread> for Error {
    fn from(unread: Unread) -> Self {
        unread.error
    }
}

/// Reads an answer to its end: tokens, or the one right error. `requested` is the scope that was
/// asked for: what an answer without `scope` grants.
pub(crate) fn read(
    response: &Response<'_>,
    asked: &Asked<'_>,
    requested: &Scope,
) -> Result<Tokens, Unread> {
    match read_any(response, asked, requested)? {
        (tokens, true) => Ok(tokens),
        (mut tokens, false) => Err(Unread {
            error: unsupported_token_type(response),
            refresh_token: tokens.take_refresh_token(),
        }),
    }
}

/// As [`read`], and whether the token is a Bearer token: it is, or its `token_type` is `N_A`
/// (RFC 8693 section 2.2.1).
pub(crate) fn read_any(
    response: &Response<'_>,
    asked: &Asked<'_>,
    requested: &Scope,
) -> Result<(Tokens, bool), Unread> {
    let without = |error| Unread { error, refresh_token: None };
    let (mut members, deviations) = answer::read_object(response, asked).map_err(without)?;
    let expected = "a text of visible ASCII characters and spaces";
    let mut refresh_token = optional(response, &mut members, "refresh_token", expected, |text| {
        RefreshToken::new(text).ok()
    })
    .map_err(without)?
    .filter(|_| asked.dialect().refresh != RefreshPolicy::Never);
    let read = read_rest(response, asked, requested, members, deviations, &mut refresh_token);
    read.map_err(|error| Unread { error, refresh_token })
}

/// Takes the refresh token if all is well.
fn read_rest(
    response: &Response<'_>,
    asked: &Asked<'_>,
    requested: &Scope,
    mut members: Members,
    mut deviations: Vec<Deviation>,
    refresh_token: &mut Option<RefreshToken>,
) -> Result<(Tokens, bool), Error> {
    let expected = "a text of visible ASCII characters";
    let access_token = required(response, &mut members, "access_token", expected, |text| {
        AccessToken::new(text).ok()
    })?;
    let bearer = is_bearer(response, &mut members, asked.dialect(), &mut deviations)?;
    let lifetime = expires_in(response, &mut members, asked.dialect(), &mut deviations)?;
    let granted = scope(response, &mut members, asked.dialect(), &mut deviations)?;
    let more = More {
        refresh_token: refresh_token.take(),
        scope_differs: granted
            .as_ref()
            .is_some_and(|granted| !requested.is_empty() && granted != requested),
        scope: granted.unwrap_or_else(|| requested.clone()),
        wider: None,
        extra: members,
        deviations,
    };
    Ok((Tokens { access_token, sent_at: asked.sent_at, lifetime, more: more.boxed() }, bearer))
}

fn is_bearer(
    response: &Response<'_>,
    members: &mut Members,
    dialect: &Dialect,
    deviations: &mut Vec<Deviation>,
) -> Result<bool, Error> {
    let Some(value) = members.take("token_type") else {
        if !dialect.assume_bearer {
            return Err(missing(response, "token_type"));
        }
        deviations.push(Deviation::MissingTokenType);
        return Ok(true);
    };
    match value.into_text() {
        Some(text) if text.eq_ignore_ascii_case("bearer") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("N_A") => Ok(false),
        Some(_) => Err(unsupported_token_type(response)),
        None => Err(invalid(response, "token_type", "a text")),
    }
}

fn unsupported_token_type(response: &Response<'_>) -> Error {
    ProtocolError::new(response.status, ProtocolErrorKind::UnsupportedTokenType).into()
}

/// Whole seconds, rounded down and cut to a century. Zero is over now, and nothing is for ever.
fn expires_in(
    response: &Response<'_>,
    members: &mut Members,
    dialect: &Dialect,
    deviations: &mut Vec<Deviation>,
) -> Result<Option<u32>, Error> {
    let Some(value) = members.take("expires_in") else {
        let assumed = dialect.default_expires_in.map(up_to_a_century);
        deviations.extend(assumed.map(|_| Deviation::MissingExpiresIn));
        return Ok(assumed);
    };
    lifetime(response, &value, deviations).map(Some)
}

/// Reads `expires_in`: seconds.
pub(crate) fn lifetime(
    response: &Response<'_>,
    value: &Hidden,
    deviations: &mut Vec<Deviation>,
) -> Result<u32, Error> {
    match seconds(&value.0, deviations) {
        Some(seconds) => Ok(up_to_a_century(seconds)),
        None => Err(invalid(response, "expires_in", "a number of seconds, zero or more")),
    }
}

/// Reads `scope`; an empty one counts as missing.
pub(crate) fn scope(
    response: &Response<'_>,
    members: &mut Members,
    dialect: &Dialect,
    deviations: &mut Vec<Deviation>,
) -> Result<Option<Scope>, Error> {
    let Some(mut value) = members.take("scope") else {
        return Ok(None);
    };
    let scope = match &mut value.0 {
        Value::String(text) => Scope::from_text(take(text)).ok(),
        Value::Array(items) if dialect.scope_array => {
            deviations.push(Deviation::ScopeAsArray);
            let tokens: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            tokens.and_then(|tokens| Scope::from_tokens(tokens.into_iter()).ok())
        }
        _ => None,
    };
    let scope: Scope = scope.ok_or_else(|| invalid(response, "scope", "scope tokens in a text"))?;
    Ok(Some(scope).filter(|scope| !scope.is_empty()))
}

/// No token lives longer than a century.
pub(crate) fn up_to_a_century(seconds: u64) -> u32 {
    u32::try_from(seconds).map_or(MAX_LIFETIME_SECONDS, |seconds| seconds.min(MAX_LIFETIME_SECONDS))
}

pub(crate) const MAX_LIFETIME_SECONDS: u32 = 100 * 366 * 24 * 60 * 60;
