use alloc::format;
use alloc::string::ToString;

use serde_json::{Value, json};

use super::*;
use crate::dialect::{BodyFormat, Dialect};
use crate::error::{TransportError, TransportErrorKind};
use crate::exchange::Exchange;
use crate::flow::Failed;
use crate::provider::Provider;
use crate::wire::Response;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

fn client_at(id: &str, token_endpoint: &str) -> Client {
    let dialect = Dialect { body: BodyFormat::Json, ..Dialect::default() };
    let provider = Provider::new(token_endpoint.parse().unwrap())
        .with_device_authorization_endpoint("https://as.example.com/device".parse().unwrap())
        .with_dialect(dialect);
    Client::public(id, provider).unwrap()
}

fn client() -> Client {
    client_at("tv", "https://as.example.com/token")
}

fn device() -> Flow<AwaitingUser> {
    let body = br#"{"device_code": "DEVICEMARK", "user_code": "USERMARK", "expires_in": 600,
        "verification_uri": "https://example.com/device", "interval": "7",
        "verification_uri_complete": "https://example.com/device?user_code=USERMARK"}"#;
    let request = client().device_authorization("a b".parse().unwrap()).unwrap();
    request.receive(Response::new(200, body), NOW).unwrap()
}

fn stored(device: &Flow<AwaitingUser>) -> Value {
    serde_json::to_value(device.pending()).unwrap()
}

fn resumed(stored: &Value) -> Flow<AwaitingUser> {
    client().resume_device(serde_json::from_value(stored.clone()).unwrap()).unwrap()
}

fn refused(device: Flow<AwaitingUser>, body: &str, pause: &str) -> Flow<AwaitingUser> {
    let response = Response::new(400, body.as_bytes());
    let response = response.with_header("retry-after", pause.as_bytes());
    device.receive(response, NOW).unwrap_err().retry().unwrap()
}

#[test]
fn after_a_restart_the_codes_are_shown_again_and_asked_with_as_before() {
    let device = device().parameter("audience", "api").unwrap();
    let device = device.resource("https://a.example/").unwrap();
    let device = device.resource("https://b.example/").unwrap();
    let again = resumed(&stored(&device));
    assert_eq!(again.device_code().expose(), "DEVICEMARK");
    assert_eq!(again.user_code(), "USERMARK");
    assert_eq!(again.verification_uri(), "https://example.com/device");
    let complete = "https://example.com/device?user_code=USERMARK";
    assert_eq!(again.verification_uri_complete(), Some(complete));
    assert_eq!(again.lifetime(), Duration::from_secs(600));
    assert_eq!(again.expires_at().unix_seconds(), 1_700_000_600);
    assert_eq!(again.pending().expires_at().unix_seconds(), 1_700_000_600);
    assert_eq!(again.interval(), Duration::from_secs(7));
    assert_eq!(again.wire_request().body(), device.wire_request().body());
    let token = Response::new(200, br#"{"access_token":"t","token_type":"Bearer"}"#);
    let authorized = again.receive(token, NOW).unwrap();
    assert_eq!(authorized.tokens().scope().as_str(), "a b");
}

#[cfg(feature = "http")]
#[test]
fn parameters_of_any_type_outlive_a_restart() {
    let device = device().extra(&json!({"tv": {"size": [2, null]}, "n": 1.5})).unwrap();
    let body: Value = serde_json::from_slice(device.wire_request().body()).unwrap();
    assert_eq!(body["tv"]["size"][0], 2);
    assert_eq!(resumed(&stored(&device)).wire_request().body(), device.wire_request().body());
}

#[test]
fn a_pause_that_has_grown_outlives_a_restart() {
    let device = refused(device(), r#"{"error":"slow_down"}"#, "0");
    let lost = TransportError::new(TransportErrorKind::Timeout, "nothing came");
    let device = Failed::unanswered(device, lost).retry().unwrap();
    let device = resumed(&stored(&device));
    assert_eq!(device.interval(), Duration::from_secs(24));
    let device = refused(device, r#"{"error":"authorization_pending"}"#, "60");
    assert_eq!(resumed(&stored(&device)).pause(NOW).unwrap(), Duration::from_secs(60));
}

#[test]
fn another_client_another_server_and_another_format_are_refused() {
    let device = device();
    let mut stored = stored(&device);
    let pending = || serde_json::from_value(stored.clone()).unwrap();
    let other = client_at("radio", "https://as.example.com/token");
    assert_eq!(other.resume_device(pending()).unwrap_err().field(), "client_id");
    let other = client_at("tv", "https://evil.example/token");
    assert_eq!(other.resume_device(pending()).unwrap_err().field(), "token_endpoint");
    stored["format"] = 2.into();
    let pending = serde_json::from_value(stored).unwrap();
    assert_eq!(client().resume_device(pending).unwrap_err().field(), "format");
}

#[test]
fn what_a_store_was_made_to_say_is_not_shown_or_sent() {
    for (field, value) in [
        ("device_code", json!("")),
        ("device_code", json!(7)),
        ("user_code", json!(" ")),
        ("user_code", json!("USER\u{1b}[2JMARK")),
        ("verification_uri", json!("http://example.com/device")),
        ("verification_uri", json!("javascript:alert(1)")),
        ("verification_uri_complete", json!("https://example.com@evil.example/")),
        ("interval", json!(0)),
        ("interval", json!(86_401)),
        ("retry_after", json!(86_401)),
        ("expires_in", json!(-1)),
        ("extra", json!([["device_code", "\"x\""]])),
        ("extra", json!([["grant_type", "\"x\""]])),
        ("extra", json!([["audience", "MARK"]])),
        ("another", json!("MARK")),
    ] {
        let mut stored = stored(&device());
        stored[field] = value.clone();
        let error = serde_json::from_value::<PendingDevice>(stored).unwrap_err().to_string();
        assert_eq!(error, "this is not a device's login that this library stored", "{value}");
    }
}

#[test]
fn what_is_stored_is_not_printed() {
    let device = device().parameter("api_key", "EXTRAMARK").unwrap();
    let stored = stored(&device);
    for (field, secret) in [("device_code", "DEVICEMARK"), ("user_code", "USERMARK")] {
        assert_eq!(stored[field], secret);
    }
    assert_eq!(stored["extra"], json!([["api_key", "\"EXTRAMARK\""]]));
    let pending: PendingDevice = serde_json::from_value(stored).unwrap();
    let printed = format!("{pending:?} {pending:#?}");
    assert!(!printed.contains("MARK") && printed.contains("[redacted]"), "{printed}");
}
