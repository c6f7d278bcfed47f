//! The least that is possible: one body of the right size, `http::Request`, `serde_json` into a
//! struct. No checks, no limits, nothing is zeroed.

use std::error::Error;
use std::hint::black_box;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD as STANDARD, BASE64_URL_SAFE_NO_PAD as URL_SAFE};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Uri};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::data::{self, And};
use crate::form;
use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;

const BASIC: &str = "Basic ";

#[derive(Deserialize)]
struct Answer<'a> {
    access_token: String,
    token_type: &'a str,
    expires_in: u64,
    refresh_token: Option<String>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

fn post(endpoint: &Uri, body: Vec<u8>) -> Request<Vec<u8>> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.clone();
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    request
}

fn endpoint() -> Result<Uri, http::uri::InvalidUri> {
    data::TOKEN_ENDPOINT.parse()
}

fn post_body(secret: &str) -> Vec<u8> {
    form::of(&[
        ("grant_type", "client_credentials"),
        ("client_id", data::CLIENT_ID),
        ("client_secret", secret),
    ])
}

fn refresh_body(secret: &str, token: &str) -> Vec<u8> {
    form::of(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", data::CLIENT_ID),
        ("client_secret", secret),
    ])
}

pub fn post_request(rounds: &Rounds<'_>) -> Done {
    let (endpoint, secrets) = (endpoint()?, data::secrets());
    rounds.run(|round| post(&endpoint, post_body(&secrets[round])));
    Ok(())
}

pub fn basic_request(rounds: &Rounds<'_>) -> Done {
    let (endpoint, secrets) = (endpoint()?, data::secrets());
    rounds.run(|round| {
        let secret = &secrets[round];
        let mut pair = Vec::with_capacity(3 * (data::CLIENT_ID.len() + secret.len()) + 1);
        form::push_value(&mut pair, data::CLIENT_ID);
        pair.push(b':');
        form::push_value(&mut pair, secret);
        let mut request = post(&endpoint, form::of(&[("grant_type", "client_credentials")]));
        let mut value = String::with_capacity(BASIC.len() + pair.len().div_ceil(3) * 4);
        value.push_str(BASIC);
        STANDARD.encode_string(pair, &mut value);
        let mut value = HeaderValue::try_from(value).expect("a header's value");
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
        request
    });
    Ok(())
}

pub fn code_request(rounds: &Rounds<'_>) -> Done {
    let (endpoint, secret, codes) = (endpoint()?, data::secrets().remove(0), data::codes());
    let verifiers = data::verifiers();
    rounds.run(|round| {
        let body = form::of(&[
            ("grant_type", "authorization_code"),
            ("code", &codes[round]),
            ("redirect_uri", data::REDIRECT_URI),
            ("code_verifier", &verifiers[round]),
            ("client_id", data::CLIENT_ID),
            ("client_secret", &secret),
        ]);
        post(&endpoint, body)
    });
    Ok(())
}

pub fn refresh_request(rounds: &Rounds<'_>) -> Done {
    let (endpoint, secrets) = (endpoint()?, data::secrets());
    let tokens = data::refresh_tokens();
    rounds.run(|round| post(&endpoint, refresh_body(&secrets[round], &tokens[round])));
    Ok(())
}

pub fn long_refresh_request() -> Result<impl FnMut(), Box<dyn Error>> {
    let (endpoint, secret) = (endpoint()?, data::secrets().remove(0));
    let mut tokens = data::long_refresh_tokens().into_iter();
    Ok(move || {
        let token = tokens.next().expect("a token");
        drop(black_box(post(&endpoint, refresh_body(&secret, &token))));
    })
}

fn read(answer: &http::Response<Vec<u8>>) -> Option<Answer<'_>> {
    let answer: Answer<'_> = serde_json::from_slice(answer.body()).ok()?;
    black_box((&answer.access_token, answer.token_type, answer.expires_in));
    black_box((&answer.refresh_token, &answer.scope));
    Some(answer)
}

pub fn short_exchange(rounds: &Rounds<'_>) -> Done {
    exchange(rounds, 22, And::Scope)
}

pub fn jwt_exchange(rounds: &Rounds<'_>) -> Done {
    exchange(rounds, 1_228, And::NoMore)
}

fn exchange(rounds: &Rounds<'_>, length: usize, and: And) -> Done {
    let (endpoint, secrets) = (endpoint()?, data::secrets());
    let answers = data::answers(length, and);
    rounds.run(|round| {
        drop(black_box(post(&endpoint, post_body(&secrets[round]))));
        read(&answers[round])
    });
    Ok(())
}

pub fn refresh_exchange(rounds: &Rounds<'_>) -> Done {
    let (endpoint, secrets) = (endpoint()?, data::secrets());
    let (tokens, answers) = (data::refresh_tokens(), data::answers(22, And::RefreshToken));
    rounds.run(|round| {
        drop(black_box(post(&endpoint, refresh_body(&secrets[round], &tokens[round]))));
        read(&answers[round])
    });
    Ok(())
}

pub fn refusal(rounds: &Rounds<'_>) -> Done {
    let answers = data::refusals();
    rounds.run(|round| {
        let refusal: Refusal = serde_json::from_slice(answers[round].body()).ok()?;
        black_box((&refusal.error, &refusal.error_description));
        Some(refusal)
    });
    Ok(())
}

pub fn authorization_url(rounds: &Rounds<'_>) -> Done {
    let entropies = data::entropies();
    rounds.run(|round| {
        let (verifier, state) = entropies[round].split_at(32);
        let (verifier, state) = (URL_SAFE.encode(verifier), URL_SAFE.encode(state));
        let challenge = URL_SAFE.encode(Sha256::digest(&verifier));
        let mut url = Vec::with_capacity(512);
        url.extend_from_slice(data::LOGIN_PAGE.as_bytes());
        url.push(b'?');
        let parameters = [
            ("response_type", "code"),
            ("client_id", data::CLIENT_ID),
            ("redirect_uri", data::REDIRECT_URI),
            ("scope", data::SCOPE),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        form::push_pairs(&mut url, &parameters);
        (String::from_utf8(url), verifier)
    });
    Ok(())
}
