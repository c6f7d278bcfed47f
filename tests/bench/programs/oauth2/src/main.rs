//! The same by oauth2, over the reqwest that it brings.

use std::env::var;
use std::error::Error;

use oauth2::basic::BasicClient;
use oauth2::{AuthType, ClientId, ClientSecret, TokenResponse, TokenUrl, reqwest};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = BasicClient::new(ClientId::new(var("CLIENT_ID")?))
            .set_client_secret(ClientSecret::new(var("CLIENT_SECRET")?))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(TokenUrl::new(var("TOKEN_URL")?)?);
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let token = client.exchange_client_credentials().request_async(&http).await?;
        println!("{}", token.access_token().secret().len());
        Ok(())
    })
}
