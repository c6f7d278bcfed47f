//! A 401 that is handed on has every byte that came.

use std::io::Read;

use grantflow::NotRepeated;
use ureq::Agent;
use ureq::http::Response;

use crate::partner::{agent, source, token_server};
use crate::script::{Script, answer};

/// How much of a body is looked at.
const LOOKED_AT: usize = 16 * 1024;

const JSON: &str = "content-type: application/json; charset=utf-8";

/// The answer of an API that always says the same, with the token server and the API.
fn answered(told: String) -> (Response<ureq::Body>, [Script; 2]) {
    let (tokens, api) = (token_server(), Script::start(move |_| told.clone()));
    let agent: Agent = agent(&source(&tokens), &api);
    let answered = agent.get(api.url("/")).call().unwrap();
    (answered, [tokens, api])
}

/// JSON of this length, no two pieces alike.
fn json(length: usize) -> String {
    let text: String = (0..).map(|number: u32| format!("{number} ")).take(length).collect();
    let mut json = format!(r#"{{"error":"unauthorized","message":"{text}"#);
    json.truncate(length - 2);
    json + "\"}"
}

#[test]
fn a_body_that_was_looked_at_is_handed_on_whole() {
    for length in [40, 5_000, LOOKED_AT - 1, LOOKED_AT, LOOKED_AT + 1, 300_000] {
        let body = json(length);
        assert_eq!(body.len(), length);
        let (answered, servers) = answered(answer(401, &[JSON], &body));
        assert_eq!(answered.status(), 401);
        assert_eq!(answered.headers()["content-length"], length.to_string().as_str());
        assert_eq!(answered.body().mime_type(), Some("application/json"));
        assert_eq!(answered.body().charset(), Some("utf-8"));
        assert!(answered.extensions().get::<NotRepeated>().is_none());
        let mut read = Vec::new();
        answered.into_body().into_reader().read_to_end(&mut read).unwrap();
        assert!(read == body.as_bytes(), "{length}");
        assert_eq!(servers.map(|server| server.asked().len()), [1, 1]);
    }
}

#[test]
fn a_refusal_counts_only_within_what_is_looked_at() {
    let padded = |length: usize| {
        let refusal = r#"{"error":"invalid_token"}"#;
        [refusal, &" ".repeat(length - refusal.len())].concat()
    };
    let (refused, servers) = answered(answer(401, &[JSON], &padded(LOOKED_AT)));
    assert_eq!(refused.extensions().get(), Some(&NotRepeated::RefusedAgain));
    assert_eq!(servers.map(|server| server.asked().len()), [2, 2]);
    let (too_long, servers) = answered(answer(401, &[JSON], &padded(LOOKED_AT + 1)));
    assert!(too_long.extensions().get::<NotRepeated>().is_none());
    assert_eq!(servers.map(|server| server.asked().len()), [1, 1]);
}

#[test]
fn a_body_in_chunks_is_handed_on_whole() {
    let body = json(40_000);
    let chunks = body.as_bytes().chunks(7_001).fold(String::new(), |all, chunk| {
        all + &format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk))
    });
    let head = format!("HTTP/1.1 401 No\r\n{JSON}\r\ntransfer-encoding: chunked");
    let (answered, _servers) = answered(format!("{head}\r\n\r\n{chunks}0\r\n\r\n"));
    assert_eq!(answered.into_body().read_to_string().unwrap(), body);
}

#[test]
fn a_refusal_that_breaks_off_is_none() {
    let told = format!(
        "HTTP/1.1 401 No\r\n{JSON}\r\ncontent-length: 200\r\n\r\n{}",
        r#"{"error":"invalid_token"}"#
    );
    let (answered, servers) = answered(told);
    assert!(answered.extensions().get::<NotRepeated>().is_none());
    assert!(answered.into_body().read_to_string().is_err());
    assert_eq!(servers.map(|server| server.asked().len()), [1, 1]);
}

#[test]
fn a_body_that_nobody_has_to_look_at_is_not_touched() {
    let body = json(100_000);
    let html = answer(401, &["content-type: text/html; charset=utf-8"], &body);
    let known = answer(401, &["www-authenticate: Bearer error=insufficient_scope", JSON], &body);
    for told in [html, known, answer(200, &[JSON], &body)] {
        let (mut answered, _servers) = answered(told);
        assert_eq!(answered.body().content_length(), Some(100_000));
        assert_eq!(answered.body_mut().read_to_string().unwrap(), body);
    }
}

#[test]
fn the_length_of_a_short_body_is_still_known() {
    let (answered, _servers) = answered(answer(401, &[JSON], &json(100)));
    assert_eq!(answered.body().content_length(), Some(100));
}

#[test]
fn an_answer_to_head_has_no_body_to_look_at() {
    let tokens = token_server();
    let api = Script::start(|_| answer(401, &[JSON], "").replace("length: 0", "length: 500"));
    let mut answered = agent(&source(&tokens), &api).head(api.url("/")).call().unwrap();
    assert_eq!(answered.headers()["content-length"], "500");
    assert_eq!(answered.body().content_length(), None);
    assert_eq!(answered.body_mut().read_to_string().unwrap(), "");
    assert_eq!(api.asked().len(), 1);
}

#[test]
fn the_body_of_a_refusal_is_handed_on_where_it_is_not_repeated() {
    let refusal = r#"{"error":"invalid_token","message":"Token expired"}"#;
    let tokens = token_server();
    let api = Script::start(|_| answer(401, &[JSON], refusal));
    let order = vec![b'a'; 100_000];
    let mut answered = agent(&source(&tokens), &api).post(api.url("/")).send(&order).unwrap();
    assert_eq!(answered.extensions().get(), Some(&NotRepeated::BodySpent));
    assert_eq!(answered.body_mut().read_to_string().unwrap(), refusal);
}
