//! The bytes that all work on: other secrets in every round, of the same length.

use std::cell::RefCell;

use http::Response;

use crate::random::Random;

pub const CLIENT_ID: &str = "meed_0cb08343fffe4134";
pub const TOKEN_ENDPOINT: &str = "https://partner.example/api/partner/v1/auth/token";
pub const LOGIN_PAGE: &str = "https://partner.example/connect/authorize";
pub const REDIRECT_URI: &str = "https://app.example/callback";
pub const SCOPE: &str = "flowaccount-api";
const GRANTED: &str = "flowaccount-api offline_access profile email";

// With these lengths, and with a scope in the answer to a short token, the peer and the floor come
// nearest to what they were first measured to cost: the goals were set by that.
const SECRET: usize = 32;
const CODE: usize = 32;
const REFRESH_TOKEN: usize = 43;
const VERIFIER: usize = 43;

/// More than any subject has rounds.
const PREPARED: usize = 310;

/// So many long refresh tokens are sent by each.
pub const LONG: usize = 1_000;

/// A client secret per round.
pub fn secrets() -> Vec<String> {
    Random::new(1).many(PREPARED, |random| random.token(SECRET))
}

/// A code per round.
pub fn codes() -> Vec<String> {
    Random::new(2).many(PREPARED, |random| random.token(CODE))
}

/// What PKCE proves, per round.
pub fn verifiers() -> Vec<String> {
    Random::new(7).many(PREPARED, |random| random.token(VERIFIER))
}

/// A refresh token per round.
pub fn refresh_tokens() -> Vec<String> {
    Random::new(3).many(PREPARED, |random| random.token(REFRESH_TOKEN))
}

/// One of 1,200 characters, of which some have to be escaped, per round.
pub fn long_refresh_tokens() -> Vec<String> {
    Random::new(8).many(LONG, |random| random.base64(1_200))
}

/// Random bytes for a login per round.
pub fn entropies() -> Vec<[u8; 64]> {
    Random::new(4).many(PREPARED, |random| {
        let text = random.token(64);
        std::array::from_fn(|at| text.as_bytes()[at])
    })
}

/// A good answer per round, with an access token as long as said.
pub fn answers(length: usize, and: And) -> Vec<Response<Vec<u8>>> {
    Random::new(5).many(PREPARED, |random| {
        let token = random.token(length);
        let more = match and {
            And::NoMore => String::new(),
            And::Scope => format!(r#","scope":"{GRANTED}""#),
            And::RefreshToken => {
                let token = random.token(REFRESH_TOKEN);
                format!(r#","refresh_token":"{token}","scope":"{GRANTED}""#)
            }
        };
        let body = format!(
            r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600{more}}}"#
        );
        answer(200, body)
    })
}

/// What a good answer says besides.
#[derive(Clone, Copy)]
pub enum And {
    NoMore,
    Scope,
    /// And the scope.
    RefreshToken,
}

/// A refusal per round.
pub fn refusals() -> Vec<Response<Vec<u8>>> {
    Random::new(6).many(PREPARED, |random| {
        let trace = random.token(16);
        let body = format!(
            r#"{{"error":"invalid_client","error_description":"Client authentication failed: no such client, or not its secret; trace {trace}"}}"#
        );
        answer(401, body)
    })
}

/// As a server sends it.
fn answer(status: u16, body: String) -> Response<Vec<u8>> {
    let response = Response::builder()
        .status(status)
        .header("date", "Sun, 22 Nov 2026 10:00:00 GMT")
        .header("content-type", "application/json; charset=utf-8")
        .header("cache-control", "no-store")
        .header("content-length", body.len());
    response.body(body.into_bytes()).expect("it is a good answer")
}

/// What is prepared for each round, to be taken in it.
pub struct Each<T>(RefCell<Vec<Option<T>>>);

impl<T> Each<T> {
    pub fn new(all: impl IntoIterator<Item = T>) -> Self {
        Self(RefCell::new(all.into_iter().map(Some).collect()))
    }

    /// The one of this round. Those of the first rounds are needed twice, as the rounds begin anew
    /// once they are warm, so they are taken from the end then.
    pub fn take(&self) -> T {
        let mut all = self.0.borrow_mut();
        all.pop().flatten().expect("more rounds than were prepared")
    }
}
