//! Seeds from the vectors: their inputs, and what they are about.

use serde_json::Value;

use crate::{Corpora, Message};

pub fn write(corpora: &mut Corpora, text: &str) {
    let file: Value = serde_json::from_str(text).unwrap();
    for vector in file["vectors"].as_array().unwrap() {
        let (input, context) = (&vector["input"], &vector["context"]);
        let dialect = accent(&context["dialect"]);
        match vector["op"].as_str().unwrap() {
            "parse_token_response" => {
                let kind = match context["flow"].as_str() {
                    Some("refresh_token") => 1,
                    Some("authorization_code") => 2,
                    Some("token_exchange") => 3,
                    _ => 0,
                };
                let answer = message(input);
                // Whoever reads one may be in any accent and in any flow.
                let loose = 0b1_0000_0111;
                corpora.put_answer("token_answer", dialect, &[kind], &answer);
                corpora.put_answer("token_answer", loose, &[0, 1, 2, 3, 4], &answer);
                refuse_and_repeat(corpora, &answer);
            }
            "parse_device_authorization" => side(corpora, &[0], &message(input)),
            "parse_introspection" => side(corpora, &[1, 5], &message(input)),
            "parse_revocation" => side(corpora, &[2, 6], &message(input)),
            "parse_par" => side(corpora, &[3], &message(input)),
            "parse_metadata" => {
                document(corpora, &[0, 1, 2, 8], &text_of(&context["issuer"]), &message(input));
            }
            "parse_resource_metadata" => {
                document(corpora, &[4], &text_of(&context["resource"]), &message(input));
            }
            "well_known_url" => {
                let (issuer, resource) = (text_of(&input["issuer"]), text_of(&input["resource"]));
                corpora.put("discovery", &[0], &[issuer.as_bytes()]);
                corpora.put("discovery", &[4], &[resource.as_bytes()]);
            }
            "refresh_sequence" => conversation(corpora, dialect, input),
            "device_poll" => poll(corpora, input),
            "resource_sequence" => {
                for answer in list(&input["responses"]) {
                    challenge(corpora, &[header(answer, "www-authenticate")], &body(answer));
                }
            }
            "parse_www_authenticate" => {
                let values: Vec<String> = list(&input["values"]).map(text_of).collect();
                challenge(corpora, &values, br#"{"error":"invalid_token"}"#);
            }
            "parse_callback" => callback(corpora, &input["url"], context),
            "callback_reuse" => {
                list(&input["callbacks"]).for_each(|url| callback(corpora, url, context));
            }
            "mixup" => callback(corpora, &input["callback"], context),
            "build_authorization_url" => page(corpora, input),
            "register_servers" => {
                let uris: Vec<String> =
                    list(&input["servers"]).map(|it| text_of(&it["redirect_uri"])).collect();
                let all: Vec<&[u8]> = uris.iter().map(String::as_bytes).take(2).collect();
                corpora.put("url", &[2], &all);
            }
            "build_request" | "basic_auth_header" => request(corpora, input),
            "check_endpoint_url" | "check_outbound_url" => {
                let text = text_of(&input["url"]);
                url(corpora, &text);
                corpora.put("discovery", &[6], &[text.as_bytes()]);
                corpora.put("discovery", &[5], &[text.as_bytes()]);
            }
            "authorize_request" => {
                let (api, url) = (text_of(&input["allowed_origins"][0]), text_of(&input["url"]));
                corpora.put("url", &[1], &[api.as_bytes(), url.as_bytes()]);
            }
            "pkce_challenge" => secret(corpora, &text_of(&input["verifier"])),
            "pkce_select" | "select_auth_method" => {
                let methods = input.as_object().unwrap().values().find(|it| it.is_array());
                let methods: Vec<String> = list(methods.unwrap_or(input)).map(text_of).collect();
                corpora.put("url", &[5], &[b"", methods.join(" ").as_bytes()]);
            }
            _ => {}
        }
    }
}

/// A document about a server or a resource of this name.
pub fn document(corpora: &mut Corpora, kinds: &[u8], name: &str, answer: &Message) {
    let status = answer.status.to_string();
    for kind in kinds {
        let parts = [name.as_bytes(), status.as_bytes(), answer.headers.as_bytes(), &answer.body];
        corpora.put("discovery", &[*kind], &parts);
    }
}

fn accent(dialect: &Value) -> u16 {
    match dialect.as_str() {
        Some("partner_form") => 1 << 12,
        Some("flowaccount") => 2 << 12,
        Some("partner_json") => 3 << 12,
        _ => 0,
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn body(input: &Value) -> Vec<u8> {
    match &input["body"] {
        Value::Object(body) if body.contains_key("utf8") => text_of(&body["utf8"]).into_bytes(),
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    }
}

fn header(input: &Value, wanted: &str) -> String {
    let is = |pair: &&Value| text_of(&pair[0]).eq_ignore_ascii_case(wanted);
    list(&input["headers"]).find(is).map(|pair| text_of(&pair[1])).unwrap_or_default()
}

fn message(input: &Value) -> Message {
    let line = |pair: &Value| format!("{}: {}", text_of(&pair[0]), text_of(&pair[1]));
    let lines: Vec<String> = list(&input["headers"]).map(line).collect();
    let status = input["status"].as_u64().unwrap_or(200);
    Message { status, headers: lines.join("\n"), body: body(input) }
}

/// The same answer of a server that repeats all it was sent, in each spelling.
fn refuse_and_repeat(corpora: &mut Corpora, answer: &Message) {
    let text = String::from_utf8_lossy(&answer.body);
    let marks: String = (0x10..0x1f_u8).map(|mark| format!(" {}", char::from(mark))).collect();
    let Some((before, after)) = text.split_once("_description\": \"") else { return };
    let body = [before, "_description\": \"", &marks, after].concat().into_bytes();
    let answer = Message { status: answer.status, headers: answer.headers.clone(), body };
    corpora.put_answer("token_answer", 0, &[1, 2, 3, 4], &answer);
}

fn side(corpora: &mut Corpora, kinds: &[u8], answer: &Message) {
    corpora.put_answer("side_answers", 0, kinds, answer);
}

/// The codes of a device, and the answers to its polls; none has status 0.
fn poll(corpora: &mut Corpora, input: &Value) {
    let (lifetime, interval) = (&input["expires_in"], &input["interval"]);
    let codes = format!(
        r#"{{"device_code":"d","user_code":"u","verification_uri":"https://as.example.com/go",
            "expires_in":{lifetime},"interval":{interval}}}"#
    );
    let head =
        |status: u64| [status.to_string().into_bytes(), b"content-type: application/json".to_vec()];
    let mut parts: Vec<Vec<u8>> = [&head(200)[..], &[codes.into_bytes()]].concat();
    for answer in list(&input["events"]) {
        let Message { status, body, .. } = message(answer);
        parts.extend(head(if answer["timeout"] == true { 0 } else { status }));
        parts.push(body);
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    corpora.put("side_answers", &[0, 0, 0], &parts);
}

/// A login whose code and refresh tokens are answered so.
fn conversation(corpora: &mut Corpora, choice: u16, input: &Value) {
    let [high, low] = choice.to_be_bytes();
    // No page of its own, the right callback, and a good answer to the code.
    let mut bytes = vec![high, low, 0, 0, 0, 0];
    for answer in list(&input["responses"]) {
        let message = message(answer);
        bytes.extend([7, 10]);
        let headers: &[u8] = b"content-type: application/json";
        let status = message.status.to_string();
        bytes.extend([status.as_bytes(), headers, &message.body].join(&0xff));
        bytes.extend([0xff, 0]);
    }
    corpora.put("conversation", &bytes, &[]);
}

fn challenge(corpora: &mut Corpora, fields: &[String], body: &[u8]) {
    let field = |at: usize| fields.get(at).map_or(&b""[..], |field| field.as_bytes());
    for kind in [0, 1, 2] {
        corpora.put("challenge", &[kind], &[field(0), field(1), body]);
    }
    corpora.put("challenge", &[2], &[field(0), field(1), b"application/problem+json; a=b"]);
}

/// With this login's state where the vector has its own.
pub fn callback(corpora: &mut Corpora, url: &Value, context: &Value) {
    let url = text_of(url);
    let own = context["expected_state"].as_str().unwrap_or("xyz");
    let at_home = url.replace(&format!("state={own}"), "state=\u{16}");
    let Some((_, query)) = at_home.split_once('?') else { return };
    let whole = format!("https://app.example/cb?{query}");
    corpora.put("callback", &[0, 0, 0], &[b"", query.as_bytes()]);
    corpora.put("callback", &[0, 16, 4], &[b"", whole.as_bytes()]);
    let form: &[u8] = b"application/x-www-form-urlencoded";
    corpora.put("callback", &[0, 0, 9], &[form, query.as_bytes()]);
}

fn page(corpora: &mut Corpora, input: &Value) {
    let endpoint = text_of(&input["endpoint"]);
    corpora.put("url", &[5], &[b"login.example", endpoint.as_bytes()]);
    url(corpora, &endpoint);
    let redirect_uri = text_of(&input["redirect_uri"]);
    corpora.put("url", &[2], &[redirect_uri.as_bytes(), b"https://client.example.com/cb?tenant=1"]);
    scope(corpora, input);
    for (name, value) in input["extra"].as_object().into_iter().flatten() {
        parameter(corpora, name, &text_of(value));
    }
    list(&input["resource"]).for_each(|it| parameter(corpora, "resource", &text_of(it)));
}

fn request(corpora: &mut Corpora, input: &Value) {
    let text = |name: &str| text_of(&input[name]);
    let (id, password) = (text("client_id"), text("client_secret"));
    corpora.put("form", &[3], &[id.as_bytes(), password.as_bytes()]);
    for name in ["refresh_token", "pkce_verifier", "code", "client_secret"] {
        secret(corpora, &text(name));
    }
    scope(corpora, input);
    url(corpora, &text("token_endpoint"));
    corpora.put("url", &[5], &[text("host").as_bytes(), text("environment").as_bytes()]);
    for (name, value) in input["extra"].as_object().into_iter().flatten() {
        parameter(corpora, name, &text_of(value));
    }
    corpora.put("form", &[2], &[b"extra", input["extra"].to_string().as_bytes()]);
    corpora.put("form", &[2], &[b"extra", input.to_string().as_bytes()]);
}

fn parameter(corpora: &mut Corpora, name: &str, value: &str) {
    for kind in [0, 1, 2] {
        corpora.put("form", &[kind], &[name.as_bytes(), value.as_bytes()]);
    }
}

fn scope(corpora: &mut Corpora, input: &Value) {
    let tokens: Vec<String> = list(&input["scope"]).map(text_of).collect();
    corpora.put("url", &[3], &[tokens.join(" ").as_bytes(), b"read write"]);
    corpora.put("url", &[3], &[b"read write", tokens.join(" ").as_bytes()]);
}

fn url(corpora: &mut Corpora, url: &str) {
    corpora.put("url", &[0], &[b"", url.as_bytes()]);
    corpora.put("url", &[1], &[b"https://as.example.com", url.as_bytes()]);
    corpora.put("url", &[2], &[b"https://app.example/cb", url.as_bytes()]);
}

fn secret(corpora: &mut Corpora, text: &str) {
    corpora.put("url", &[4], &[b"", text.as_bytes()]);
    corpora.put("url", &[4], &[b"", format!("Bearer {text}\u{10}").as_bytes()]);
}
