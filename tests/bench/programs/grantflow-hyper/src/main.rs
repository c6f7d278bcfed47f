//! The same over hyper.

use std::env::var;
use std::error::Error;

use grantflow_hyper::Transport;
use grantflow_hyper::grantflow::{Client, Endpoint, Provider, Scope, Secret};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // To be tried out, it goes to this machine as well.
        let url = var("TOKEN_URL")?;
        let endpoint = url.parse().or_else(|_| Endpoint::insecure_loopback(&url))?;
        let provider = Provider::new(endpoint);
        let client = Client::new(var("CLIENT_ID")?, Secret::new(var("CLIENT_SECRET")?)?, provider)?;
        let flow = client.client_credentials(Scope::default())?;
        let granted = Transport::new().perform(flow).await?;
        println!("{}", granted.into_tokens().access_token().expose().len());
        Ok(())
    })
}
