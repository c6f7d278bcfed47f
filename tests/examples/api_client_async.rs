//! Calls a partner's API, async; the tokens come by themselves: `cargo run --example api_client_async`

use std::error::Error;

use grantflow_hyper::grantflow::{Client, Scope, Secret, partner::meed};
use grantflow_hyper::{AuthorizeLayer, TokenSource, Transport};
use grantflow_tests::clients;
use grantflow_tests::sandbox::{Endpoint, Sandbox, credentials::MEED};
use http_body_util::BodyExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start()?; // plays the partner, with a certificate authority of its own
    let provider = meed::provider(&sandbox.host())?;
    let client = Client::new(MEED.client_id, Secret::new(MEED.client_secret)?, provider)?;
    let transport = Transport::builder().root_certificates(sandbox.ca_pem().as_bytes())?.build();
    let source = TokenSource::new(&transport, client.client_credentials(Scope::default())?);

    let http = clients::async_client_for(sandbox.ca_pem())?; // in earnest: any service for hyper
    let api = sandbox.url("").parse()?; // the one origin that may see the token
    let api = AuthorizeLayer::new(&source, [api]).layer(http);
    let sales = http::Request::get(sandbox.url("/api/partner/v1/sales")).body(String::new())?;

    let answer = api.request(sales.clone()).await?.into_body().collect().await?.to_bytes();
    println!("The partner answers {}", String::from_utf8_lossy(&answer));
    for _ in 1..1_000 {
        assert!(api.request(sales.clone()).await?.status().is_success());
    }
    let asked = || sandbox.requests(Endpoint::MeedToken);
    println!("1000 API calls. Token requests: {}", asked());
    sandbox.revoke_meed_tokens();
    let status = api.request(sales.clone()).await?.status();
    println!("The token is revoked, and the next call has status {status}");
    println!("Token requests: {}", asked());
    sandbox.suspend_meed();
    let error = api.request(sales).await.err().ok_or("the token is dead, and yet it is taken")?;
    println!("The client is suspended, and the next call says: {error}");
    Ok(())
}
