//! How often memory is allocated: not at all for a token that is at hand, and seldom for an exchange.
//!
//! All threads are counted, so this is the only test in its program.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests say what they expect"
)]

use std::alloc::System;
use std::hint::black_box;
use std::time::{Instant, SystemTime};

use grantflow::{
    Client, ClientAuth, Dialect, Exchange, Lookup, Provider, Reading, RefreshToken, Scope, Secret,
    SharedTokenCache, Timestamp, TokenCache,
};
use http::Response;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::runtime::Builder;

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The token's header field is asked for so often.
const CALLS: usize = 1_000;

/// So often all is counted: now and then the test harness allocates too, so the least counts.
const TIMES: usize = 5;

#[test]
fn a_token_at_hand_allocates_nothing_and_an_exchange_seldom() {
    at_hand();
    at_hand_while_its_renewal_is_under_way();
    requests();
    answers();
}

fn at_hand() {
    let now = grantflow_ureq::now();
    let blocking = grantflow_ureq::TokenSource::new(&grantflow_ureq::Transport::new(), filled(now));
    let of_calls = least(|| (), |()| calls(|| blocking.authorization().unwrap()));
    assert_eq!(of_calls, 0, "authorization(), blocking");

    let transport = grantflow_hyper::Transport::new();
    let source = grantflow_hyper::TokenSource::new(&transport, filled(grantflow_hyper::now()));
    let runtime = Builder::new_current_thread().build().unwrap();
    let of_calls = (0..TIMES).map(|_| {
        runtime.block_on(async {
            let before = Region::new(COUNTED);
            for _ in 0..CALLS {
                black_box(source.authorization().await.unwrap());
            }
            since(&before)
        })
    });
    assert_eq!(of_calls.min(), Some(0), "authorization(), async");

    let start = Instant::now();
    let clocks = || Reading::new(SystemTime::now(), Instant::now(), start);
    let shared = SharedTokenCache::new(filled(clocks().into()));
    let of_calls = least(|| (), |()| calls(|| shared.fresh(clocks).unwrap()));
    assert_eq!(of_calls, 0, "SharedTokenCache::fresh");
}

fn at_hand_while_its_renewal_is_under_way() {
    let sent_at = Timestamp::from_unix_seconds(1_800_000_000);
    let due = Timestamp::from_unix_seconds(1_800_003_590);
    let shared = SharedTokenCache::new(filled(sent_at));
    let Lookup::Renew(_, _ticket) = shared.get(|| due) else { panic!("it is not due") };
    let get = || match shared.get(|| due) {
        Lookup::Ready(tokens) => tokens,
        other => panic!("{other:?}"),
    };
    assert_eq!(least(|| (), |()| calls(get)), 0, "SharedTokenCache::get");
}

fn requests() {
    let (post, basic) = (client(ClientAuth::Post), client(ClientAuth::Basic));
    let ask = |client: &Client| client.client_credentials(Scope::default()).unwrap().request();
    let of_request = least(|| (), |()| ask(&post));
    assert!(of_request <= 3, "client credentials, secret in the body: {of_request}");
    let of_request = least(|| (), |()| ask(&basic));
    assert!(of_request <= 4, "client credentials, Basic: {of_request}");
    let of_request = least(refresh_token, |token| post.refresh(token).unwrap().request());
    assert!(of_request <= 3, "refresh: {of_request}");
}

/// What is allowed to a whole exchange, without its request.
fn answers() {
    let client = client(ClientAuth::Post);
    let now = Timestamp::from_unix_seconds(1_800_000_000);
    let asked = || client.client_credentials(Scope::default()).unwrap();
    for (length, scope, most) in [(22, r#","scope":"profile email""#, 5), (1_228, "", 4)] {
        let answer = answer(length, scope);
        let of_answer = least(asked, |flow| flow.receive(&answer, now).unwrap());
        assert!(of_answer <= most, "an answer with {length} characters of token: {of_answer}");
    }
    let refreshing = || client.refresh(refresh_token()).unwrap();
    let answer = answer(22, r#","refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","scope":"profile email""#);
    let of_answer = least(refreshing, |flow| flow.receive(&answer, now).unwrap());
    assert!(of_answer <= 6, "the answer to a refresh: {of_answer}");
}

/// How often `work` allocates, or moves what it has, after it has done so once.
fn least<P, T>(prepare: impl Fn() -> P, work: impl Fn(P) -> T) -> usize {
    drop(work(prepare()));
    let once = |_| {
        let prepared = prepare();
        let before = Region::new(COUNTED);
        let done = black_box(work(prepared));
        let allocated = since(&before);
        drop(done);
        allocated
    };
    (0..TIMES).map(once).min().unwrap()
}

fn since(before: &Region<'_, System>) -> usize {
    let change = before.change();
    change.allocations + change.reallocations
}

fn calls<T>(call: impl Fn() -> T) {
    for _ in 0..CALLS {
        drop(black_box(call()));
    }
}

fn client(auth: ClientAuth) -> Client {
    let mut dialect = Dialect::default();
    dialect.client_auth = auth;
    let endpoint = "https://partner.example/api/partner/v1/auth/token".parse().unwrap();
    let provider = Provider::new(endpoint).with_dialect(dialect);
    let secret = Secret::new("b47f8cb732a93dd355565a185a6a04ef").unwrap();
    Client::new("meed_0cb08343fffe4134", secret, provider).unwrap()
}

fn refresh_token() -> RefreshToken {
    RefreshToken::new("8xLOxBtZp8mF_9.B5f-4.1JqMzGh0tR2").unwrap()
}

/// With an access token as long as said, and more members.
fn answer(length: usize, more: &str) -> Response<String> {
    let token = "a".repeat(length);
    let body =
        format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600{more}}}"#);
    Response::builder().header("content-type", "application/json").body(body).unwrap()
}

/// A cache whose token was asked for at this time. Nothing goes over a network.
fn filled(sent_at: Timestamp) -> TokenCache {
    let flow = client(ClientAuth::Post).client_credentials(Scope::default()).unwrap();
    let mut cache = TokenCache::from(flow);
    let Lookup::Send(ticket) = cache.get(sent_at) else { panic!("there is a token") };
    cache.complete(ticket.receive(&answer(22, ""), sent_at), sent_at);
    cache
}
