//! What is written is read back: in a form body, in a JSON body, in a URL's query, in a callback, in a
//! credential.
#![no_main]

use grantflow::{Exchange, Scope, TokenKey};
use grantflow_fuzz::{Input, NOW, Setting, form};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (kind, name) = (input.byte(), input.text());
    let Ok(value) = std::str::from_utf8(input.rest()) else { return };
    let setting = |choice| Setting::new(choice, bytes);
    match kind & 3 {
        0 => in_requests(setting, name, value),
        1 => in_a_url(&setting(0), name, value),
        2 => as_fields(setting, name, value),
        _ => as_a_credential(name, value),
    }
});

fn has(pairs: &[u8], name: &str, value: &str) -> bool {
    form(pairs).iter().any(|(other, text)| other == name && text == value)
}

fn in_requests(setting: impl Fn(u16) -> Setting, name: &str, value: &str) {
    let request = |choice| setting(choice).client.client_credentials(Scope::default()).unwrap();
    let form = match request(0).parameter(name, value) {
        Ok(form) => form,
        Err(failed) => {
            // Nothing is lost with it, and nothing added.
            let body = failed.retry().unwrap().request().into_body();
            assert_eq!(body.as_ref(), request(0).request().body().as_ref());
            return;
        }
    };
    // Without a value a parameter is left out.
    assert_eq!(has(form.request().body().as_ref(), name, value), !value.is_empty());
    if value.is_empty() {
        return;
    }
    let json = request(8).parameter(name, value).unwrap();
    let read: Value = serde_json::from_slice(json.request().body().as_ref()).unwrap();
    assert_eq!(read[name], value);

    // What makes two requests the same is what is in them.
    let key = |request| TokenKey::of_request("acme", &request);
    let text = request(0).parameter(name, value).unwrap();
    assert_eq!(key(form), key(text));
    assert_ne!(key(request(0)), key(request(0).parameter(name, value).unwrap()));
    if let Ok(twice) = request(8).resource(value) {
        let twice = twice.resource("urn:b").unwrap();
        let read: Value = serde_json::from_slice(twice.request().body().as_ref()).unwrap();
        assert_eq!(read["resource"], json!([value, "urn:b"]));
    }
}

fn in_a_url(setting: &Setting, name: &str, value: &str) {
    let Ok(login) = setting.login(Scope::default()).parameter(name, value) else { return };
    if value.is_empty() {
        return;
    }
    // As a pushed login has it.
    let pushed = login.push().unwrap();
    assert!(has(pushed.request().body().as_ref(), name, value));

    let login = setting.login(Scope::default()).parameter(name, value).unwrap();
    let url = login.authorization_url().unwrap();
    let query = url.as_str().split_once('?').unwrap().1;
    assert!(has(query.as_bytes(), name, value));
    assert!(!query.contains('+'));
    // As it is kept in a store.
    let stored = serde_json::to_string(login.pending()).unwrap();
    let resumed = setting.client.resume_login(serde_json::from_str(&stored).unwrap()).unwrap();
    assert_eq!(resumed.authorization_url().unwrap().as_str(), url.as_str());

    if !["iss", "error", "response", "access_token", "id_token"].contains(&name) {
        let pair = query.rsplit('&').next().unwrap();
        let callback = format!("https://app.example/cb?code=c&state={}&{pair}", setting.state);
        if callback.len() <= 64 * 1024 {
            let exchanging = login.callback(&callback, NOW).unwrap();
            assert_eq!(exchanging.callback_parameter(name), Some(value));
        }
    }
}

/// Of a JSON object the fields are added as the body is written, all or none.
fn as_fields(setting: impl Fn(u16) -> Setting, name: &str, text: &str) {
    let fields = serde_json::from_str::<Value>(text).unwrap_or_else(|_| json!({ name: text }));
    for choice in [0, 8] {
        let request = || setting(choice).client.client_credentials(Scope::default()).unwrap();
        let without = request().request().into_body();
        match request().extra(&fields) {
            Ok(request) => {
                let body = request.request().into_body();
                let Value::Object(fields) = &fields else {
                    assert!(choice == 0, "{fields} is no object");
                    continue;
                };
                for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                    let is_there = if choice == 8 {
                        let read: Value = serde_json::from_slice(body.as_ref()).unwrap();
                        read[name] == *value || value == ""
                    } else {
                        let text = value.as_str().map_or(value.to_string(), Into::into);
                        has(body.as_ref(), name, &text) || text.is_empty()
                    };
                    assert!(is_there, "{name} is not in the body");
                }
            }
            Err(failed) => {
                let body = failed.retry().unwrap().request().into_body();
                assert_eq!(body.as_ref(), without.as_ref());
            }
        }
    }
}

/// HTTP Basic, read as RFC 6749 section 2.3.1 says, and raw.
fn as_a_credential(id: &str, secret: &str) {
    use grantflow::{Client, ClientAuth, Dialect, Provider, Secret};

    let mut dialect = Dialect::default();
    for auth in [ClientAuth::Basic, ClientAuth::BasicRaw, ClientAuth::Post] {
        dialect.client_auth = auth;
        let endpoint = "https://as.example.com/token".parse().unwrap();
        let provider = Provider::new(endpoint).with_dialect(dialect.clone());
        let Ok(secret_text) = Secret::new(secret) else { return };
        let Ok(client) = Client::new(id, secret_text, provider) else {
            let is_refused = |c: char| c.is_control() || c == ':' && auth == ClientAuth::BasicRaw;
            assert!(id.is_empty() || id.contains(is_refused));
            continue;
        };
        let request = client.client_credentials(Scope::default()).unwrap();
        let request = request.wire_request();
        let value = request.headers().find(|(name, _)| *name == "authorization");
        let Some((_, value)) = value else {
            assert_eq!(auth, ClientAuth::Post);
            assert!(has(request.body(), "client_id", id));
            assert!(has(request.body(), "client_secret", secret));
            continue;
        };
        let text = decode_base64(value.strip_prefix("Basic ").unwrap());
        let text = String::from_utf8(text).unwrap();
        let (user, password) = text.split_once(':').unwrap();
        if auth == ClientAuth::BasicRaw {
            assert_eq!((user, password), (id, secret));
        } else {
            assert!(has(format!("{user}={password}").as_bytes(), id, secret));
        }
    }
}

fn decode_base64(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |byte| digits.iter().position(|digit| *digit == byte).unwrap();
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_usize, 0_usize);
    for byte in text.trim_end_matches('=').bytes() {
        held = (held << 6 | value(byte)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    bytes
}
