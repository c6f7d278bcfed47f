//! Cover Genius `XCover` Elements: client credentials in a JSON body (C1 to C9).

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, StatusCode};
use serde_json::{Map, Value, json};

use super::credentials::COVER_GENIUS;
use super::params;
use super::reply::{self, Reply};
use super::state::State;
use super::vault::Vault;

pub(super) struct CoverGenius {
    access_tokens: Vault<()>,
}

impl CoverGenius {
    pub(super) fn new() -> Self {
        Self { access_tokens: Vault::new() }
    }
}

/// `POST /api/oauth/token`
pub(super) fn token(state: &mut State, request: &Request<Bytes>) -> Reply {
    let Some(body) = json_object(request) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "A JSON object is wanted, with Content-Type and Accept both application/json",
        );
    };
    let field = |name| body.get(name).and_then(Value::as_str);
    let (Some(grant_type), Some(client_id), Some(client_secret)) =
        (field("grant_type"), field("client_id"), field("client_secret"))
    else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "grant_type, client_id and client_secret are wanted, each a string",
        );
    };
    if grant_type != "client_credentials" {
        return refuse(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "This grant type is not on offer here",
        );
    }
    if (client_id, client_secret) != (COVER_GENIUS.client_id, COVER_GENIUS.client_secret) {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "The partner's id or secret is wrong",
        );
    }

    let token = access_token(state);
    reply::json(
        StatusCode::OK,
        &json!({
            "token_type": "Bearer",
            "expires_in": LIFETIME.as_secs(),
            "access_token": token,
        }),
    )
}

/// `GET /api/bookings` (C6)
pub(super) fn bookings(state: &mut State, request: &Request<Bytes>) -> Reply {
    let now = state.clock.now();
    let known = params::bearer(request)
        .and_then(|token| state.cover_genius.access_tokens.find(token, now))
        .is_some();
    if !known {
        return reply::invalid_token(&error(
            "invalid_token",
            "The access token is missing, unknown or expired",
        ));
    }
    reply::json(
        StatusCode::OK,
        &json!([
            {"id": "QX-48120", "status": "confirmed"},
            {"id": "QX-48133", "status": "cancelled"},
        ]),
    )
}

/// C2 and C3
fn json_object(request: &Request<Bytes>) -> Option<Map<String, Value>> {
    let is_json = |header| params::has_media_type(request, header, "application/json");
    if !is_json(&CONTENT_TYPE) || !is_json(&ACCEPT) {
        return None;
    }
    serde_json::from_slice(request.body()).ok()
}

/// A token with the size and the odd claims of the real ones (C4, C5).
fn access_token(state: &mut State) -> String {
    let now = state.clock.now();
    let dies_at = now.saturating_add(LIFETIME);
    let id = state.random.hex::<40>();
    let token = state.random.jwt::<512>(
        &json!({"typ": "JWT", "alg": "RS256"}),
        &json!({
            "aud": "5f0d7c52-90cb-4c7e-8a50-3e1d2b7f6a94",
            "jti": id,
            "iat": fractional_seconds(now),
            "nbf": fractional_seconds(now),
            "exp": fractional_seconds(dies_at),
            "sub": "",
            "scopes": ["bookings:create", "bookings:delete"],
            "user_id": "c7b9a1e4-6d02-4f38-9b15-82aa40d3e6f7",
            "partner_id": "1e84d6b0-27f9-4a53-b8c1-f05d9e3a7c26",
            "is_test": false,
        }),
    );
    let tokens = &mut state.cover_genius.access_tokens;
    tokens.put(token.clone(), (), dies_at);
    token
}

/// Seconds with six decimals, of which the last is odd: never a whole number (C5), and always of
/// the same length.
fn fractional_seconds(time: Duration) -> f64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX) | 1;
    Duration::from_micros(micros).as_secs_f64()
}

fn refuse(status: StatusCode, code: &str, text: &str) -> Reply {
    reply::json(status, &error(code, text))
}

/// C9: the text in both places
fn error(code: &str, text: &str) -> Value {
    json!({"error": code, "error_description": text, "message": text})
}

/// C4
const LIFETIME: Duration = Duration::from_secs(3600);
