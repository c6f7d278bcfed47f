//! The least that is possible: a form, a client as it comes, `serde_json` into a struct. Nothing is
//! looked at but what is wanted, and nothing is zeroed.

use std::error::Error;

use http_body_util::Full;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::http::HeaderValue;
use hyper::{Method, Request, Uri};
use serde::Deserialize;

use super::given::{CLIENT_ID, Given, MOST};
use super::http::{Connection, agent};
use crate::form;
use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    expires_in: u64,
}

impl Answer {
    /// All that it says: a field that nobody reads may not be there.
    fn read(body: &[u8]) -> Option<(String, String, u64)> {
        let answer: Self = serde_json::from_slice(body).ok()?;
        Some((answer.access_token, answer.token_type, answer.expires_in))
    }
}

fn form(secret: &str) -> Vec<u8> {
    form::of(&[
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT_ID),
        ("client_secret", secret),
    ])
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

pub fn blocking(rounds: &Rounds<'_>) -> Done {
    let given = Given::new(rounds)?;
    let (url, agent): (Uri, _) = (given.url.parse()?, agent(&given)?);
    rounds.run(|round| {
        let request = agent.post(&url).header(CONTENT_TYPE, FORM).header(ACCEPT, JSON);
        let mut answer = request.send(form(&given.secrets[round])).expect("an answer");
        assert!(answer.status().is_success());
        let body = answer.body_mut().with_config().limit(MOST as u64).read_to_vec();
        Answer::read(&body.expect("its body")).expect("a token")
    });
    Ok(())
}

pub fn asynchronous(rounds: &Rounds<'_>) -> Done {
    let given = Given::new(rounds)?;
    let (url, mut connection): (Uri, _) = (given.url.parse()?, Connection::open(&given)?);
    rounds.run(|round| {
        let mut request = Request::new(Full::from(form(&given.secrets[round])));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
        headers.insert(ACCEPT, HeaderValue::from_static(JSON));
        let answer = connection.answer(request).expect("an answer");
        assert!(answer.status().is_success());
        Answer::read(answer.body()).expect("a token")
    });
    Ok(())
}
