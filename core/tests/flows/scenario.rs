//! Flows in any state, and answers to them, in one line each.

use grantflow::flow::{Authorized, AwaitingCallback, Exchanging, Requesting};
use grantflow::partner::{cover_genius, flow_account, meed};
use grantflow::wire::Response;
use grantflow::{
    Client, Dialect, Endpoint, Entropy, Exchange, Flow, Provider, Scope, Secret, Timestamp,
};

pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
pub(crate) const SECRET: &str = "s3cr3t-s3cr3t";
/// What the entropy of [`login`] becomes.
pub(crate) const STATE: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

pub(crate) fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

pub(crate) fn endpoint(url: &str) -> Endpoint {
    url.parse().unwrap()
}

pub(crate) fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

/// A server that speaks this dialect, with a login page.
pub(crate) fn provider(dialect: Dialect) -> Provider {
    Provider::new(endpoint("https://as.example.com/token"))
        .with_authorization_endpoint(endpoint("https://login.example.com/authorize"))
        .with_dialect(dialect)
}

pub(crate) fn client(dialect: Dialect) -> Client {
    Client::new("app", secret(), provider(dialect)).unwrap()
}

pub(crate) fn partners() -> [Client; 3] {
    let of = |provider| Client::new("app", secret(), provider).unwrap();
    [
        of(meed::provider("partner.example").unwrap()),
        of(flow_account::provider("test", "sandbox-auth.flowaccount.com").unwrap()),
        of(cover_genius::provider("partner.example").unwrap()),
    ]
}

pub(crate) fn requesting(dialect: Dialect) -> Flow<Requesting> {
    client(dialect).client_credentials(Scope::default()).unwrap()
}

pub(crate) fn login(client: &Client) -> Flow<AwaitingCallback> {
    let redirect_uri = "https://app.example/cb".parse().unwrap();
    let entropy = Entropy::from_bytes([7; 64]);
    client.authorization_code(redirect_uri, scope("read write"), entropy, NOW).unwrap()
}

/// The URL at which the user comes back with these parameters and the right state.
pub(crate) fn callback_url(parameters: &str) -> String {
    format!("https://app.example/cb?state={STATE}&{parameters}")
}

pub(crate) fn exchanging(client: &Client) -> Flow<Exchanging> {
    login(client).callback(&callback_url("code=code-0001"), NOW).unwrap()
}

pub(crate) fn authorized(client: &Client) -> Flow<Authorized> {
    let body = r#"{"access_token":"at-000001","token_type":"Bearer","expires_in":3600,
        "refresh_token":"rt-000001"}"#;
    exchanging(client).receive(json(200, body), NOW).unwrap()
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &str) -> Response<'_> {
    Response::new(status, body.as_bytes()).with_header("Content-Type", b"application/json")
}

/// The body of a request as decoded pairs.
pub(crate) fn pairs<E: Exchange>(exchange: &E) -> Vec<(String, String)> {
    form_urlencoded::parse(exchange.wire_request().body()).into_owned().collect()
}
