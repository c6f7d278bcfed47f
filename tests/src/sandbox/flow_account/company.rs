//! `GET /{environment}/company/info`: which business a token stands for.

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::json;

use super::super::params;
use super::super::reply::{self, Reply};
use super::super::state::State;
use super::Environment;

pub(in super::super) fn company(
    environment: Environment,
    state: &mut State,
    request: &Request<Bytes>,
) -> Reply {
    let now = state.clock.now();
    let grant = params::bearer(request)
        .and_then(|token| state.flow_account.access_tokens.find(token, now))
        .filter(|grant| grant.environment == environment);
    let Some(grant) = grant else {
        return reply::invalid_token(&json!({
            "error": "invalid_token",
            "message": "The access token is missing, unknown or expired",
        }));
    };
    reply::json(
        StatusCode::OK,
        &json!({
            "name": grant.business.name,
            "thaiName": grant.business.thai_name,
            "supportCode": grant.business.support_code,
        }),
    )
}
