//! `POST /{environment}/token`: codes, refreshes and client credentials (F6 to F15).

use base64ct::{Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::credentials::{BUSINESSES, FLOW_ACCOUNT};
use super::super::params::Params;
use super::super::reply::{self, Reply};
use super::super::state::State;
use super::Environment;
use super::grants::{API, Grant};
use super::refreshes::Loss;

pub(in super::super) fn token(
    environment: Environment,
    state: &mut State,
    request: &Request<Bytes>,
) -> Reply {
    let Some(sent) = refresh_token(request) else {
        return decide(environment, state, request).0;
    };
    let loss = state.flow_account.refreshes.next_loss();
    let (reply, issued) = match loss {
        Some(Loss::Request) => (reply::lost(), None),
        Some(Loss::Answer) => (reply::lost(), decide(environment, state, request).1),
        None => decide(environment, state, request),
    };
    state.flow_account.refreshes.note(&sent, issued.as_deref(), loss);
    reply
}

/// The refresh token of a request that is a refresh.
fn refresh_token(request: &Request<Bytes>) -> Option<String> {
    let form = Params::form(request)?;
    let is_refresh = form.get("grant_type") == Some("refresh_token");
    form.get("refresh_token").filter(|_| is_refresh).map(str::to_owned)
}

/// The answer, and the refresh token in it.
fn decide(
    environment: Environment,
    state: &mut State,
    request: &Request<Bytes>,
) -> (Reply, Option<String>) {
    match grant(environment, state, request) {
        Ok(grant) => answer(state, grant),
        Err(code) => (reply::json(StatusCode::BAD_REQUEST, &json!({"error": code})), None),
    }
}

fn grant(
    environment: Environment,
    state: &mut State,
    request: &Request<Bytes>,
) -> Result<Grant, &'static str> {
    let form = Params::form(request).ok_or("invalid_request")?;
    let sent = (form.get("client_id"), form.get("client_secret"));
    let known = (FLOW_ACCOUNT.client_id, FLOW_ACCOUNT.client_secret);
    if sent != (Some(known.0), Some(known.1)) {
        return Err("invalid_client");
    }

    let now = state.clock.now();
    let flow_account = &mut state.flow_account;
    match form.get("grant_type") {
        Some("authorization_code") => {
            let code = form.get("code").ok_or("invalid_request")?;
            let redirect_uri = form.get("redirect_uri").ok_or("invalid_request")?;
            let verifier = form.get("code_verifier");
            flow_account
                .spend_code(code, environment, now, |code| {
                    code.request.redirect_uri == redirect_uri
                        && verifies(code.request.code_challenge.as_deref(), verifier)
                })
                .ok_or("invalid_grant")
        }
        Some("refresh_token") => {
            let token = form.get("refresh_token").ok_or("invalid_request")?;
            flow_account.spend_refresh_token(token, environment, now).ok_or("invalid_grant")
        }
        // F15. The token stands for the application's own business: the first one.
        Some("client_credentials") => {
            if form.get("scope") != Some(API) {
                return Err("invalid_scope");
            }
            let [business, _] = &BUSINESSES;
            Ok(flow_account.new_grant(environment, business, false))
        }
        Some(_) => Err("unsupported_grant_type"),
        None => Err("invalid_request"),
    }
}

/// PKCE (RFC 7636, section 4.6). A verifier without a challenge is refused as well: somebody may
/// have taken the challenge away (RFC 9700, section 2.1.1).
fn verifies(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    let hash = |verifier| Base64UrlUnpadded::encode_string(&Sha256::digest(verifier));
    challenge.map(str::to_owned) == verifier.map(hash)
}

/// F7
fn answer(state: &mut State, grant: Grant) -> (Reply, Option<String>) {
    let now = state.clock.now();
    let issued = state.flow_account.issue_tokens(&mut state.random, now, grant);
    let mut answer = json!({
        "access_token": issued.access_token,
        "expires_in": issued.expires_in,
        "token_type": "bearer",
        "supportCode": grant.business.support_code,
    });
    if let (Some(answer), Some(token)) = (answer.as_object_mut(), &issued.refresh_token) {
        answer.insert("refresh_token".to_owned(), token.as_str().into());
    }
    (reply::json(StatusCode::OK, &answer), issued.refresh_token)
}
