//! The least: a form, a request, a field of the answer.

use std::env::var;
use std::error::Error;

use http::Request;
use http_body_util::BodyExt;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

#[derive(Deserialize)]
struct Answer {
    access_token: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let https =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(https);
        let (id, secret) = (var("CLIENT_ID")?, var("CLIENT_SECRET")?);
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            escaped(&id),
            escaped(&secret)
        );
        let request = Request::post(var("TOKEN_URL")?)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)?;
        let answer = client.request(request).await?.into_body().collect().await?.to_bytes();
        let answer: Answer = serde_json::from_slice(&answer)?;
        println!("{}", answer.access_token.len());
        Ok(())
    })
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        match byte {
            byte if byte.is_ascii_alphanumeric() => escaped.push(byte.into()),
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
        escaped
    })
}
