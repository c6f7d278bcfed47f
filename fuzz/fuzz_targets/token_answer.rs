//! Any status, header and body is an answer to a refresh: it becomes tokens or an error, and shows
//! nothing.
#![no_main]

use grantflow::wire::Response;
use grantflow::{Exchange, RefreshToken};
use grantflow_fuzz::{NOW, assert_error_hides, assert_hides, client};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u16, Option<&[u8]>, Option<&[u8]>, &[u8])| {
    let (choice, status, content_type, retry_after, body) = input;
    let client = client(choice);
    let mut response = Response::new(status, body);
    if let Some(value) = content_type {
        response = response.with_header("content-type", value);
    } else if choice & 32 != 0 {
        response = response.with_header("content-type", b"application/json");
    }
    if let Some(value) = retry_after {
        response = response.with_header("retry-after", value);
    }
    let flow = client.refresh(RefreshToken::new("SECRETMARK-refresh").unwrap()).unwrap();
    match flow.receive(response, NOW) {
        Ok(flow) => {
            let tokens = flow.tokens();
            let refresh_token = tokens.refresh_token().map_or("", |token| token.expose());
            assert_hides(&flow, &[tokens.access_token().expose(), refresh_token]);
            // What was accepted can be stored and comes back the same.
            let stored = serde_json_of(&flow.record());
            let resumed = client.resume(serde_json_from(&stored)).unwrap();
            assert_eq!(serde_json_of(&resumed.record()), stored);
        }
        Err(failed) => {
            assert_error_hides(&failed);
            assert_hides(&failed, &["SECRETMARK-refresh"]);
            failed.into_error();
        }
    }
});

fn serde_json_of(record: &grantflow::TokenRecord) -> String {
    serde_json::to_string(record).unwrap()
}

fn serde_json_from(text: &str) -> grantflow::TokenRecord {
    serde_json::from_str(text).unwrap()
}
