//! The way of the user: login, choice of business, and back (F1 to F5).

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};

use super::super::credentials::{BUSINESSES, FLOW_ACCOUNT, PASSWORD, REDIRECT_URIS, USERNAME};
use super::super::pages;
use super::super::params::Params;
use super::super::reply::{self, Reply};
use super::super::state::State;
use super::grants::{API, AuthorizationRequest, Code, Login, OFFLINE_ACCESS};

/// `GET /connect/authorize`
pub(in super::super) fn authorize(state: &mut State, request: &Request<Bytes>) -> Reply {
    let query = Params::query(request);
    if query.get("client_id") != Some(FLOW_ACCOUNT.client_id) {
        return fault("No application is registered under this client_id.");
    }
    // Byte for byte (RFC 9700, section 4.1.3): a slip as in F3 ends here, and nobody is sent to
    // an address that was not registered.
    let sent = query.get("redirect_uri");
    let Some(redirect_uri) = REDIRECT_URIS.into_iter().find(|known| Some(*known) == sent) else {
        return fault("This redirect_uri is not registered for the application.");
    };

    match read(&query, redirect_uri) {
        Ok(request) => {
            let login = Login { request, signed_in: false };
            let ticket = remember(state, login);
            reply::page(StatusCode::OK, pages::login(&ticket, false))
        }
        Err(error) => send_back(redirect_uri, &[("error", error)], query.get("state")),
    }
}

/// `POST /connect/login`: the first form.
pub(in super::super) fn log_in(state: &mut State, request: &Request<Bytes>) -> Reply {
    let Some((login, form)) = resume(state, request) else {
        return fault(NO_LOGIN);
    };
    let sent = (form.get("username"), form.get("password"));
    let signed_in = sent == (Some(USERNAME), Some(PASSWORD));
    // The ticket changes, so that one which was seen before the login is worth nothing after it.
    let ticket = remember(state, Login { signed_in, ..login });
    if signed_in {
        reply::page(StatusCode::OK, pages::business(&ticket))
    } else {
        reply::page(StatusCode::UNAUTHORIZED, pages::login(&ticket, true))
    }
}

/// `POST /connect/business`: the second form (F4), and the way back (F5).
pub(in super::super) fn choose_business(state: &mut State, request: &Request<Bytes>) -> Reply {
    let Some((login, form)) = resume(state, request) else {
        return fault(NO_LOGIN);
    };
    if !login.signed_in {
        return fault(NO_LOGIN);
    }
    let request = login.request;
    let redirect_uri = request.redirect_uri;
    let echo = request.state.clone();
    if form.get("decision") == Some("refuse") {
        return send_back(redirect_uri, &[("error", "access_denied")], echo.as_deref());
    }
    let chosen = form.get("supportCode");
    let Some(business) = BUSINESSES.iter().find(|business| Some(business.support_code) == chosen)
    else {
        return fault("You have no business with this customer code.");
    };

    let now = state.clock.now();
    let scope = request.scope.clone();
    let code = Code { request, business };
    let code = state.flow_account.issue_code(&mut state.random, now, code);
    send_back(redirect_uri, &[("code", &code), ("scope", &scope)], echo.as_deref())
}

/// The rest of the authorization request; from here on a fault goes back to the application
/// (RFC 6749, section 4.1.2.1).
fn read(query: &Params, redirect_uri: &'static str) -> Result<AuthorizationRequest, &'static str> {
    if query.is_ambiguous() {
        return Err("invalid_request");
    }
    match query.get("response_type") {
        Some("code") => {}
        Some(_) => return Err("unsupported_response_type"),
        None => return Err("invalid_request"),
    }
    let scope = query.get("scope").ok_or("invalid_scope")?;
    let mut scopes = scope.split(' ');
    if !scopes.clone().all(|scope| SCOPES.contains(&scope)) || !scopes.any(|scope| scope == API) {
        return Err("invalid_scope");
    }
    let code_challenge = query.get("code_challenge");
    if code_challenge.is_some() && query.get("code_challenge_method") != Some("S256") {
        return Err("invalid_request");
    }
    Ok(AuthorizationRequest {
        redirect_uri,
        scope: scope.to_owned(),
        state: query.get("state").map(str::to_owned),
        code_challenge: code_challenge.map(str::to_owned),
    })
}

fn remember(state: &mut State, login: Login) -> String {
    let ticket = state.random.string();
    let dies_at = state.clock.now().saturating_add(LOGIN_LIFETIME);
    state.flow_account.logins.put(ticket.clone(), login, dies_at);
    ticket
}

/// The login that this form goes on with, and the form.
fn resume(state: &mut State, request: &Request<Bytes>) -> Option<(Login, Params)> {
    let form = Params::form(request)?;
    let now = state.clock.now();
    let login = state.flow_account.logins.take(form.get("ticket")?, now)?;
    Some((login, form))
}

/// Back to the application, which gets its `state` again where it sent one.
fn send_back(redirect_uri: &str, answer: &[(&str, &str)], state: Option<&str>) -> Reply {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(answer)
        .extend_pairs(state.map(|state| ("state", state)))
        .finish();
    reply::found(format!("{redirect_uri}?{query}"))
}

/// A fault that only the person at the browser may see.
fn fault(text: &str) -> Reply {
    reply::page(StatusCode::BAD_REQUEST, pages::fault(text))
}

const SCOPES: [&str; 2] = [API, OFFLINE_ACCESS];
const LOGIN_LIFETIME: Duration = Duration::from_secs(3600);
const NO_LOGIN: &str = "This login is over. Please start again from the application.";
