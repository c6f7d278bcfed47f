//! What every JSON answer of an authorization server goes through: limits, status, media type, one
//! object, and the errors of RFC 6749 section 5.2.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde_json::Value;

use super::json::{JsonProblem, Members, Name};
use super::response::{Field, Response};
use super::{MAX_RESPONSE_BYTES, retry_after};
use crate::client::Client;
use crate::dialect::Dialect;
use crate::error::{
    Error, ErrorAnswer, ProtocolError, ProtocolErrorKind, Refusal, Unavailable, advice_for,
    will_pass,
};
use crate::time::Timestamp;
use crate::tokens::Deviation;

/// What the reader has to know about the request that was answered.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// None where nobody said who asks.
    pub(crate) client: Option<&'a Client>,
    pub(crate) sent_at: Timestamp,
    /// The status of a good answer.
    pub(crate) success: u16,
    /// Whether a user's login stands behind the grant.
    pub(crate) user_grant: bool,
    /// The secrets of the request beside the client's own, which an error's text must not repeat.
    pub(crate) secrets: &'a Secrets<'a>,
}

/// Gives secrets, where they are needed.
pub(crate) type Secrets<'a> = dyn Fn() -> Vec<&'a str> + 'a;

impl Asked<'_> {
    pub(crate) fn dialect(&self) -> &Dialect {
        self.client.map_or(&PLAIN, |client| client.provider().dialect())
    }

    /// A text from outside with every secret of the request blotted out.
    fn blot(&self, text: &str, secrets: &[&str]) -> String {
        self.client.map_or_else(|| text.into(), |client| client.blot(text, secrets))
    }
}

/// Checks everything before the body: `Ok` where the status is the one of a good answer.
pub(crate) fn check(response: &Response<'_>, asked: &Asked<'_>) -> Result<(), Error> {
    let problem = |kind| Err(Error::from(ProtocolError::new(response.status, kind)));
    let created = asked.success == 200 && asked.dialect().accept_created;
    if let Some(limit) = body_limit(response) {
        if will_pass(response.status) {
            return Err(read_error(&Response { body: &[], ..*response }, asked));
        }
        return problem(ProtocolErrorKind::TooLarge { limit });
    }
    match response.status {
        status if status == asked.success => Ok(()),
        201 if created => Ok(()),
        200..=299 => {
            problem(ProtocolErrorKind::UnexpectedStatus { expected: asked.success, created })
        }
        300..=399 => problem(ProtocolErrorKind::Redirect),
        _ => Err(read_error(response, asked)),
    }
}

/// Reads a good answer's object, and what was forgiven on the way.
pub(crate) fn read_object(
    response: &Response<'_>,
    asked: &Asked<'_>,
) -> Result<(Members, Vec<Deviation>), Error> {
    check(response, asked)?;
    let mut deviations = Vec::new();
    check_encoding(response)?;
    check_content_type(response, &mut deviations)?;
    let body = match response.body.strip_prefix(BYTE_ORDER_MARK) {
        Some(body) => {
            deviations.push(Deviation::ByteOrderMark);
            body
        }
        None => response.body,
    };
    let members = Members::read(body).map_err(|problem| json_error(response.status, &problem))?;
    if members.get("error").is_some_and(|error| !is_absent(error)) {
        // Some servers refuse with status 200; a token beside an error is not believed.
        return match error_answer(&members, asked) {
            answer if answer.code.is_some() => Err(refused(response, answer, asked)),
            _ => Err(invalid(response, "error", "a text of an error code's characters")),
        };
    }
    Ok((members, deviations))
}

fn body_limit(response: &Response<'_>) -> Option<usize> {
    let over = response.body.len() > MAX_RESPONSE_BYTES;
    response.too_large.or(over.then_some(MAX_RESPONSE_BYTES))
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
        Field::Repeated => ProtocolErrorKind::DuplicateHeader { name: "content-type" },
    };
    Err(ProtocolError::new(response.status, kind).into())
}

