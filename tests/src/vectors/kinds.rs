//! The library's errors under the neutral names of the schema.

use grantflow::{
    Advice, CallbackError, ConfigurationErrorKind, Error, ProtocolErrorKind, SessionErrorKind,
    TransportErrorKind,
};
use serde_json::{Map, Value, json};

pub(super) fn kind(error: &Error) -> &'static str {
    match error {
        Error::Refused(_) => "server_error",
        // A well-formed OAuth error under a 5xx is one all the same, though no verdict.
        Error::Unavailable(unavailable) if unavailable.code().is_some() => "server_error",
        Error::Unavailable(_) => "http_status",
        Error::Protocol(error) => protocol(error.kind()),
        Error::Callback(error) => callback(error),
        Error::Configuration(error) => configuration(error.kind()),
        Error::Transport(error) => match error.kind() {
            TransportErrorKind::Connect
            | TransportErrorKind::Interrupted
            | TransportErrorKind::Abandoned => "network",
            TransportErrorKind::Tls => "tls",
            TransportErrorKind::Timeout => "timeout",
            _ => UNMAPPED,
        },
        Error::Session(error) => session(error.kind()),
        _ => UNMAPPED,
    }
}

/// The members of an error that the library exposes; `null` says that it exposes the lack.
pub(super) fn members(error: &Error) -> Map<String, Value> {
    let advice = error.advice();
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
    set("retryable", matches!(advice, Advice::RetryAfter(_)).into());
    set(
        "outcome",
        match advice {
            Advice::Reauthorize => "reauthorize".into(),
            Advice::Uncertain => "unknown".into(),
            _ => Value::Null,
        },
    );
    if let Some(status) = error.status() {
        set("status", status.into());
    }
    if let Some(field) = field(error) {
        set("field", field.into());
    }
    match error {
        Error::Refused(refusal) => {
            set("code", refusal.code().into());
            set("description", json!(refusal.error_description()));
            set("error_uri", json!(refusal.error_uri()));
            set("status", json!(refusal.status()));
            // A refusal names its pause in the advice alone.
            if let Advice::RetryAfter(pause) = advice {
                set("retry_after", pause.as_secs().into());
            }
        }
        Error::Unavailable(unavailable) => {
            let retry_after = unavailable.retry_after().map(|pause| pause.as_secs());
            set("code", json!(unavailable.code()));
            set("description", json!(unavailable.error_description()));
            set("error_uri", json!(unavailable.error_uri()));
            set("retry_after", json!(retry_after));
        }
        _ => {}
    }
    members
}

fn field(error: &Error) -> Option<&str> {
    match error {
        Error::Protocol(error) => error.field(),
        Error::Callback(error) => error.field(),
        Error::Configuration(error) => Some(error.field()),
        _ => None,
    }
}

fn protocol(kind: &ProtocolErrorKind) -> &'static str {
    match kind {
        ProtocolErrorKind::UnexpectedStatus { .. } => "unexpected_status",
        ProtocolErrorKind::Redirect => "redirect",
        ProtocolErrorKind::ContentType => "content_type",
        ProtocolErrorKind::DuplicateHeader { .. } => "malformed_header",
        ProtocolErrorKind::Encoding => "encoding",
        ProtocolErrorKind::TooLarge { .. } => "too_large",
        ProtocolErrorKind::MalformedBody => "malformed_body",
        ProtocolErrorKind::DuplicateField { .. } => "duplicate_field",
        ProtocolErrorKind::MissingField { .. } => "missing_field",
        ProtocolErrorKind::InvalidField { .. } | ProtocolErrorKind::ExpiredOnArrival => {
            "invalid_field"
        }
        ProtocolErrorKind::UnsupportedTokenType => "unsupported_token_type",
        ProtocolErrorKind::Url { error, .. } => configuration(error.kind()),
        ProtocolErrorKind::IssuerMismatch => "issuer_mismatch",
        ProtocolErrorKind::ResourceMismatch => "resource_mismatch",
        _ => UNMAPPED,
    }
}

fn callback(error: &CallbackError) -> &'static str {
    match error {
        CallbackError::TooLarge { .. } => "too_large",
        CallbackError::RedirectUriMismatch => "redirect_uri_mismatch",
        CallbackError::ContentType => "content_type",
        CallbackError::InvalidEncoding => "invalid_encoding",
        // What came in another way than was asked for is not read, so it has no state either.
        CallbackError::StateMissing | CallbackError::UnexpectedMode => "state_missing",
        CallbackError::StateMismatch => "state_mismatch",
        CallbackError::Expired => "timeout",
        CallbackError::DuplicateField { .. } => "duplicate_field",
        CallbackError::Ambiguous => "ambiguous_callback",
        CallbackError::MissingField { .. } => "missing_field",
        CallbackError::InvalidField { .. } => "invalid_field",
        CallbackError::UnexpectedParameter { .. } => "unexpected_parameter",
        CallbackError::IssuerMissing { .. } => "issuer_missing",
        CallbackError::IssuerMismatch => "issuer_mismatch",
        CallbackError::Unsupported => "unsupported",
        _ => UNMAPPED,
    }
}

fn configuration(kind: ConfigurationErrorKind) -> &'static str {
    match kind {
        ConfigurationErrorKind::InvalidArgument => "invalid_argument",
        ConfigurationErrorKind::InvalidUrl => "invalid_url",
        ConfigurationErrorKind::InsecureUrl => "insecure_url",
        ConfigurationErrorKind::OriginNotAllowed => "origin_not_allowed",
        ConfigurationErrorKind::ScopeExceeded => "scope_exceeded",
        ConfigurationErrorKind::PkceUnsupported => "pkce_unsupported",
        ConfigurationErrorKind::NotPublic => "ssrf_blocked",
        ConfigurationErrorKind::PushRequired => "par_required",
        _ => UNMAPPED,
    }
}

/// The schema has no kinds for stored sessions: these are the nearest.
fn session(kind: SessionErrorKind) -> &'static str {
    match kind {
        SessionErrorKind::Refused => "server_error",
        SessionErrorKind::Uncertain | SessionErrorKind::AnswerLost { .. } => "timeout",
        SessionErrorKind::Missing | SessionErrorKind::NotRefreshable => "invalid_argument",
        SessionErrorKind::Unreadable => "malformed_body",
        SessionErrorKind::Busy
        | SessionErrorKind::StoreUnavailable
        | SessionErrorKind::Unconfirmed
        | SessionErrorKind::Unsaved => "network",
        _ => UNMAPPED,
    }
}

/// What no vector expects: a kind that the library has and this file does not know yet.
const UNMAPPED: &str = "(a kind that the runner does not know)";
