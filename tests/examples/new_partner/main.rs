//! A fourth partner, with an accent of its own: `cargo run --example new_partner`
//!
//! What is new about it stands in `dialect.json`. There is no code for it, but for the server here that
//! plays it.

mod server;

use std::error::Error;

use grantflow_tests::clients;
use grantflow_ureq::grantflow::{
    AccessToken, Client, Dialect, Endpoint, Provider, Scope, Secret, TokenVerdict,
};
use grantflow_ureq::{TokenSource, Transport};

use crate::server::{SECRET, Server};

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let text = include_str!("dialect.json");
    let dialect: Dialect = serde_json::from_str(text)?;
    println!("A new partner in {} lines of JSON", text.lines().count());

    // With a real partner: `url.parse()?`, which is https.
    let endpoint = Endpoint::insecure_loopback(&server.url("/v2/login"))?;
    let provider = Provider::new(endpoint).with_dialect(dialect);
    let client = Client::new("shop", Secret::new(SECRET)?, provider.clone())?;
    let transport = Transport::new();
    let scope: Scope = "labels tracking".parse()?;
    let source = TokenSource::new(&transport, client.client_credentials(scope.clone())?);

    let tokens = source.token()?;
    let minutes = tokens.lifetime().map_or(0, |lifetime| lifetime.as_secs().div_euclid(60));
    println!("A token for {}, good for {minutes} minutes", tokens.scope().as_str());
    for _ in 0..3 {
        println!("The API answers {}", call(&server, &source)?);
    }
    server.forget_tokens();
    println!("The partner forgets its tokens; the API answers {}", call(&server, &source)?);
    println!("Requests for tokens: {}", server.token_requests());

    let wrong = Client::new("shop", Secret::new("the-one-of-last-year")?, provider)?;
    let refused = transport.perform(wrong.client_credentials(scope)?);
    println!("With an old secret: {}", refused.err().ok_or("an old secret is taken")?);
    let slip = serde_json::from_str::<Dialect>(r#"{"bodi": "json"}"#);
    println!("With a slip in the file: {}", slip.err().ok_or("a slip is taken")?);
    Ok(())
}

/// One call, and another where the API does not take the token: what the middleware does over https.
fn call(server: &Server, source: &TokenSource) -> Result<http::StatusCode, Box<dyn Error>> {
    let agent = clients::blocking("");
    let get = || -> Result<_, Box<dyn Error>> {
        let header = source.authorization()?;
        let request = agent.get(server.url("/v2/parcels")).header("Authorization", &header);
        Ok((request.call()?, header))
    };
    let (answer, header) = get()?;
    if source.client().provider().dialect().verdict_on(&answer) != TokenVerdict::Refused {
        return Ok(answer.status());
    }
    source.reject(&AccessToken::try_from(&header)?);
    Ok(get()?.0.status())
}
