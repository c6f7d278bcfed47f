use alloc::format;
use core::time::Duration;

use super::*;
use crate::dialect::Dialect;
use crate::error::{ProtocolError, ProtocolErrorKind};
use crate::provider::Provider;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

const ANSWER: &str = r#"{"device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
    "user_code": "WDJB-MJHT", "verification_uri": "https://example.com/device",
    "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT",
    "expires_in": 1800, "interval": 5}"#;

fn request() -> DeviceAuthorizationRequest {
    let provider = Provider::new("https://as.example.com/token".parse().unwrap())
        .with_device_authorization_endpoint("https://as.example.com/device".parse().unwrap());
    let client = Client::public("1406020730", provider).unwrap();
    client.device_authorization("a b".parse().unwrap()).unwrap()
}

fn answer(body: &str) -> Result<Flow<AwaitingUser>, Error> {
    let response = Response::new(200, body.as_bytes());
    Ok(request().receive(response.with_header("content-type", b"application/json"), NOW)?)
}

fn with(member: &str, other: &str) -> Result<Flow<AwaitingUser>, Error> {
    let body = ANSWER.replacen(member, other, 1);
    assert_ne!(body, ANSWER, "{member}");
    answer(&body)
}

fn problem(result: Result<Flow<AwaitingUser>, Error>) -> ProtocolError {
    match result.unwrap_err() {
        Error::Protocol(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_device_says_who_it_is_and_what_it_wants() {
    let request = request().parameter("audience", "api").unwrap();
    let request = request.resource("https://api.example/").unwrap();
    let wire = request.wire_request();
    assert_eq!(wire.url(), "https://as.example.com/device");
    assert_eq!(
        core::str::from_utf8(wire.body()).unwrap(),
        "scope=a+b&client_id=1406020730&audience=api&resource=https%3A%2F%2Fapi.example%2F"
    );
    let provider = Provider::new("https://as.example.com/token".parse().unwrap());
    let error = Client::public("a", provider).unwrap().device_authorization(Scope::default());
    assert_eq!(error.unwrap_err().field(), "device_authorization_endpoint");
}

#[test]
fn a_parameter_that_cannot_be_added_leaves_the_request_as_it_was() {
    let before = request().parameter("audience", "api").unwrap();
    let body = before.wire_request().body().to_vec();
    let after = before.parameter("scope", "c").unwrap_err().retry().unwrap();
    let after = after.resource("api").unwrap_err().retry().unwrap();
    assert_eq!(after.wire_request().body(), body);
}

#[cfg(feature = "http")]
#[test]
fn fields_of_a_type_are_a_form_whatever_the_token_endpoint_takes() {
    let provider = request().client.provider().clone();
    let dialect = Dialect { body: BodyFormat::Json, ..Dialect::default() };
    let client = Client::public("1406020730", provider.with_dialect(dialect)).unwrap();
    let request = || client.device_authorization(Scope::default()).unwrap();
    assert_eq!(
        request().extra(&[("model", "tv 2")]).unwrap().wire_request().body(),
        b"client_id=1406020730&model=tv+2"
    );
    assert!(request().extra(&serde_json::json!({"model": {"size": 2}})).is_err());
}

#[test]
fn the_rfcs_example_is_read_to_its_end() {
    let device = answer(ANSWER).unwrap();
    assert_eq!(device.device_code().expose(), "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS");
    assert_eq!(device.user_code(), "WDJB-MJHT");
    assert_eq!(device.verification_uri(), "https://example.com/device");
    let complete = "https://example.com/device?user_code=WDJB-MJHT";
    assert_eq!(device.verification_uri_complete(), Some(complete));
    assert_eq!(device.lifetime(), Duration::from_secs(1800));
    assert_eq!(device.expires_at().unix_seconds(), 1_700_001_800);
    assert_eq!(device.interval(), Duration::from_secs(5));
}

#[test]
fn what_is_required_is_missed_and_what_is_optional_is_not() {
    for field in ["device_code", "user_code", "verification_uri", "expires_in"] {
        let error = problem(with(&format!("\"{field}\""), "\"other\""));
        assert_eq!(*error.kind(), ProtocolErrorKind::MissingField { field });
    }
    let device = with(r#""verification_uri_complete""#, r#""other""#).unwrap();
    assert_eq!(device.verification_uri_complete(), None);
    let device = with("https://example.com/device?user_code=WDJB-MJHT", "").unwrap();
    assert_eq!(device.verification_uri_complete(), None);
}

#[test]
fn the_older_name_of_the_page_is_read_too() {
    let device = with(r#""verification_uri""#, r#""verification_url""#).unwrap();
    assert_eq!(device.verification_uri(), "https://example.com/device");
}

#[test]
fn the_pause_is_never_none_and_never_for_ever() {
    for (given, seconds) in
        [("0", 1), ("0.4", 1), ("7.9", 7), ("\"7\"", 7), ("null", 5), ("1e300", 86_400)]
    {
        let device = with(r#""interval": 5"#, &format!(r#""interval": {given}"#)).unwrap();
        assert_eq!(device.interval(), Duration::from_secs(seconds), "{given}");
    }
    let device = with(r#", "interval": 5"#, "").unwrap();
    assert_eq!(device.interval(), Duration::from_secs(5));
    for given in ["-1", "\"soon\"", "[5]", "true"] {
        let error = problem(with(r#""interval": 5"#, &format!(r#""interval": {given}"#)));
        assert_eq!(error.field(), Some("interval"), "{given}");
    }
}

#[test]
fn the_lifetime_is_a_number_and_has_an_end() {
    let device = with("1800", "1e300").unwrap();
    assert!(device.expires_at().unix_seconds() < 10_000_000_000);
    assert_eq!(with("1800", "\"1800\"").unwrap().deviations(), [Deviation::ExpiresInAsText]);
    for given in ["-1", "\"long\"", "{}"] {
        assert_eq!(problem(with("1800", given)).field(), Some("expires_in"), "{given}");
    }
}

#[test]
fn a_page_that_is_not_safe_is_not_shown() {
    for url in [
        "http://example.com/device",
        "javascript:alert(1)",
        "example.com/device",
        "https://example.com@evil.example/device",
        "https://example.com/\\u001b[2J",
        "https://exämple.com/",
    ] {
        for field in ["verification_uri", "verification_uri_complete"] {
            let old = if field == "verification_uri" { "" } else { "?user_code=WDJB-MJHT" };
            let old = format!("\"{field}\": \"https://example.com/device{old}\"");
            let error = problem(with(&old, &format!("\"{field}\": \"{url}\"")));
            assert_eq!(error.field(), Some(field), "{url}");
        }
    }
}

#[test]
fn a_server_that_is_tried_out_on_this_machine_has_its_page_there() {
    let at = |path| Endpoint::insecure_loopback(&format!("http://127.0.0.1:4001/{path}")).unwrap();
    let provider = Provider::new(at("token")).with_device_authorization_endpoint(at("device"));
    let client = Client::public("1406020730", provider).unwrap();
    let ask = |page: &str| {
        let request = client.device_authorization(Scope::default()).unwrap();
        let body = ANSWER.replace("https://example.com/device", page);
        request.receive(Response::new(200, body.as_bytes()), NOW).map_err(Failed::into_error)
    };
    let device = ask("http://127.0.0.1:4001/go").unwrap();
    let stored = serde_json::to_string(device.pending()).unwrap();
    assert!(serde_json::from_str::<PendingDevice>(&stored).is_ok());
    let moved = stored.replace("http://127.0.0.1:4001/token", "https://as.example.com/token");
    assert!(serde_json::from_str::<PendingDevice>(&moved).is_err());
    assert!(ask("http://example.com/go").is_err());
    assert!(with("https://example.com/device\"", "http://127.0.0.1/go\"").is_err());
}

#[test]
fn a_code_is_shown_without_what_would_do_something_to_a_terminal() {
    let device = with("WDJB-MJHT", "AB\\u001b[2JCD\\n\\u202e").unwrap();
    assert_eq!(device.user_code(), "AB[2JCD");
    assert_eq!(problem(with("WDJB-MJHT", "\\u001b\\n ")).field(), Some("user_code"));
    assert_eq!(problem(with("GmRhmhcxhw", "G\\u0000")).field(), Some("device_code"));
}

#[test]
fn what_the_request_holds_is_not_printed_or_repeated() {
    let request = request().parameter("api_key", "SECRETMARK").unwrap();
    let printed = format!("{request:?}");
    let body = br#"{"error":"invalid_request","error_description":"no SECRETMARK"}"#;
    let failed = request.receive(Response::new(400, body), NOW).unwrap_err();
    let printed = format!("{printed} {failed:?} {failed}");
    assert!(!printed.contains("SECRETMARK"), "{printed}");
    assert!(printed.contains("[redacted]"), "{printed}");
}
