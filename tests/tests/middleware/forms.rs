//! What a request looks like on the wire: with the token, and otherwise as without.

use std::time::Duration;

use grantflow_ureq::Authorize;
use ureq::http::{Request, Response};
use ureq::{Agent, Body, Error, SendBody};

use crate::partner::{all_alike, origin, refusing_api, settings, source, token_server};
use crate::script::Asked;

type Call = fn(&Agent, &str) -> Result<Response<Body>, Error>;

/// What a call looks like without the middleware, and in the two sendings with it.
fn sent(call: Call) -> [Asked; 3] {
    let (tokens, api) = (token_server(), refusing_api());
    let settings = || settings(&[api.ca_pem()]).timeout_await_100(Some(Duration::from_millis(1)));
    let bare: Agent = settings().http_status_as_error(false).build().into();
    let _ = call(&bare, &api.url("/")).unwrap();
    let middleware = Authorize::new(&source(&tokens), [origin(&api)]);
    let agent: Agent = settings().middleware(middleware).build().into();
    assert_eq!(call(&agent, &api.url("/")).unwrap().status(), 200);
    assert_eq!(api.tokens(), ["", "at-0", "at-1"]);
    api.asked().try_into().unwrap()
}

#[test]
fn every_usual_request_is_what_it_was() {
    let calls: [(&str, Call); 14] = [
        ("get", |agent, url| agent.get(url).call()),
        ("head", |agent, url| agent.head(url).call()),
        ("delete", |agent, url| agent.delete(url).call()),
        ("options", |agent, url| agent.options(url).call()),
        ("get with headers", |agent, url| {
            agent.get(url).query("a", "b c").header("accept", "x/y").header("if-match", "1").call()
        }),
        ("get with a body", |agent, url| agent.get(url).force_send_body().send("body")),
        ("delete with a body", |agent, url| agent.delete(url).force_send_body().send("body")),
        ("post", |agent, url| agent.post(url).content_type("text/plain").send("body")),
        ("form", |agent, url| agent.post(url).send_form([("a", "b c"), ("d", "é")])),
        ("empty post", |agent, url| agent.post(url).send_empty()),
        ("empty put", |agent, url| agent.put(url).send("")),
        ("patch", |agent, url| agent.patch(url).send(b"\0\xff\r\n0\r\n\r\n")),
        ("post in chunks", |agent, url| {
            agent.post(url).header("transfer-encoding", "chunked").send("body")
        }),
        ("put that asks first", |agent, url| {
            agent.put(url).header("expect", "100-continue").send("body")
        }),
    ];
    for (name, call) in calls {
        let sent = sent(call);
        assert_eq!(sent[0].form(), sent[1].form(), "{name}");
        assert!(all_alike(&sent[1..]), "{name}");
    }
}

#[test]
fn a_get_has_no_length_and_an_empty_post_says_that_it_is_empty() {
    let [_, get, _] = sent(|agent, url| agent.get(url).call());
    assert_eq!((get.header("content-length"), get.header("transfer-encoding")), (None, None));
    let [_, post, _] = sent(|agent, url| agent.post(url).send_empty());
    assert_eq!(post.header("content-length"), Some("0"));
    // Without the middleware, these two would be chunks, and none of them.
    let [_, post, _] = sent(|agent, url| agent.run(Request::post(url).body(()).unwrap()));
    assert_eq!(post.header("content-length"), Some("0"));
    let [_, post, _] = sent(|agent, url| agent.post(url).send(SendBody::none()));
    assert_eq!(post.header("content-length"), Some("0"));
}

#[test]
fn a_short_stream_gets_a_length() {
    let [bare, first, _] =
        sent(|agent, url| agent.post(url).send(SendBody::from_reader(&mut b"a stream".as_slice())));
    assert_eq!(bare.header("transfer-encoding"), Some("chunked"));
    assert_eq!(first.header("content-length"), Some("8"));
    assert_eq!(first.header("transfer-encoding"), None);
    assert_eq!(first.body, b"a stream");
}

#[test]
fn a_long_body_goes_out_whole_in_chunks_or_with_the_callers_length() {
    let body = "0123456789".repeat(20_000);
    let (tokens, api) = (token_server(), refusing_api());
    let source = source(&tokens);
    source.reject(source.token().unwrap().access_token());
    let middleware = Authorize::new(&source, [origin(&api)]);
    let agent: Agent = settings(&[api.ca_pem()]).middleware(middleware).build().into();

    assert_eq!(agent.post(api.url("/")).send(&body).unwrap().status(), 200);
    let length = body.len().to_string();
    let request = agent.post(api.url("/")).header("content-length", &length);
    assert_eq!(request.send(&body).unwrap().status(), 200);

    let [chunked, sized] = api.asked().try_into().unwrap();
    assert_eq!(chunked.header("transfer-encoding"), Some("chunked"));
    assert_eq!(chunked.header("content-length"), None);
    assert!(joined(&chunked.body) == body.as_bytes());
    assert_eq!(sized.header("content-length"), Some(length.as_str()));
    assert_eq!(sized.header("transfer-encoding"), None);
    assert!(sized.body == body.as_bytes());
}

#[test]
fn a_callers_length_that_is_wrong_is_an_error_as_ever() {
    let (tokens, api) = (token_server(), refusing_api());
    let middleware = Authorize::new(&source(&tokens), [origin(&api)]);
    let agent: Agent = settings(&[api.ca_pem()]).middleware(middleware).build().into();
    let bare: Agent = settings(&[api.ca_pem()]).build().into();
    let call = |agent: &Agent| agent.post(api.url("/")).header("content-length", "3").send("body");
    assert_eq!(call(&bare).unwrap_err().to_string(), call(&agent).unwrap_err().to_string());
}

/// The data of chunks (RFC 9112 section 7.1).
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    loop {
        let end = chunks.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let size = std::str::from_utf8(&chunks[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return data;
        }
        data.extend_from_slice(&chunks[end + 2..][..size]);
        chunks = &chunks[end + 2 + size + 2..];
    }
}
