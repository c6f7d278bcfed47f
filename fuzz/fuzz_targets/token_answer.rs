//! Any status, header and body is an answer to a refresh: it becomes tokens or an error, and shows
//! nothing.
#![no_main]

use grantflow::wire::Response;
use grantflow::{Exchange, RefreshToken};
use grantflow_fuzz::{NOW, assert_error_hides, assert_hides, client, secret};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u16, Option<&[u8]>, Option<&[u8]>, &[u8])| {
    let (choice, status, content_type, retry_after, rest) = input;
    let secret = secret(rest);
    let client = client(choice, &secret);
    // One half of the answers begin as an answer with tokens does; the rest of it is anything.
    let begun = format!(r#"{{"access_token":"{secret}","refresh_token":"{secret}","#);
    let begun = if choice & 64 != 0 { begun.as_bytes() } else { b"" };
    let body = [begun, rest].concat();
    let status = if choice & 128 != 0 { 200 } else { status };
    let mut response = Response::new(status, &body);
    if let Some(value) = content_type {
        response = response.with_header("content-type", value);
    } else if choice & 32 != 0 {
        response = response.with_header("content-type", b"application/json");
    }
    if let Some(value) = retry_after {
        response = response.with_header("retry-after", value);
    }
    let refresh_token = RefreshToken::new(&*secret).unwrap();
    match client.refresh(refresh_token).unwrap().receive(response, NOW) {
        Ok(flow) => {
            assert_hides(&flow, &secret);
            // What was accepted can be stored and comes back the same.
            let stored = serde_json_of(&flow.record());
            let resumed = client.resume(serde_json_from(&stored)).unwrap();
            assert_eq!(serde_json_of(&resumed.record()), stored);
        }
        Err(failed) => {
            assert_error_hides(&failed, &secret);
            assert_hides(&failed, &secret);
        }
    }
});

fn serde_json_of(record: &grantflow::TokenRecord) -> String {
    serde_json::to_string(record).unwrap()
}

fn serde_json_from(text: &str) -> grantflow::TokenRecord {
    serde_json::from_str(text).unwrap()
}
