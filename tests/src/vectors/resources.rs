//! Tokens on requests to APIs.

use grantflow::{Client, ConfigurationError, Exchange, Origin, Scope, Secret};
use serde_json::json;

use super::login;
use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::replies::Reply;
use super::requests;
use super::setup::{self, NOW};

pub(super) fn authorize_request(vector: &Vector) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let token = input.required("token")?;
    let token_type = input.text_or("token_type", "Bearer")?;
    let url = input.text_or("url", "https://api.example.com/x")?;
    let mut request = http::Request::builder().method(input.text_or("method", "GET")?).uri(url);
    for (name, value) in input.pairs("headers")? {
        request = request.header(name, value);
    }
    let mut request = request.body(()).map_err(|_| Stop::Inexpressible("such a request"))?;
    let allowed = match input.texts("allowed_origins")? {
        Some(origins) => origins.into_iter().map(origin).collect::<Result<_, _>>()?,
        None => vec![origin(url)?],
    };
    let client = Client::new("c", Secret::new("s")?, setup::provider(vector)?)?;
    if token_type.eq_ignore_ascii_case("bearer") {
        // A token from a store: that is where a bad one would come from.
        let held = login::held(&client, login::record(token, "r", &Scope::default()))?;
        held.tokens().authorize(&mut request, &allowed)?;
    } else {
        let body = json!({"access_token": token, "token_type": token_type});
        let flow = client.client_credentials(Scope::default())?;
        let flow = flow.receive(Reply::json(&body).response(), NOW)?;
        flow.tokens().authorize(&mut request, &allowed)?;
    }
    let headers = requests::header_pairs(request.headers());
    Ok(Accepted::new([
        ("method", request.method().as_str().into()),
        ("url", request.uri().to_string().into()),
        ("headers", headers.clone()),
        ("headers_present", headers),
    ])
    .showing(&request))
}

fn origin(url: &str) -> Result<Origin, ConfigurationError> {
    url.parse()
}
