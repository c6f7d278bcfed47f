//! Which path belongs to which partner, and what holds for all of them: methods, sizes, counts.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::Endpoint;
use super::flow_account::{self, Environment};
use super::reply::{self, Reply};
use super::state::{Shared, State};
use super::{cover_genius, meed};

pub(super) async fn answer(state: &Shared, request: Request<Incoming>) -> Reply {
    let (head, body) = request.into_parts();
    // The body is read before anything is decided: a client that still writes while the answer
    // is on its way would see a broken connection instead of it.
    let body = read(body).await;

    let Some(route) = route(head.uri.path()) else {
        return reply::plain(StatusCode::NOT_FOUND, "there is nothing at this path\n");
    };
    let mut state = state.lock();
    if let Some(endpoint) = route.endpoint {
        state.count(endpoint);
        if let Some(answer) = state.scripted(endpoint) {
            return reply::raw(answer);
        }
    }
    if head.method != route.method {
        return reply::method_not_allowed(&route.method);
    }
    match body {
        Ok(body) => (route.handle)(&mut state, &Request::from_parts(head, body)),
        Err(status) => reply::plain(status, "the body cannot be taken\n"),
    }
}

struct Route {
    endpoint: Option<Endpoint>,
    method: Method,
    handle: Handle,
}

type Handle = fn(&mut State, &Request<Bytes>) -> Reply;

fn route(path: &str) -> Option<Route> {
    use Endpoint::{
        CoverGeniusBookings, CoverGeniusToken, FlowAccountAuthorize, FlowAccountCompany,
        FlowAccountToken, MeedSales, MeedToken,
    };
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;

    let (endpoint, method, handle): (_, _, Handle) = match path {
        // M1, M8
        "/api/partner/v1/oauth/token" => (Some(MeedToken), POST, meed::token),
        "/api/partner/v1/sales" => (Some(MeedSales), GET, meed::sales),
        // F1, F4, F6
        "/connect/authorize" => (Some(FlowAccountAuthorize), GET, flow_account::authorize),
        "/connect/login" => (None, POST, flow_account::log_in),
        "/connect/business" => (None, POST, flow_account::choose_business),
        "/v1/token" => (Some(FlowAccountToken), POST, |state, request| {
            flow_account::token(Environment::V1, state, request)
        }),
        "/test/token" => (Some(FlowAccountToken), POST, |state, request| {
            flow_account::token(Environment::Test, state, request)
        }),
        "/v1/company/info" => (Some(FlowAccountCompany), GET, |state, request| {
            flow_account::company(Environment::V1, state, request)
        }),
        "/test/company/info" => (Some(FlowAccountCompany), GET, |state, request| {
            flow_account::company(Environment::Test, state, request)
        }),
        // C1, C6
        "/api/oauth/token" => (Some(CoverGeniusToken), POST, cover_genius::token),
        "/api/bookings" => (Some(CoverGeniusBookings), GET, cover_genius::bookings),
        _ => return None,
    };
    Some(Route { endpoint, method, handle })
}

/// The whole body, or the status that says why not. What is above the limit is read as well, but
/// not kept.
async fn read(mut body: Incoming) -> Result<Bytes, StatusCode> {
    let mut kept = Vec::new();
    let mut seen: usize = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= BODY_LIMIT {
            kept.extend_from_slice(&data);
        }
    }
    if seen > BODY_LIMIT {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    Ok(kept.into())
}

const BODY_LIMIT: usize = 64 * 1024;
