//! Meed Partner API: client credentials in a form (M1 to M13).

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::json;
use std::time::Duration;

use super::credentials::MEED;
use super::params::{self, Params};
use super::reply::{self, Reply};
use super::state::State;
use super::vault::Vault;

pub(super) struct Meed {
    suspended: bool,
    access_tokens: Vault<()>,
}

impl Meed {
    pub(super) fn new() -> Self {
        Self { suspended: false, access_tokens: Vault::new() }
    }

    pub(super) fn suspend(&mut self) {
        self.suspended = true;
        self.revoke_tokens();
    }

    pub(super) fn revoke_tokens(&mut self) {
        self.access_tokens = Vault::new();
    }
}

/// `POST /api/partner/v1/oauth/token`. An `Authorization` header changes nothing here (M2).
pub(super) fn token(state: &mut State, request: &Request<Bytes>) -> Reply {
    let form = Params::form(request);
    let field = |name| form.as_ref().and_then(|form| form.get(name));
    let (Some("client_credentials"), Some(client_id), Some(client_secret)) =
        (field("grant_type"), field("client_id"), field("client_secret"))
    else {
        return reply::json(StatusCode::BAD_REQUEST, INVALID_REQUEST);
    };
    if (client_id, client_secret) != (MEED.client_id, MEED.client_secret) {
        return reply::json(StatusCode::UNAUTHORIZED, INVALID_CLIENT);
    }
    if state.meed.suspended {
        return reply::json(StatusCode::UNAUTHORIZED, SUSPENDED);
    }

    let now = state.clock.now();
    let dies_at = now.saturating_add(LIFETIME);
    let token = state.random.jwt::<32>(
        &json!({"alg": "HS256", "typ": "JWT"}),
        &json!({"sub": client_id, "iat": now.as_secs(), "exp": dies_at.as_secs()}),
    );
    state.meed.access_tokens.put(token.clone(), (), dies_at);
    reply::json(
        StatusCode::OK,
        &json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": LIFETIME.as_secs(),
        }),
    )
}

/// `GET /api/partner/v1/sales` (M8).
pub(super) fn sales(state: &mut State, request: &Request<Bytes>) -> Reply {
    let now = state.clock.now();
    let known = params::bearer(request)
        .and_then(|token| state.meed.access_tokens.find(token, now))
        .is_some();
    if !known {
        return reply::invalid_token(INVALID_TOKEN);
    }
    reply::json(
        StatusCode::OK,
        &json!([
            {"id": "sale_1001", "total": "129.00", "currency": "THB"},
            {"id": "sale_1002", "total": "1450.50", "currency": "THB"},
            {"id": "sale_1003", "total": "89.00", "currency": "THB"},
        ]),
    )
}

/// M4
const LIFETIME: Duration = Duration::from_secs(3600);

/// M11, word for word
const INVALID_REQUEST: &str = r#"{"error":"invalid_request","message":"grant_type, client_id, and client_secret are required and grant_type must be \"client_credentials\""}"#;
/// M12, word for word
const INVALID_CLIENT: &str =
    r#"{"error":"invalid_client","message":"Invalid client_id or client_secret"}"#;
/// M13, word for word
const SUSPENDED: &str =
    r#"{"error":"invalid_client","message":"API application is suspended or revoked"}"#;
/// M6 names the code; the text is the sandbox's own.
const INVALID_TOKEN: &str =
    r#"{"error":"invalid_token","message":"The access token is missing, unknown or expired"}"#;
