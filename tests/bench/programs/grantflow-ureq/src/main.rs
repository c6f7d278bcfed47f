//! The same over ureq.

use std::env::var;
use std::error::Error;

use grantflow_ureq::Transport;
use grantflow_ureq::grantflow::{Client, Endpoint, Provider, Scope, Secret};

fn main() -> Result<(), Box<dyn Error>> {
    // To be tried out, it goes to this machine as well.
    let url = var("TOKEN_URL")?;
    let endpoint = url.parse().or_else(|_| Endpoint::insecure_loopback(&url))?;
    let provider = Provider::new(endpoint);
    let client = Client::new(var("CLIENT_ID")?, Secret::new(var("CLIENT_SECRET")?)?, provider)?;
    let granted = Transport::new().perform(client.client_credentials(Scope::default())?)?;
    println!("{}", granted.into_tokens().access_token().expose().len());
    Ok(())
}
