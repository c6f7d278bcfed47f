//! `yup-oauth2`. It knows no client credentials: it has a token in exchange for the code that a user
//! gives, which is one request as well.

use std::error::Error;
use std::hint::black_box;
use std::pin::Pin;

use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Builder;
use yup_oauth2::authenticator::Authenticator;
use yup_oauth2::authenticator_delegate::InstalledFlowDelegate;
use yup_oauth2::{
    ApplicationSecret, CustomHyperClientBuilder, InstalledFlowAuthenticator,
    InstalledFlowReturnMethod,
};

use crate::subject::Rounds;

pub const SCOPES: [&str; 1] = ["sales"];

/// One without a token yet.
pub async fn authenticator(url: &str) -> std::io::Result<Authenticator<HttpConnector>> {
    let secret = ApplicationSecret {
        client_id: "client".into(),
        client_secret: "s3cr3t".into(),
        token_uri: url.into(),
        auth_uri: url.into(),
        ..ApplicationSecret::default()
    };
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let client = CustomHyperClientBuilder::from(client);
    let method = InstalledFlowReturnMethod::Interactive;
    let builder = InstalledFlowAuthenticator::with_client(secret, method, client);
    builder.flow_delegate(Box::new(User)).build().await
}

/// Has the code at hand.
struct User;

impl InstalledFlowDelegate for User {
    fn present_user_url<'a>(
        &'a self,
        _: &'a str,
        _: bool,
    ) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>> {
        Box::pin(async { Ok("c0de".to_owned()) })
    }
}

pub fn token(rounds: &Rounds<'_>) -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let url = rounds.arguments.first().ok_or("no URL")?;
    let authenticator = runtime.block_on(async {
        let authenticator = authenticator(url).await?;
        authenticator.token(&SCOPES).await?;
        Ok::<_, Box<dyn Error>>(authenticator)
    })?;
    rounds.run_async(async |count| {
        for _ in 0..count {
            black_box(authenticator.token(&SCOPES).await.expect("a token"));
        }
    })
}
