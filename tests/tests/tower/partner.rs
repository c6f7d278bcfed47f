//! A partner's API, over HTTPS, by hyper-util's client.

use std::time::Duration;

use bytes::Bytes;
use grantflow::{Client, NotRepeated, Origin, Scope, Secret, partner::meed};
use grantflow_hyper::{
    Authorize, AuthorizeError, AuthorizeLayer, RepeatableBody, ResponseBody, TokenSource, Transport,
};
use grantflow_tests::clients;
use grantflow_tests::sandbox::credentials::MEED;
use grantflow_tests::sandbox::{Answer, Endpoint, Sandbox};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{self, connect::HttpConnector};

use crate::world::soon;

type Http = legacy::Client<HttpsConnector<HttpConnector>, RepeatableBody<Full<Bytes>>>;

struct Meed {
    sandbox: Sandbox,
    api: Authorize<Http>,
}

impl Meed {
    fn start() -> Self {
        let sandbox = Sandbox::start().unwrap();
        let pem = sandbox.ca_pem();
        let transport = Transport::builder().root_certificates(pem.as_bytes()).unwrap().build();
        let secret = Secret::new(MEED.client_secret).unwrap();
        let provider = meed::provider(&sandbox.host()).unwrap();
        let client = Client::new(MEED.client_id, secret, provider).unwrap();
        let flow = client.client_credentials(Scope::default()).unwrap();
        let source = TokenSource::new(&transport, flow);
        let origin: Origin = sandbox.url("").parse().unwrap();
        let http = clients::async_client_for(pem).unwrap();
        let api = AuthorizeLayer::new(&source, [origin]).layer(http);
        Self { sandbox, api }
    }

    fn request(&self, method: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
        let url = self.sandbox.url("/api/partner/v1/sales");
        Request::builder().method(method).uri(url).body(Full::new(body.into())).unwrap()
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Response<ResponseBody<Incoming>> {
        soon(self.api.request(request)).await.unwrap()
    }

    async fn get(&self) -> Response<ResponseBody<Incoming>> {
        self.send(self.request("GET", "")).await
    }

    fn answer_next(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let answer = Answer { status, headers: headers.collect(), body: body.to_owned() };
        self.sandbox.answer_next(Endpoint::MeedSales, 1, answer);
    }

    /// Requests for tokens, and for sales.
    fn counts(&self) -> (u64, u64) {
        let counts = [Endpoint::MeedToken, Endpoint::MeedSales].map(|at| self.sandbox.requests(at));
        counts.into()
    }
}

#[tokio::test]
async fn a_thousand_calls_make_one_token_request() {
    let meed = Meed::start();
    for _ in 0..1_000 {
        assert_eq!(meed.get().await.status(), StatusCode::OK);
    }
    assert_eq!(meed.counts(), (1, 1_000));
}

#[tokio::test]
async fn a_token_that_is_over_at_the_api_is_renewed_once() {
    let meed = Meed::start();
    assert_eq!(meed.get().await.status(), StatusCode::OK);
    // The partner's clock runs ahead: by ours, the token is good.
    meed.sandbox.advance(Duration::from_secs(3_601));
    let answer = meed.get().await;
    assert_eq!(answer.status(), StatusCode::OK);
    let sales = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(sales.starts_with(b"[") && sales.ends_with(b"]"));
    assert_eq!(meed.get().await.status(), StatusCode::OK);
    assert_eq!(meed.counts(), (2, 4));
}

#[tokio::test]
async fn a_refusal_in_the_body_counts_as_one_in_the_header() {
    let meed = Meed::start();
    let body = r#"{"error":"invalid_token","message":"The token is over"}"#;
    meed.answer_next(401, &[("content-type", "application/json")], body);
    assert_eq!(meed.get().await.status(), StatusCode::OK);
    assert_eq!(meed.counts(), (2, 2));
}

#[tokio::test]
async fn a_short_body_is_sent_again_and_a_long_one_is_not() {
    let meed = Meed::start();
    let challenge = [("www-authenticate", "Bearer error=\"invalid_token\"")];
    meed.answer_next(401, &challenge, "");
    // Sales are not posted; what matters is that the second token was good enough to learn that.
    let answer = meed.send(meed.request("POST", "a sale")).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.extensions().get::<NotRepeated>(), None);
    assert_eq!(meed.counts(), (2, 2));

    meed.answer_next(401, &challenge, "no");
    let answer = meed.send(meed.request("POST", vec![b'a'; AuthorizeLayer::KEPT_BODY + 1])).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.extensions().get(), Some(&NotRepeated::BodySpent));
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "no");
    assert_eq!(meed.counts(), (2, 3));
}

#[tokio::test]
async fn a_narrow_token_and_a_redirect_are_handed_on() {
    let meed = Meed::start();
    let other = Sandbox::start().unwrap();
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"sales.write\"";
    meed.answer_next(403, &[("www-authenticate", challenge)], "");
    assert_eq!(meed.get().await.status(), StatusCode::FORBIDDEN);
    let elsewhere = other.url("/api/partner/v1/sales");
    meed.answer_next(307, &[("location", &elsewhere)], "");
    assert_eq!(meed.get().await.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(meed.counts(), (1, 2));
    assert_eq!(other.requests(Endpoint::MeedSales), 0);
}

#[tokio::test]
async fn a_suspended_client_calls_nobody() {
    let meed = Meed::start();
    meed.sandbox.suspend_meed();
    for _ in 0..3 {
        let error = soon(meed.api.request(meed.request("GET", ""))).await.unwrap_err();
        assert!(matches!(error, AuthorizeError::NoToken(_)), "{error:?}");
        assert!(error.to_string().contains("suspended or revoked"), "{error}");
    }
    assert_eq!(meed.counts(), (1, 0));
}