fn media_type(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

fn json_error(status: u16, problem: &JsonProblem) -> Error {
    let kind = match problem {
        JsonProblem::Malformed => ProtocolErrorKind::MalformedBody,
        JsonProblem::Duplicate(Name::Borrowed(field)) => {
            ProtocolErrorKind::DuplicateField { field }
        }
        JsonProblem::Duplicate(Name::Owned(_)) => {
            ProtocolErrorKind::DuplicateField { field: "(one that OAuth does not have)" }
        }
    };
    ProtocolError::new(status, kind).into()
}

/// An error status: the server's verdict where there is an OAuth error in it and the status is
/// one that decides.
fn read_error(response: &Response<'_>, asked: &Asked<'_>) -> Error {
    let body = response.body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(response.body);
    let undecided = will_pass(response.status);
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
    Unavailable { answer, status: response.status, retry_after }.into()
}

fn error_answer(members: &Members, asked: &Asked<'_>) -> ErrorAnswer {
    let secrets = (asked.secrets)();
    let text = |text: &str| asked.blot(text, &secrets);
    ErrorAnswer {
        code: members.text("error").filter(|code| is_error_code(code)).map(text),
        description: asked
            .dialect()
            .error_text
            .iter()
            .find_map(|name| members.text(name))
            .map(text),
        error_uri: members.text("error_uri").filter(|uri| is_web_page(uri)).map(text),
    }
}

fn refused(response: &Response<'_>, answer: ErrorAnswer, asked: &Asked<'_>) -> Error {
    let code = answer.code.as_deref().unwrap_or_default();
    let retry_after = retry_after::read(response.retry_after, asked.sent_at);
    let advice = advice_for(code, asked.user_grant, retry_after);
    Refusal { answer, status: Some(response.status), advice }.into()
}

/// The characters of an error code (RFC 6749 section 5.2).
pub(crate) fn is_error_code(code: &str) -> bool {
    let fits = |byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    !code.is_empty() && code.bytes().all(fits)
}

/// Whether a link may be shown to a person: no `javascript:`, no control characters.
pub(crate) fn is_web_page(uri: &str) -> bool {
    let scheme = |scheme: &str| {
        uri.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    (scheme("https://") || scheme("http://")) && uri.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// A text that must be there, as `read` makes a value of it.
pub(crate) fn required<T>(
    response: &Response<'_>,
    members: &mut Members,
    field: &'static str,
    expected: &'static str,
    read: impl FnOnce(String) -> Option<T>,
) -> Result<T, Error> {
    let value = members.take(field).ok_or_else(|| missing(response, field))?;
    value.into_text().and_then(read).ok_or_else(|| invalid(response, field, expected))
}

/// A text that may be missing; an empty one counts as missing.
pub(crate) fn optional<T>(
    response: &Response<'_>,
    members: &mut Members,
    field: &'static str,
    expected: &'static str,
    read: impl FnOnce(String) -> Option<T>,
) -> Result<Option<T>, Error> {
    if members.get(field).is_none_or(is_absent) {
        members.take(field);
        return Ok(None);
    }
    required(response, members, field, expected, read).map(Some)
}

/// A number of seconds, zero or more, rounded down. Digits in a text are one too, which is a
/// deviation; anything else is `None`.
pub(crate) fn seconds(value: &Value, deviations: &mut Vec<Deviation>) -> Option<u64> {
    match value {
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(seconds), _) => Some(seconds),
            (None, Some(seconds)) if seconds >= 0.0 => Some(duration(seconds).as_secs()),
            _ => None,
        },
        Value::String(text) if is_digits(text) => {
            deviations.push(Deviation::ExpiresInAsText);
            Some(text.parse().unwrap_or(u64::MAX))
        }
        _ => None,
    }
}

/// A float as seconds; what is too long to count is as long as can be counted.
pub(crate) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(crate) fn missing(response: &Response<'_>, field: &'static str) -> Error {
    ProtocolError::new(response.status, ProtocolErrorKind::MissingField { field }).into()
}

pub(crate) fn invalid(
    response: &Response<'_>,
    field: &'static str,
    expected: &'static str,
) -> Error {
    ProtocolError::new(response.status, ProtocolErrorKind::InvalidField { field, expected }).into()
}

static PLAIN: Dialect = Dialect::RFC_6749;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
