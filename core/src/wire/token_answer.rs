//! The answer of the token endpoint (RFC 6749 sections 5.1 and 5.2).

use alloc::vec::Vec;
use core::time::Duration;

use serde_json::Value;

use super::json::{JsonProblem, Members};
use super::response::{Field, Response};
use super::text::without_secrets;
use super::{MAX_RESPONSE_BYTES, retry_after};
use crate::dialect::{Dialect, RefreshPolicy};
use crate::error::{
    Advice, DEFAULT_PAUSE, Error, ErrorAnswer, ProtocolError, ProtocolErrorKind, Refusal,
    Unavailable,
};
use crate::scope::Scope;
use crate::time::Timestamp;
use crate::tokens::{AccessToken, Deviation, RefreshToken, Tokens};

/// What the reader has to know about the request that was answered.
pub(crate) struct Asked<'a> {
    pub(crate) dialect: &'a Dialect,
    pub(crate) sent_at: Timestamp,
    /// The scope that was asked for: what an answer without `scope` grants.
    pub(crate) scope: &'a Scope,
    /// Whether a user's login stands behind the grant.
    pub(crate) user_grant: bool,
    /// The secrets of the request, which an error's text must not repeat.
    pub(crate) secrets: &'a [&'a str],
}

/// Reads an answer to its end: tokens, or the one right error.
pub(crate) fn read(response: &Response<'_>, asked: &Asked<'_>) -> Result<Tokens, Error> {
    let problem = |kind| Err(Error::from(ProtocolError::new(response.status, kind)));
    let created = asked.dialect.accept_created;
    if let Some(limit) = body_limit(response) {
        return problem(ProtocolErrorKind::TooLarge { limit });
    }
    match response.status {
        200 => read_success(response, asked),
        201 if created => read_success(response, asked),
        200..=299 => problem(ProtocolErrorKind::UnexpectedStatus { created }),
        300..=399 => problem(ProtocolErrorKind::Redirect),
        _ => Err(read_error(response, asked)),
    }
}

fn body_limit(response: &Response<'_>) -> Option<usize> {
    let over = response.body.len() > MAX_RESPONSE_BYTES;
    response.too_large.or(over.then_some(MAX_RESPONSE_BYTES))
}

fn read_success(response: &Response<'_>, asked: &Asked<'_>) -> Result<Tokens, Error> {
    let mut deviations = Vec::new();
    check_encoding(response)?;
    check_content_type(response, &mut deviations)?;
    let body = match response.body.strip_prefix(b"\xef\xbb\xbf") {
        Some(body) => {
            deviations.push(Deviation::ByteOrderMark);
            body
        }
        None => response.body,
    };
    let mut members =
        Members::read(body).map_err(|problem| json_error(response.status, &problem))?;
    if members
        .0
        .get("error")
        .is_some_and(|error| !is_absent(error))
    {
        // Some servers refuse with status 200; a token beside an error is not believed.
        return match error_answer(&members, asked) {
            answer if answer.code.is_some() => Err(refused(response, answer, asked)),
            _ => Err(invalid(
                response,
                "error",
                "a text of an error code's characters",
            )),
        };
    }
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
        scope_differs: granted
            .as_ref()
            .is_some_and(|granted| granted != asked.scope),
        scope: granted.unwrap_or_else(|| asked.scope.clone()),
        extra: members,
        deviations,
    })
}

fn check_encoding(response: &Response<'_>) -> Result<(), Error> {
    match response.content_encoding {
        Field::Absent => Ok(()),
        Field::Once(value) if value.eq_ignore_ascii_case(b"identity") => Ok(()),
        _ => Err(ProtocolError::new(response.status, ProtocolErrorKind::Encoding).into()),
    }
}

fn check_content_type(
    response: &Response<'_>,
    deviations: &mut Vec<Deviation>,
) -> Result<(), Error> {
    let kind = match response.content_type {
        Field::Once(value) if media_type(value).eq_ignore_ascii_case(b"application/json") => {
            return Ok(());
        }
        Field::Absent => {
            deviations.push(Deviation::MissingContentType);
            return Ok(());
        }
        Field::Once(_) => ProtocolErrorKind::ContentType,
        Field::Repeated => ProtocolErrorKind::DuplicateHeader {
            name: "content-type",
        },
    };
    Err(ProtocolError::new(response.status, kind).into())
}

fn media_type(value: &[u8]) -> &[u8] {
    value
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii()
}

