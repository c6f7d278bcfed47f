//! Tokens from the three partners.

use grantflow::partner::{cover_genius, flow_account, meed};
use grantflow::{Client, Exchange, Flow, Provider, Scope, Secret, flow::AwaitingCallback};
use grantflow_tests::browser::Browser;
use grantflow_tests::sandbox::credentials::{
    BUSINESSES, COVER_GENIUS, Credentials, FLOW_ACCOUNT, MEED, PASSWORD, REDIRECT_URI, USERNAME,
};
use grantflow_tests::sandbox::{Endpoint, Sandbox};

use crate::carrier::{Carrier, Settings};

fn client(credentials: Credentials, provider: Provider) -> Client {
    let secret = Secret::new(credentials.client_secret).unwrap();
    Client::new(credentials.client_id, secret, provider).unwrap()
}

#[test]
fn meed_gives_a_token() {
    let sandbox = Sandbox::start().unwrap();
    let client = client(MEED, meed::provider(&sandbox.host()).unwrap());
    for (name, carrier) in trusting(&sandbox) {
        let before = grantflow_ureq::now();
        let exchange = client.client_credentials(Scope::default()).unwrap();
        let granted = carrier.perform(exchange).unwrap();
        let tokens = granted.into_tokens();
        assert!(!tokens.access_token().expose().is_empty(), "{name}");
        assert!(tokens.sent_at().elapsed_since(before).is_some(), "{name}");
    }
    assert_eq!(sandbox.requests(Endpoint::MeedToken), 3);
}

#[test]
fn cover_genius_gives_a_token() {
    let sandbox = Sandbox::start().unwrap();
    let client = client(COVER_GENIUS, cover_genius::provider(&sandbox.host()).unwrap());
    for (name, carrier) in trusting(&sandbox) {
        let exchange = client.client_credentials(Scope::default()).unwrap();
        let granted = carrier.perform(exchange).unwrap();
        assert!(granted.tokens().expires_at().is_some(), "{name}");
    }
    assert_eq!(sandbox.requests(Endpoint::CoverGeniusToken), 3);
}

#[test]
fn flow_account_gives_tokens_for_a_login_and_new_ones_for_a_refresh() {
    let sandbox = Sandbox::start().unwrap();
    let browser = Browser::new(sandbox.ca_pem());
    let client = flow_account_client(&sandbox);
    for (name, carrier) in trusting(&sandbox) {
        let login = begin_login(&client);
        let callback = callback(&browser, &login);
        let exchanging = login.callback(&callback, grantflow_ureq::now()).unwrap();
        assert!(!exchanging.may_repeat());

        let authorized = carrier.perform(exchanging).unwrap();
        let first = authorized.tokens().access_token().expose().to_owned();
        let refreshed = carrier.perform(authorized.refresh().unwrap()).unwrap();
        assert_ne!(refreshed.tokens().access_token().expose(), first, "{name}");
    }
    assert_eq!(sandbox.requests(Endpoint::FlowAccountToken), 6);
}

#[test]
fn no_two_draws_of_entropy_are_alike() {
    let client = client(FLOW_ACCOUNT, flow_account::provider("test", "partner.example").unwrap());
    let url = |entropy| {
        let scope = flow_account::SCOPE.parse().unwrap();
        let redirect_uri = REDIRECT_URI.parse().unwrap();
        let now = grantflow_hyper::now();
        let login = client.authorization_code(redirect_uri, scope, entropy, now).unwrap();
        login.authorization_url().unwrap().as_str().to_owned()
    };
    let draws = [
        url(grantflow_ureq::entropy().unwrap()),
        url(grantflow_ureq::entropy().unwrap()),
        url(grantflow_hyper::entropy().unwrap()),
        url(grantflow_hyper::entropy().unwrap()),
    ];
    for (index, draw) in draws.iter().enumerate() {
        assert!(!draws[..index].contains(draw));
    }
}

pub(crate) fn flow_account_client(sandbox: &Sandbox) -> Client {
    let provider = Provider::new(sandbox.url("/test/token").parse().unwrap())
        .with_authorization_endpoint(sandbox.url("/connect/authorize").parse().unwrap())
        .with_dialect(flow_account::dialect());
    client(FLOW_ACCOUNT, provider)
}

pub(crate) fn begin_login(client: &Client) -> Flow<AwaitingCallback> {
    let (redirect_uri, scope) =
        (REDIRECT_URI.parse().unwrap(), flow_account::SCOPE.parse().unwrap());
    let entropy = grantflow_ureq::entropy().unwrap();
    client.authorization_code(redirect_uri, scope, entropy, grantflow_ureq::now()).unwrap()
}

/// What the user at the browser comes back with.
pub(crate) fn callback(browser: &Browser, login: &Flow<AwaitingCallback>) -> String {
    let ([business, _], url) = (BUSINESSES, login.authorization_url().unwrap());
    browser.log_in(url.as_str(), USERNAME, PASSWORD, business.support_code).unwrap()
}

pub(crate) fn trusting(sandbox: &Sandbox) -> [(&'static str, Carrier); 3] {
    Carrier::all(Settings { roots: Some(sandbox.ca_pem()), ..Settings::default() }).unwrap()
}
