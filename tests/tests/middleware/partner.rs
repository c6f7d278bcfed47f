//! Who gives tokens, and an agent that has them.

use std::time::Duration;

use grantflow::partner::meed;
use grantflow::{Client, Dialect, Origin, Provider, Scope, Secret};
use grantflow_tests::sandbox::Sandbox;
use grantflow_tests::sandbox::credentials::MEED;
use grantflow_ureq::{Authorize, TokenSource, Transport};
use ureq::config::ConfigBuilder;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::{Agent, Body};

use crate::script::{Asked, Script, answer};

/// A server that gives the tokens `at-0`, `at-1` and so on.
pub(crate) fn token_server() -> Script {
    Script::start(|asked| {
        let body = format!(
            r#"{{"access_token":"at-{}","token_type":"Bearer","expires_in":3600}}"#,
            asked.earlier
        );
        answer(200, &["content-type: application/json"], &body)
    })
}

/// An API that takes every token.
pub(crate) fn willing_api() -> Script {
    Script::start(|_| answer(200, &[], "fine"))
}

/// An API that takes every token but `at-0`.
pub(crate) fn refusing_api() -> Script {
    Script::start(|asked| match asked.token() {
        Some("at-0") | None => refusal(),
        Some(_) => answer(200, &[], "fine"),
    })
}

pub(crate) fn refusal() -> String {
    answer(401, &[r#"www-authenticate: Bearer error="invalid_token""#], "")
}

/// A source that trusts the token server and nobody else.
pub(crate) fn source(tokens: &Script) -> TokenSource {
    source_with(tokens, Dialect::default())
}

/// The same, of a partner with an accent.
pub(crate) fn source_with(tokens: &Script, dialect: Dialect) -> TokenSource {
    let provider = Provider::new(tokens.url("/token").parse().unwrap()).with_dialect(dialect);
    let client = Client::new("an-app", Secret::new("SECRETMARK").unwrap(), provider).unwrap();
    let request = client.client_credentials(Scope::default()).unwrap();
    TokenSource::new(&transport(tokens.ca_pem()), request)
}

/// A source of the sandbox's Meed tokens.
pub(crate) fn meed_source(sandbox: &Sandbox) -> TokenSource {
    let provider = meed::provider(&sandbox.host()).unwrap();
    let secret = Secret::new(MEED.client_secret).unwrap();
    let client = Client::new(MEED.client_id, secret, provider).unwrap();
    let request = client.client_credentials(Scope::default()).unwrap();
    TokenSource::new(&transport(sandbox.ca_pem()), request)
}

fn transport(ca_pem: &str) -> Transport {
    Transport::builder().root_certificates(ca_pem.as_bytes()).unwrap().build()
}

/// An application's settings: it trusts these authorities, and knows nothing of tokens.
pub(crate) fn settings(ca_pems: &[&str]) -> ConfigBuilder<AgentScope> {
    let roots: Vec<_> =
        ca_pems.iter().map(|pem| Certificate::from_pem(pem.as_bytes()).unwrap()).collect();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots)).build();
    let timeout = Some(Duration::from_secs(30));
    Agent::config_builder().tls_config(tls).proxy(None).timeout_global(timeout)
}

/// An agent that puts the source's token on requests to this API.
pub(crate) fn agent(source: &TokenSource, api: &Script) -> Agent {
    let middleware = Authorize::new(source, [origin(api)]);
    settings(&[api.ca_pem()]).middleware(middleware).build().into()
}

/// The same for Meed.
pub(crate) fn meed_agent(source: &TokenSource, sandbox: &Sandbox) -> Agent {
    let middleware = Authorize::new(source, [sandbox.url("").parse().unwrap()]);
    settings(&[sandbox.ca_pem()]).middleware(middleware).build().into()
}

pub(crate) fn origin(api: &Script) -> Origin {
    api.url("").parse().unwrap()
}

pub(crate) const SALES: &str = "/api/partner/v1/sales";

/// Status and body.
pub(crate) fn read(answer: Response<Body>) -> (u16, String) {
    let (head, mut body) = answer.into_parts();
    (head.status.as_u16(), body.read_to_string().unwrap())
}

/// What the requests had in common with the first, when each had a token of its own.
pub(crate) fn all_alike(asked: &[Asked]) -> bool {
    asked.iter().all(|one| one.form() == asked[0].form())
}
