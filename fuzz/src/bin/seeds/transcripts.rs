//! Seeds from the recorded exchanges with real servers.

use serde_json::json;

use crate::{Corpora, Message, vectors};

pub fn write(corpora: &mut Corpora, text: &str) {
    let text = text.replace("\r\n", "\n");
    let (request, answer) = text.split_once(ANSWER).unwrap();
    let (_, request) = request.split_once(REQUEST).unwrap();
    let (request_head, request_body) = split(request);
    let (head, body) = split(answer);
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.collect::<Vec<_>>().join("\n");
    let header = |wanted: &str| header_of(&headers, wanted);
    if let Some(field) = header("www-authenticate") {
        for choice in [0, 1, 2] {
            corpora.put("challenge", &[choice], &[field.as_bytes(), b"", body.as_bytes()]);
        }
    }
    if let Some(url) = header("location") {
        vectors::callback(corpora, &url.into(), &json!({"expected_state": "st-9"}));
        corpora.put("url", &[2], &[b"http://127.0.0.1:9999/cb", url.as_bytes()]);
    }
    let body = body.as_bytes().to_vec();
    let message = Message { status, headers, body };
    let path = request_head.split(' ').nth(1).unwrap_or_default();
    let is = |name: &str| path.contains(name);
    if is(".well-known") {
        let issuer = header_of(request_head, "host").map(|host| format!("http://{host}"));
        vectors::document(corpora, &[3, 11], &issuer.unwrap_or_default(), &message);
    } else if is("device") {
        corpora.put_answer("side_answers", 0, &[0], &message);
    } else if is("introspect") {
        corpora.put_answer("side_answers", 4, &[1, 5], &message);
    } else if is("revo") {
        corpora.put_answer("side_answers", 0, &[2], &message);
    } else if is("par") || is("request") {
        corpora.put_answer("side_answers", 0, &[3], &message);
    } else {
        let kind = match grant_type(request_body) {
            Some("refresh_token") => 1,
            Some("authorization_code") => 2,
            Some("client_credentials") => 0,
            _ => 4,
        };
        corpora.put_answer("token_answer", 0, &[kind], &message);
        conversation(corpora, &message);
    }
}

/// As an answer to the code, and to a refresh that is tried again.
fn conversation(corpora: &mut Corpora, message: &Message) {
    let status = message.status.to_string();
    let content_type =
        message.headers.lines().find(|line| line.to_lowercase().starts_with("content-type"));
    let headers = content_type.unwrap_or_default().as_bytes();
    let answer = [status.as_bytes(), headers, &message.body].join(&0xff);
    let to_code = [&[0, 0, 0, 0, 0, 10], &*answer, &[0xff]].concat();
    corpora.put("conversation", &to_code, &[]);
    let to_refresh = [&[0, 0, 8, 0, 0, 0, 0, 7, 10], &*answer, &[0xff, 1, 1, 4, 2, 10]].concat();
    corpora.put("conversation", &to_refresh, &[]);
}

fn header_of<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let pairs = head.lines().filter_map(|line| line.split_once(": "));
    let mut values = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    values.next().map(|(_, value)| value)
}

fn grant_type(body: &str) -> Option<&str> {
    body.trim().split('&').find_map(|pair| pair.strip_prefix("grant_type="))
}

fn split(message: &str) -> (&str, &str) {
    let (head, body) = message.split_once("\n\n").unwrap_or((message, ""));
    (head, body.trim_end_matches('\n'))
}

const REQUEST: &str = "# ---- request ----\n";
const ANSWER: &str = "# ---- response ----\n";
