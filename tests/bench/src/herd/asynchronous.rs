//! The library over hyper, and a single flight by hand.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use grantflow_hyper::{TokenSource, Transport};
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use tokio::sync::watch::{self, Receiver};

use super::tasks::{Given, Told, run, runtime};
use crate::ready::grantflow::expired;
use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;

pub fn grantflow(rounds: &Rounds<'_>) -> Done {
    let given = Given::of(rounds)?;
    let source = TokenSource::new(&Transport::new(), expired(given.url)?);
    let ask = || {
        let source = source.clone();
        async move { source.authorization().await.map(drop).map_err(|error| error.to_string()) }
    };
    runtime()?.block_on(run(&given, ask));
    Ok(())
}

pub fn floor(rounds: &Rounds<'_>) -> Done {
    let given = Given::of(rounds)?;
    let http = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let flight = Arc::new(Flight { url: given.url.into(), http, landing: Mutex::default() });
    runtime()?.block_on(run(&given, || Arc::clone(&flight).token()));
    Ok(())
}

/// The first one sends a task for the token; all wait for that, and clone what it brings.
struct Flight {
    url: String,
    http: Client<HttpConnector, Full<Bytes>>,
    landing: Mutex<Option<Receiver<Option<Told>>>>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
}

impl Flight {
    async fn token(self: Arc<Self>) -> Told {
        let mut landing = self.landing();
        let told = landing.wait_for(Option::is_some).await;
        told.ok().and_then(|told| told.clone()).unwrap_or_else(|| Err("the task is gone".into()))
    }

    fn landing(self: &Arc<Self>) -> Receiver<Option<Told>> {
        let mut landing = self.landing.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = || {
            let (sender, receiver) = watch::channel(None);
            let flight = Arc::clone(self);
            tokio::spawn(async move {
                let told = flight.fetch().await.map_err(|error| error.to_string());
                sender.send_replace(Some(told));
            });
            receiver
        };
        landing.get_or_insert_with(begin).clone()
    }

    async fn fetch(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let request = Request::post(&self.url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&client_id=client&client_secret=s3cr3t".into())?;
        let body = self.http.request(request).await?.into_body();
        let body = Limited::new(body, 65_536).collect().await?.to_bytes();
        let answer: Answer = serde_json::from_slice(&body)?;
        answer.access_token.map(drop).ok_or_else(|| "no token".into())
    }
}
