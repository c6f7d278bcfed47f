//! `huskarl`, over hyper.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;

use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use huskarl::authorizer::HttpAuthorizer;
use huskarl::cache::{GrantTokenSource, InMemoryRefreshTokenStore, InMemoryTokenCache};
use huskarl::core::client_auth::ClientSecret;
use huskarl::core::http::{HttpClient, HttpResponse, Idempotency};
use huskarl::core::platform::MaybeSendBoxFuture;
use huskarl::core::secrets::{ProvidedSecret, SecretString};
use huskarl::core::{EndpointUrl, RetryAdvice};
use huskarl::grant::client_credentials::{
    ClientCredentialsGrant, ClientCredentialsGrantParameters,
};
use huskarl::prelude::*;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Builder;

use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;
type Source = GrantTokenSource<ClientCredentialsGrant, InMemoryRefreshTokenStore>;

/// One without a token yet.
pub fn cache(url: &str) -> Result<Arc<InMemoryTokenCache<Source>>, Box<dyn Error>> {
    let secret = ProvidedSecret::new(SecretString::new("s3cr3t"));
    let grant = ClientCredentialsGrant::builder()
        .client_id("client")
        .client_auth(ClientSecret::new(secret))
        .http_client(Hyper(Client::builder(TokioExecutor::new()).build(HttpConnector::new())))
        .token_endpoint(EndpointUrl::try_from(url)?)
        .build();
    let source = GrantTokenSource::builder()
        .grant(grant)
        .grant_parameters(ClientCredentialsGrantParameters::builder().build())
        .refresh_store(InMemoryRefreshTokenStore::default())
        .build();
    Ok(Arc::new(InMemoryTokenCache::builder().source(source).build()))
}

struct Hyper(Client<HttpConnector, Full<Bytes>>);

impl HttpClient for Hyper {
    fn execute(
        &self,
        request: Request<Bytes>,
        _: Idempotency,
    ) -> MaybeSendBoxFuture<'_, Result<HttpResponse, huskarl::core::Error>> {
        let failed = |error| huskarl::core::Error::new(RetryAdvice::No, error);
        Box::pin(async move {
            let answer = self.0.request(request.map(Full::new)).await;
            let (head, body) = answer.map_err(|error| failed(error.into()))?.into_parts();
            let body = Limited::new(body, 65_536).collect().await.map_err(failed)?.to_bytes();
            Ok(HttpResponse { status: head.status, headers: head.headers, body })
        })
    }
}

/// One that has its token.
fn warm(rounds: &Rounds<'_>) -> Result<Arc<InMemoryTokenCache<Source>>, Box<dyn Error>> {
    let cache = cache(rounds.arguments.first().ok_or("no URL")?)?;
    Builder::new_current_thread().enable_all().build()?.block_on(cache.token())?;
    Ok(cache)
}

pub fn token(rounds: &Rounds<'_>) -> Done {
    let cache = warm(rounds)?;
    rounds.run_async(async |count| {
        for _ in 0..count {
            black_box(cache.token().await.expect("a token"));
        }
    })
}

pub fn headers(rounds: &Rounds<'_>) -> Done {
    let authorizer = HttpAuthorizer::builder().cache(warm(rounds)?).build();
    let api: Uri = "https://api.example/sales".parse()?;
    rounds.run_async(async |count| {
        for _ in 0..count {
            black_box(authorizer.get_headers(&Method::GET, &api).await.expect("headers"));
        }
    })
}
