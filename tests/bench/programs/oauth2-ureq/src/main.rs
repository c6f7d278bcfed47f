//! The same by oauth2, over the ureq that it brings.

use std::env::var;
use std::error::Error;

use oauth2::basic::BasicClient;
use oauth2::{AuthType, ClientId, ClientSecret, TokenResponse, TokenUrl, ureq};

fn main() -> Result<(), Box<dyn Error>> {
    let client = BasicClient::new(ClientId::new(var("CLIENT_ID")?))
        .set_client_secret(ClientSecret::new(var("CLIENT_SECRET")?))
        .set_auth_type(AuthType::RequestBody)
        .set_token_uri(TokenUrl::new(var("TOKEN_URL")?)?);
    let agent = ureq::AgentBuilder::new().redirects(0).build();
    let token = client.exchange_client_credentials().request(&agent)?;
    println!("{}", token.access_token().secret().len());
    Ok(())
}