fn json_error(status: u16, problem: &JsonProblem) -> Error {
    let kind = match problem {
        JsonProblem::Malformed => ProtocolErrorKind::MalformedBody,
        JsonProblem::Duplicate(name) => {
            let known = KNOWN.iter().find(|known| *known == name);
            ProtocolErrorKind::DuplicateField {
                field: known.copied().unwrap_or("(not of OAuth)"),
            }
        }
    };
    ProtocolError::new(status, kind).into()
}

fn access_token(response: &Response<'_>, members: &mut Members) -> Result<AccessToken, Error> {
    let value = members
        .take("access_token")
        .ok_or_else(|| missing(response, "access_token"))?;
    let text = value
        .into_text()
        .and_then(|text| AccessToken::new(text).ok());
    text.ok_or_else(|| {
        invalid(
            response,
            "access_token",
            "a text of visible ASCII characters",
        )
    })
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
        None => Err(invalid(
            response,
            "expires_in",
            "a number of seconds, zero or more",
        )),
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

/// An error status: the server's verdict where there is an OAuth error in it and the status is
/// one that decides.
fn read_error(response: &Response<'_>, asked: &Asked<'_>) -> Error {
    let body = response
        .body
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(response.body);
    let undecided = matches!(response.status, 408 | 425 | 429 | 500..);
    let answer = match (check_encoding(response), Members::read(body)) {
        (Ok(()), Ok(members)) => error_answer(&members, asked),
        (_, Err(problem @ JsonProblem::Duplicate(_))) if !undecided => {
            return json_error(response.status, &problem);
        }
        _ => ErrorAnswer::default(),
    };
    if answer.code.is_some() && !undecided {
        return refused(response, answer, asked);
    }
    let retry_after = retry_after::read(response.retry_after, asked.sent_at);
    Unavailable {
        answer,
        status: response.status,
        retry_after,
    }
    .into()
}

fn error_answer(members: &Members, asked: &Asked<'_>) -> ErrorAnswer {
    let text = |text: &str| without_secrets(text.into(), asked.secrets);
    ErrorAnswer {
        code: members
            .text("error")
            .filter(|code| is_error_code(code))
            .map(text),
        description: asked
            .dialect
            .error_text
            .iter()
            .find_map(|name| members.text(name))
            .map(text),
        error_uri: members
            .text("error_uri")
            .filter(|uri| is_web_page(uri))
            .map(text),
    }
}

fn refused(response: &Response<'_>, answer: ErrorAnswer, asked: &Asked<'_>) -> Error {
    let code = answer.code.as_deref().unwrap_or_default();
    let advice = match code {
        "temporarily_unavailable" | "server_error" => {
            let pause = retry_after::read(response.retry_after, asked.sent_at);
            Advice::RetryAfter(pause.unwrap_or(DEFAULT_PAUSE))
        }
        "invalid_grant"
        | "access_denied"
        | "login_required"
        | "consent_required"
        | "interaction_required"
            if asked.user_grant =>
        {
            Advice::Reauthorize
        }
        _ => Advice::FixConfiguration,
    };
    Refusal {
        answer,
        status: Some(response.status),
        advice,
    }
    .into()
}

/// The characters of an error code (RFC 6749 section 5.2).
pub(crate) fn is_error_code(code: &str) -> bool {
    let fits = |byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    !code.is_empty() && code.bytes().all(fits)
}

/// Whether a link may be shown to a person: no `javascript:`, no control characters.
pub(crate) fn is_web_page(uri: &str) -> bool {
    let scheme = |scheme: &str| {
        uri.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    (scheme("https://") || scheme("http://")) && uri.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

fn missing(response: &Response<'_>, field: &'static str) -> Error {
    ProtocolError::new(response.status, ProtocolErrorKind::MissingField { field }).into()
}

fn invalid(response: &Response<'_>, field: &'static str, expected: &'static str) -> Error {
    ProtocolError::new(
        response.status,
        ProtocolErrorKind::InvalidField { field, expected },
    )
    .into()
}

/// A century.
pub(crate) const MAX_LIFETIME_SECONDS: u64 = 100 * 366 * 24 * 60 * 60;

/// The members whose names may stand in an error.
const KNOWN: &[&str] = &[
    "access_token",
    "error",
    "error_description",
    "error_uri",
    "expires_in",
    "message",
    "refresh_token",
    "scope",
    "token_type",
];
