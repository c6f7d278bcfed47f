//! The main job, blocking: tokens from three partners, and calls to their APIs with them.
//!
//! `cargo run --example quickstart`

use std::error::Error;

use grantflow_tests::browser::Browser;
use grantflow_tests::sandbox::Sandbox;
use grantflow_tests::sandbox::credentials::{
    BUSINESSES, COVER_GENIUS, FLOW_ACCOUNT, MEED, PASSWORD, REDIRECT_URI, USERNAME,
};
use grantflow_tests::story::{Story, describe, fingerprint};
use grantflow_tests::{clients, story};
use grantflow_ureq::grantflow::partner::{cover_genius, flow_account, meed};
use grantflow_ureq::grantflow::{Client, Provider, Scope, Secret, Tokens};
use grantflow_ureq::{Transport, entropy, now};

fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start()?;
    let mut story = Story::begin("grantflow quickstart, blocking over ureq", &sandbox);
    // With real partners: `Transport::new()`.
    let transport = Transport::builder().root_certificates(sandbox.ca_pem().as_bytes())?.build();
    meed(&mut story, &transport, &sandbox)?;
    flow_account(&mut story, &transport, &sandbox)?;
    cover_genius(&mut story, &transport, &sandbox)?;
    story.end(&sandbox);
    Ok(())
}

fn meed(story: &mut Story, transport: &Transport, sandbox: &Sandbox) -> Result<(), Box<dyn Error>> {
    story.partner("Meed Partner API", "client credentials, form body");
    // With the real partner: the host that you were given, and your credentials.
    let provider = meed::provider(&sandbox.host())?;
    let client = Client::new(MEED.client_id, Secret::new(MEED.client_secret)?, provider)?;

    let granted = transport.perform(client.client_credentials(Scope::default())?)?;
    let tokens = granted.into_tokens();
    story.step("token", describe(&tokens));

    let sales = get(sandbox, "/api/partner/v1/sales", &tokens)?;
    story.step("sales", format_args!("GET /api/partner/v1/sales answers {sales}"));
    Ok(())
}

fn flow_account(
    story: &mut Story,
    transport: &Transport,
    sandbox: &Sandbox,
) -> Result<(), Box<dyn Error>> {
    story.partner("FlowAccount Open API", "authorization code with PKCE, rotating refresh tokens");
    // With the real partner: `flow_account::provider("test", "sandbox-auth.flowaccount.com")?`.
    let provider = Provider::new(sandbox.url("/test/token").parse()?)
        .with_authorization_endpoint(sandbox.url("/connect/authorize").parse()?)
        .with_dialect(flow_account::dialect());
    let secret = Secret::new(FLOW_ACCOUNT.client_secret)?;
    let client = Client::new(FLOW_ACCOUNT.client_id, secret, provider)?;

    let (redirect_uri, scope) = (REDIRECT_URI.parse()?, flow_account::SCOPE.parse()?);
    let login = client.authorization_code(redirect_uri, scope, entropy()?, now())?;
    let page = sandbox.url("/connect/authorize");
    story.step("login", format_args!("the user is sent to {page}, with a state and a challenge"));

    // Here a user would be at a browser; this one knows the sandbox's password.
    let browser = Browser::new(sandbox.ca_pem());
    let url = login.authorization_url()?;
    let callback = browser.log_in(url.as_str(), USERNAME, PASSWORD, BUSINESSES[0].support_code)?;
    let exchanging = login.callback(&callback, now())?;
    story.step("callback", "the user is back, with a code and this login's state");

    let mut authorized = transport.perform(exchanging)?;
    let business: flow_account::Business = authorized.tokens().extra()?;
    story.step("exchange", describe(authorized.tokens()));
    story.step("business", format_args!("supportCode {}", business.support_code));
    let info = get(sandbox, "/test/company/info", authorized.tokens())?;
    story.step("company", format_args!("GET /test/company/info answers {info}"));

    for _ in 0..2 {
        let old = refresh_token(authorized.tokens());
        let refreshed = transport.perform(authorized.refresh()?)?;
        let record = serde_json::to_string(&refreshed.record())?;
        // Here the record goes into the store, over the old one, before anything else happens.
        authorized = refreshed.stored();
        let new = refresh_token(authorized.tokens());
        let stored = format!("{} bytes for the store", record.len());
        story.step("refresh", format_args!("refresh token {old} is dead, {new} lives; {stored}"));
    }
    Ok(())
}

fn cover_genius(
    story: &mut Story,
    transport: &Transport,
    sandbox: &Sandbox,
) -> Result<(), Box<dyn Error>> {
    story.partner("Cover Genius XCover Elements", "client credentials, JSON body");
    // With the real partner: the host that you were given, and your credentials.
    let provider = cover_genius::provider(&sandbox.host())?;
    let secret = Secret::new(COVER_GENIUS.client_secret)?;
    let client = Client::new(COVER_GENIUS.client_id, secret, provider)?;

    let granted = transport.perform(client.client_credentials(Scope::default())?)?;
    story.step("token", describe(granted.tokens()));
    let bookings = get(sandbox, "/api/bookings", granted.tokens())?;
    story.step("bookings", format_args!("GET /api/bookings answers {bookings}"));
    Ok(())
}

/// Calls an API with the token, by the HTTP client that the application has anyway.
fn get(sandbox: &Sandbox, path: &str, tokens: &Tokens) -> Result<String, Box<dyn Error>> {
    let api = sandbox.url("").parse()?; // the one origin that may see the token
    let mut request = http::Request::get(sandbox.url(path)).body(())?;
    tokens.authorize(&mut request, &[api])?;
    let mut response = clients::blocking(sandbox.ca_pem()).run(request)?;
    Ok(story::answer(response.status(), &response.body_mut().read_to_vec()?))
}

fn refresh_token(tokens: &Tokens) -> String {
    tokens.refresh_token().map_or("none".into(), |token| fingerprint(token.expose()))
}
