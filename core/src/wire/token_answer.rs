//! The answer of the token endpoint (RFC 6749 section 5.1).

use alloc::vec::Vec;
use core::time::Duration;

use serde_json::Value;

use super::answer::{self, Asked, invalid, missing};
use super::json::Members;
use super::response::Response;
use crate::dialect::{Dialect, RefreshPolicy};
use crate::error::{Error, ProtocolError, ProtocolErrorKind};
use crate::scope::Scope;
use crate::tokens::{AccessToken, Deviation, RefreshToken, Tokens};

/// Reads an answer to its end: tokens, or the one right error. `requested` is the scope that was
/// asked for: what an answer without `scope` grants.
pub(crate) fn read(
    response: &Response<'_>,
    asked: &Asked<'_>,
    requested: &Scope,
) -> Result<Tokens, Error> {
    let (mut members, mut deviations) = answer::read_object(response, asked)?;
    let access_token = access_token(response, &mut members)?;
    check_token_type(response, &mut members, asked.dialect, &mut deviations)?;
    let lifetime = expires_in(response, &mut members, asked.dialect, &mut deviations)?;
    let refresh_token = refresh_token(response, &mut members)?
        .filter(|_| asked.dialect.refresh != RefreshPolicy::Never);
    let granted = scope(response, &mut members, asked.dialect, &mut deviations)?;
    Ok(Tokens {
        access_token,
        sent_at: asked.sent_at,
        lifetime,
        refresh_token,
        scope_differs: granted.as_ref().is_some_and(|granted| granted != requested),
        scope: granted.unwrap_or_else(|| requested.clone()),
        extra: members,
        deviations,
    })
}

fn access_token(response: &Response<'_>, members: &mut Members) -> Result<AccessToken, Error> {
    let value = members.take("access_token").ok_or_else(|| missing(response, "access_token"))?;
    let text = value.into_text().and_then(|text| AccessToken::new(text).ok());
    text.ok_or_else(|| invalid(response, "access_token", "a text of visible ASCII characters"))
}

fn check_token_type(
    response: &Response<'_>,
    members: &mut Members,
    dialect: &Dialect,
    deviations: &mut Vec<Deviation>,
) -> Result<(), Error> {
    let Some(value) = members.take("token_type") else {
        if !dialect.assume_bearer {
            return Err(missing(response, "token_type"));
        }
        deviations.push(Deviation::MissingTokenType);
        return Ok(());
    };
    match value.into_text() {
        Some(text) if text.eq_ignore_ascii_case("bearer") => Ok(()),
        Some(_) => {
            let kind = ProtocolErrorKind::UnsupportedTokenType;
            Err(ProtocolError::new(response.status, kind).into())
        }
        None => Err(invalid(response, "token_type", "a text")),
    }
}

/// Whole seconds, rounded down and cut to a century. Zero is over now, and nothing is for ever.
fn expires_in(
    response: &Response<'_>,
    members: &mut Members,
    dialect: &Dialect,
    deviations: &mut Vec<Deviation>,
) -> Result<Option<Duration>, Error> {
    let Some(value) = members.take("expires_in") else {
        let assumed = dialect.default_expires_in.map(Duration::from_secs);
        deviations.extend(assumed.map(|_| Deviation::MissingExpiresIn));
        return Ok(assumed);
    };
    let seconds = match &value.0 {
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(seconds), _) => Some(seconds),
            (None, Some(seconds)) if seconds >= 0.0 => Some(whole_seconds(seconds)),
            _ => None,
        },
        Value::String(text) if is_digits(text) => {
            deviations.push(Deviation::ExpiresInAsText);
            Some(text.parse().unwrap_or(u64::MAX))
        }
        _ => None,
    };
    match seconds {
        Some(seconds) => Ok(Some(Duration::from_secs(seconds.min(MAX_LIFETIME_SECONDS)))),
        None => Err(invalid(response, "expires_in", "a number of seconds, zero or more")),
    }
}

/// A float's whole part, rounded down; beyond the longest lifetime it does not matter which.
fn whole_seconds(seconds: f64) -> u64 {
    Duration::try_from_secs_f64(seconds).map_or(u64::MAX, |lifetime| lifetime.as_secs())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn refresh_token(
    response: &Response<'_>,
    members: &mut Members,
) -> Result<Option<RefreshToken>, Error> {
    let expected = "a text of visible ASCII characters and spaces";
    let Some(value) = members.take("refresh_token") else {
        return Ok(None);
    };
    match value.into_text() {
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => match RefreshToken::new(text) {
            Ok(token) => Ok(Some(token)),
            Err(_) => Err(invalid(response, "refresh_token", expected)),
        },
        None => Err(invalid(response, "refresh_token", expected)),
    }
}

fn scope(
    response: &Response<'_>,
    members: &mut Members,
    dialect: &Dialect,
    deviations: &mut Vec<Deviation>,
) -> Result<Option<Scope>, Error> {
    let Some(value) = members.take("scope") else {
        return Ok(None);
    };
    let scope = match &value.0 {
        Value::String(text) => text.parse().ok(),
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

/// A century.
pub(crate) const MAX_LIFETIME_SECONDS: u64 = 100 * 366 * 24 * 60 * 60;
