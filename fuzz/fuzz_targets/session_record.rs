//! Anything as a stored session: refused or taken whole, and never told about.
#![no_main]

use grantflow::SessionRecord;
use grantflow_fuzz::{assert_error_hides, assert_hides, client, secret};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    read(data);
    // The same with a secret in the place of each `?`, which is a secret in a place that is wrong
    // more often than not.
    let secret = secret(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let planted = text.replace('?', &secret);
    match serde_json::from_str::<SessionRecord>(&planted) {
        Ok(record) => assert_hides_tokens(&record, &planted, &secret),
        Err(error) => assert_error_hides(&error, &secret),
    }
    // By another way in, which has values and no text.
    if let Ok(value) = serde_json::from_str::<Value>(&planted)
        && let Err(error) = serde_json::from_value::<SessionRecord>(value)
    {
        assert_error_hides(&error, &secret);
    }
});

/// What is taken comes back as it was written.
fn read(data: &[u8]) {
    let Ok(record) = serde_json::from_slice::<SessionRecord>(data) else { return };
    let text = serde_json::to_string(&record).unwrap();
    let again: SessionRecord = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
    assert_eq!(record.tokens().is_some(), again.tokens().is_some());
    let is_same = record.is_in_flight() == again.is_in_flight();
    assert!(is_same && record.has_ended() == again.has_ended());
}

/// A client and the names of marks are no secrets, and the server's address is none.
fn assert_hides_tokens(record: &SessionRecord, planted: &str, secret: &str) {
    let Ok(value) = serde_json::from_str::<Value>(planted) else { return };
    let at = |place| value.pointer(place).map(Value::to_string).unwrap_or_default();
    let shown = ["/mark/owner", "/tokens/token_endpoint", "/tokens/scope", "/tokens/wider"];
    if !shown.into_iter().any(|place| at(place).contains(secret)) {
        assert_hides(record, secret);
    }
    let Ok(tokens) = serde_json::from_value(value.get("tokens").cloned().unwrap_or_default())
    else {
        return;
    };
    if let Err(error) = client(0, "s3cr3t-s3cr3t").resume(tokens) {
        assert_error_hides(&error, secret);
    }
}
