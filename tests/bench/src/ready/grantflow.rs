//! The library.

use std::error::Error;
use std::hint::black_box;

use grantflow::{
    Client, Endpoint, Exchange, Lookup, Provider, Scope, Secret, Timestamp, TokenCache,
};
use grantflow_ureq::now;
use http::Response;

use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;

/// A cache whose token was asked for at this time and lives for an hour.
pub fn cache(url: &str, sent_at: Timestamp) -> Result<TokenCache, Box<dyn Error>> {
    let provider = Provider::new(Endpoint::insecure_loopback(url)?);
    let client = Client::new("client", Secret::new("s3cr3t")?, provider)?;
    let mut cache = TokenCache::from(client.client_credentials(Scope::default())?);
    let Lookup::Send(ticket) = cache.get(sent_at) else { return Err("no ticket".into()) };
    let answer = Response::builder().header("content-type", "application/json").body(
        r#"{"access_token":"mF_9.B5f-4.1JqMzGh0tR2","token_type":"Bearer","expires_in":3600}"#,
    )?;
    cache.complete(ticket.receive(&answer, sent_at), sent_at);
    Ok(cache)
}

/// The same, filled just now.
fn fresh(rounds: &Rounds<'_>) -> Result<TokenCache, Box<dyn Error>> {
    cache(rounds.arguments.first().ok_or("no URL")?, now())
}

pub fn blocking(rounds: &Rounds<'_>) -> Done {
    let source =
        grantflow_ureq::TokenSource::new(&grantflow_ureq::Transport::new(), fresh(rounds)?);
    rounds.run(|_| source.authorization().expect("a token"));
    Ok(())
}

pub fn asynchronous(rounds: &Rounds<'_>) -> Done {
    let transport = grantflow_hyper::Transport::new();
    let source = grantflow_hyper::TokenSource::new(&transport, fresh(rounds)?);
    rounds.run_async(async |count| {
        for _ in 0..count {
            black_box(source.authorization().await.expect("a token"));
        }
    })
}

/// The same, with a token that was over an hour ago.
pub fn expired(url: &str) -> Result<TokenCache, Box<dyn Error>> {
    cache(url, Timestamp::from_unix_seconds(now().unix_seconds() - 7_200))
}
