//! Protocol work: what is built and read, without a network.

mod data;
mod floor;
mod grantflow;
mod long;
mod oauth2;

use std::error::Error;

use crate::count::cost;
use crate::subject::Subject;
use crate::table::{Row, Section, number};

/// An operation, the name of its subjects, and what it may cost: instructions and allocations.
const OPERATIONS: [(&str, &str, f64, f64); 9] = [
    ("client-credentials request, secret in the body", "post_request", 2_800.0, 3.0),
    ("client-credentials request, Basic", "basic_request", 3_500.0, 4.0),
    ("code exchange request", "code_request", 4_500.0, 4.0),
    ("refresh request", "refresh_request", 3_300.0, 3.0),
    ("whole client-credentials exchange, short token", "short_exchange", 8_000.0, 8.0),
    ("the same, token of 1,228 characters", "jwt_exchange", 11_500.0, 7.0),
    ("whole refresh", "refresh_exchange", 9_500.0, 9.0),
    ("error answer", "refusal", 4_500.0, f64::INFINITY),
    ("authorization URL with PKCE and state", "authorization_url", 8_000.0, f64::INFINITY),
];

pub const SUBJECTS: [(&str, Subject); 28] = [
    ("work/grantflow/post_request", grantflow::post_request),
    ("work/grantflow/basic_request", grantflow::basic_request),
    ("work/grantflow/code_request", grantflow::code_request),
    ("work/grantflow/refresh_request", grantflow::refresh_request),
    ("work/grantflow/short_exchange", grantflow::short_exchange),
    ("work/grantflow/jwt_exchange", grantflow::jwt_exchange),
    ("work/grantflow/refresh_exchange", grantflow::refresh_exchange),
    ("work/grantflow/refusal", grantflow::refusal),
    ("work/grantflow/authorization_url", grantflow::authorization_url),
    ("work/floor/post_request", floor::post_request),
    ("work/floor/basic_request", floor::basic_request),
    ("work/floor/code_request", floor::code_request),
    ("work/floor/refresh_request", floor::refresh_request),
    ("work/floor/short_exchange", floor::short_exchange),
    ("work/floor/jwt_exchange", floor::jwt_exchange),
    ("work/floor/refresh_exchange", floor::refresh_exchange),
    ("work/floor/refusal", floor::refusal),
    ("work/floor/authorization_url", floor::authorization_url),
    ("work/oauth2/post_request", oauth2::post_request),
    ("work/oauth2/basic_request", oauth2::basic_request),
    ("work/oauth2/code_request", oauth2::code_request),
    ("work/oauth2/refresh_request", oauth2::refresh_request),
    ("work/oauth2/short_exchange", oauth2::short_exchange),
    ("work/oauth2/jwt_exchange", oauth2::jwt_exchange),
    ("work/oauth2/refresh_exchange", oauth2::refresh_exchange),
    ("work/oauth2/refusal", oauth2::refusal),
    ("work/oauth2/authorization_url", oauth2::authorization_url),
    (long::SUBJECT, long::refresh_requests),
];

pub fn measure() -> Result<Section, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (what, name, instructions, allocations) in OPERATIONS {
        let of = |who: &str| cost(&format!("work/{who}/{name}"), &[]);
        let grantflow = of("grantflow")?;
        let is_met = grantflow.value <= instructions && grantflow.allocations() <= allocations;
        let allocations =
            if allocations.is_finite() { format!(" · {allocations}") } else { String::new() };
        rows.push(Row {
            what: what.into(),
            grantflow,
            floor: Some(of("floor")?),
            peers: vec![Some(of("oauth2")?)],
            goal: format!("≤ {}{allocations}", number(instructions)),
            is_met,
        });
    }
    rows.push(long::measure()?);
    Ok(Section {
        title: "Protocol work",
        unit: "Instructions, and allocations (with reallocations behind a plus); in the last row \
               nanoseconds, of turns that the three take one after the other",
        peers: vec!["oauth2"],
        rows,
    })
}
