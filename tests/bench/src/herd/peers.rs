//! The others. None of them can be given a token that is over: they have none yet, which is the same
//! to them.

use std::error::Error;
use std::sync::Arc;

use ::huskarl::prelude::*;
use ::oauth2::basic::BasicClient;
use ::oauth2::{ClientId, ClientSecret, HttpRequest, TokenUrl};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::tasks::{Given, run, runtime};
use crate::ready;
use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;

pub fn yup(rounds: &Rounds<'_>) -> Done {
    let given = Given::of(rounds)?;
    runtime()?.block_on(async {
        let authenticator = ready::yup::authenticator(given.url).await?;
        let ask = || {
            let authenticator = authenticator.clone();
            async move {
                let token = authenticator.token(&ready::yup::SCOPES).await;
                token.map(drop).map_err(|error| error.to_string())
            }
        };
        run(&given, ask).await;
        Ok(())
    })
}

pub fn huskarl(rounds: &Rounds<'_>) -> Done {
    let given = Given::of(rounds)?;
    let cache = ready::huskarl::cache(given.url)?;
    let ask = || {
        let cache = Arc::clone(&cache);
        async move { cache.token().await.map(drop).map_err(|error| error.to_string()) }
    };
    runtime()?.block_on(run(&given, ask));
    Ok(())
}

/// It has no cache.
pub fn oauth2(rounds: &Rounds<'_>) -> Done {
    let given = Given::of(rounds)?;
    let client = BasicClient::new(ClientId::new("client".into()))
        .set_client_secret(ClientSecret::new("s3cr3t".into()))
        .set_token_uri(TokenUrl::new(given.url.into())?);
    let hyper = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let ask = || {
        let (client, hyper) = (client.clone(), hyper.clone());
        async move {
            let http = |request| send(hyper.clone(), request);
            let token = client.exchange_client_credentials().request_async(&http).await;
            token.map(drop).map_err(|error| error.to_string())
        }
    };
    runtime()?.block_on(run(&given, ask));
    Ok(())
}

async fn send(
    hyper: Client<HttpConnector, Full<Bytes>>,
    request: HttpRequest,
) -> Result<::oauth2::HttpResponse, std::io::Error> {
    let answer = hyper.request(request.map(Full::from)).await.map_err(std::io::Error::other)?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, 65_536).collect().await.map_err(std::io::Error::other)?;
    Ok(http::Response::from_parts(head, body.to_bytes().to_vec()))
}
