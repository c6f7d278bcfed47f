//! Calls a partner's API, blocking; the tokens come by themselves: `cargo run --example api_client`

use std::error::Error;

use grantflow_tests::clients;
use grantflow_tests::sandbox::{Endpoint, Sandbox, credentials::MEED};
use grantflow_ureq::grantflow::{Client, Scope, Secret, partner::meed};
use grantflow_ureq::{Authorize, TokenSource, Transport};

fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start()?; // plays the partner, with a certificate authority of its own
    let provider = meed::provider(&sandbox.host())?;
    let client = Client::new(MEED.client_id, Secret::new(MEED.client_secret)?, provider)?;
    let transport = Transport::builder().root_certificates(sandbox.ca_pem().as_bytes())?.build();
    let source = TokenSource::new(&transport, client.client_credentials(Scope::default())?);

    let settings = clients::blocking_settings(sandbox.ca_pem()); // in earnest: Agent::config_builder()
    let api = sandbox.url("").parse()?; // the one origin that may see the token
    let agent = settings.middleware(Authorize::new(&source, [api])).build().new_agent();
    let sales = || agent.get(sandbox.url("/api/partner/v1/sales")).call();

    println!("The partner answers {}", sales()?.body_mut().read_to_string()?);
    for _ in 1..1_000 {
        assert!(sales()?.status().is_success());
    }
    let asked = || sandbox.requests(Endpoint::MeedToken);
    println!("1000 API calls. Token requests: {}", asked());
    sandbox.revoke_meed_tokens();
    println!("The token is revoked, and the next call has status {}", sales()?.status());
    println!("Token requests: {}", asked());
    sandbox.suspend_meed();
    let error = sales().err().ok_or("the token is dead, and yet it is taken")?;
    println!("The client is suspended, and the next call says: {error}");
    Ok(())
}
