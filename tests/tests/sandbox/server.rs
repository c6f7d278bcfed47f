//! What holds for every path: methods, sizes, counts, scripted answers, TLS, start and stop.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use grantflow_tests::browser::{Browser, BrowserError};
use grantflow_tests::sandbox::credentials::{COVER_GENIUS, FLOW_ACCOUNT, MEED, PASSWORD, USERNAME};
use grantflow_tests::sandbox::{Answer, Endpoint, Sandbox};

use crate::caller::{Caller, agent};

const PATHS: [(&str, &str); 9] = [
    ("POST", "/api/partner/v1/oauth/token"),
    ("GET", "/api/partner/v1/sales"),
    ("GET", "/connect/authorize"),
    ("POST", "/connect/login"),
    ("POST", "/connect/business"),
    ("POST", "/v1/token"),
    ("GET", "/test/company/info"),
    ("POST", "/api/oauth/token"),
    ("GET", "/api/bookings"),
];

fn unavailable() -> Answer {
    Answer {
        status: 503,
        headers: vec![("Retry-After".to_owned(), "7".to_owned())],
        body: "<h1>down</h1>".to_owned(),
    }
}

#[test]
fn a_wrong_method_learns_the_right_one() {
    let caller = Caller::start();
    for (right, path) in PATHS {
        let answer = if right == "POST" { caller.get(path) } else { caller.post_form(path, &[]) };
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.header("allow"), right, "{path}");
    }
}

#[test]
fn an_unknown_path_is_not_found() {
    let caller = Caller::start();
    for path in ["/", "/v2/token", "/test/token/", "/api/oauth", "/api//oauth/token"] {
        assert_eq!(caller.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_body_above_64_kib_is_too_large() {
    let caller = Caller::start();
    // "filler=" and the value make the body.
    for (length, status) in [(64 * 1024 - 7, 400), (64 * 1024 - 6, 413), (5_000_000, 413)] {
        let filler = "x".repeat(length);
        let answer = caller.post_form("/api/partner/v1/oauth/token", &[("filler", &filler)]);
        assert_eq!(answer.status, status, "{length}");
    }
}

#[test]
fn a_scripted_answer_comes_as_often_as_it_was_asked_for() {
    let caller = Caller::start();
    caller.sandbox.answer_next(Endpoint::MeedSales, 2, unavailable());
    caller.sandbox.answer_next(
        Endpoint::MeedSales,
        1,
        Answer { status: 429, headers: Vec::new(), body: String::new() },
    );
    let sales = || caller.get("/api/partner/v1/sales");

    let first = sales();
    assert_eq!(first.status, 503);
    assert_eq!(first.header("retry-after"), "7");
    assert_eq!(first.body, "<h1>down</h1>");
    assert_eq!(caller.get("/api/bookings").status, 401);
    assert_eq!(sales().status, 503);
    assert_eq!(sales().status, 429);
    assert_eq!(sales().status, 401);
}

#[test]
fn every_request_counts_and_counts_for_its_endpoint_alone() {
    let caller = Caller::start();
    caller.sandbox.answer_next(Endpoint::FlowAccountToken, 1, unavailable());
    caller.post_form("/v1/token", &[]);
    caller.post_form("/test/token", &[]);
    caller.get("/test/token");
    caller.get("/v1/company/info");

    for (endpoint, count) in [
        (Endpoint::MeedToken, 0),
        (Endpoint::MeedSales, 0),
        (Endpoint::FlowAccountAuthorize, 0),
        (Endpoint::FlowAccountToken, 3),
        (Endpoint::FlowAccountCompany, 1),
        (Endpoint::CoverGeniusToken, 0),
        (Endpoint::CoverGeniusBookings, 0),
    ] {
        assert_eq!(caller.sandbox.requests(endpoint), count, "{endpoint:?}");
    }
}

#[test]
fn the_clock_starts_at_the_real_time_and_can_be_moved() {
    let sandbox = Sandbox::start().unwrap();
    let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(sandbox.now().abs_diff(real) < 60);
    let before = sandbox.now();
    sandbox.advance(Duration::from_secs(86_400));
    assert!((86_400..86_460).contains(&(sandbox.now() - before)));
}

#[test]
fn the_address_by_number_is_in_the_certificate_too() {
    let caller = Caller::start();
    let port = caller.sandbox.host().replace("localhost", "127.0.0.1");
    let answer = caller.agent.get(format!("https://{port}/api/bookings")).call();
    assert_eq!(answer.unwrap().status().as_u16(), 401);
}

#[test]
fn who_trusts_another_authority_gets_no_connection() {
    let sandbox = Sandbox::start().unwrap();
    let other = Sandbox::start().unwrap();
    assert_ne!(sandbox.ca_pem(), other.ca_pem());
    let answer = agent(other.ca_pem()).get(sandbox.url("/api/bookings")).call();
    assert!(answer.is_err());

    for pem in [other.ca_pem(), "no certificate at all"] {
        let browser = Browser::new(pem);
        let answer = browser.refuse(&sandbox.url("/connect/authorize"), USERNAME, PASSWORD);
        assert!(matches!(answer, Err(BrowserError::Http(_))));
    }
}

#[test]
fn a_dropped_sandbox_gives_its_port_back() {
    let caller = Caller::start();
    // Leaves a connection open in the client's pool.
    assert_eq!(caller.get("/api/bookings").status, 401);
    let host = caller.sandbox.host();
    drop(caller.sandbox);
    assert!(TcpStream::connect(&host).is_err());
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let sandbox = Sandbox::start().unwrap();
    let port = sandbox.host().replace("localhost:", "").parse().unwrap();
    assert!(Sandbox::start_on(port).is_err());
}

#[tokio::test]
async fn it_starts_and_stops_inside_an_async_runtime_too() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.advance(Duration::from_secs(1));
    drop(sandbox);
}

#[test]
fn many_callers_at_once_are_all_served() {
    let caller = Caller::start();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(caller.get("/api/bookings").status, 401));
        }
    });
    assert_eq!(caller.sandbox.requests(Endpoint::CoverGeniusBookings), 16);
}

#[test]
fn nothing_secret_shows_in_debug_output() {
    let sandbox = Sandbox::start().unwrap();
    for credentials in [MEED, FLOW_ACCOUNT, COVER_GENIUS] {
        let shown = format!("{sandbox:?} {credentials:?}");
        assert!(shown.contains(credentials.client_id));
        assert!(!shown.contains(credentials.client_secret));
    }
}
