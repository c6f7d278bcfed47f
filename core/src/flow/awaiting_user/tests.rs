use alloc::format;

use super::*;
use crate::client::Client;
use crate::error::TransportErrorKind;
use crate::provider::Provider;

const START: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

/// What the server said when it was asked: a status, an error code, and a pause perhaps.
type Said = (u16, &'static str, Option<&'static str>);

const PENDING: Said = (400, "authorization_pending", None);
const SLOW_DOWN: Said = (400, "slow_down", None);

fn client() -> Client {
    let provider = Provider::new("https://as.example.com/token".parse().unwrap())
        .with_device_authorization_endpoint("https://as.example.com/device".parse().unwrap());
    Client::public("1406020730", provider).unwrap()
}

fn started(expires_in: &str, interval: &str) -> Flow<AwaitingUser> {
    let body = format!(
        r#"{{"device_code": "DEVICEMARK-DnyEysNkuNhszIySk9eS", "user_code": "USERMARK",
            "verification_uri": "https://example.com/device",
            "verification_uri_complete": "https://example.com/device?user_code=USERMARK",
            "expires_in": "{expires_in}", "interval": {interval}}}"#
    );
    let request = client().device_authorization("a b".parse().unwrap()).unwrap();
    request.receive(Response::new(200, body.as_bytes()), START).unwrap()
}

fn device() -> Flow<AwaitingUser> {
    started("1800", "5")
}

fn told(device: Flow<AwaitingUser>, (status, code, pause): Said) -> Failed<Flow<AwaitingUser>> {
    let body = format!(
        r#"{{"error": "{code}", "error_description": "DEVICEMARK-DnyEysNkuNhszIySk9eS USERMARK"}}"#
    );
    let plain = Response::new(status, body.as_bytes());
    let pause = pause.map(str::as_bytes);
    let response = pause.map_or(plain, |pause| plain.with_header("retry-after", pause));
    device.receive(response, START).unwrap_err()
}

fn unanswered(device: Flow<AwaitingUser>, kind: TransportErrorKind) -> Failed<Flow<AwaitingUser>> {
    Failed::unanswered(device, TransportError::new(kind, "nothing came"))
}

fn after(seconds: u64) -> Timestamp {
    START.saturating_add(Duration::from_secs(seconds))
}

/// The pause before the next poll, where there is time for one.
fn pause(device: &Flow<AwaitingUser>) -> u64 {
    device.pause(START).unwrap().as_secs()
}

fn is_over(device: &Flow<AwaitingUser>, now: Timestamp) -> bool {
    match device.pause(now) {
        Ok(_) => false,
        Err(Error::Callback(CallbackError::Expired)) => true,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn the_token_is_asked_for_with_the_code_at_the_same_server() {
    let flow = device().resource("https://api.example/").unwrap();
    let request = flow.wire_request();
    assert_eq!(request.url(), "https://as.example.com/token");
    assert_eq!(
        core::str::from_utf8(request.body()).unwrap(),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code\
         &device_code=DEVICEMARK-DnyEysNkuNhszIySk9eS&client_id=1406020730\
         &resource=https%3A%2F%2Fapi.example%2F"
    );
    assert!(!flow.may_repeat());
    let token = r#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#;
    let authorized = flow.receive(Response::new(200, token.as_bytes()), START).unwrap();
    assert_eq!(authorized.tokens().scope().as_str(), "a b");
    assert_eq!(authorized.tokens().refresh_token().unwrap().expose(), "r");
}

#[test]
fn nobody_adds_a_second_code() {
    let before = device().parameter("audience", "api").unwrap();
    let body = before.wire_request().body().to_vec();
    let failed = before.parameter("device_code", "x").unwrap_err();
    assert_eq!(failed.error().field(), Some("device_code"));
    let after = failed.retry().unwrap().parameter("grant_type", "x").unwrap_err().retry().unwrap();
    assert_eq!(after.wire_request().body(), body);
}

#[test]
fn a_user_who_is_busy_is_waited_for_at_the_same_pace() {
    let mut device = device();
    for _ in 0..3 {
        let failed = told(device, PENDING);
        assert_eq!(failed.advice(), Advice::RetryAfter(Duration::from_secs(5)));
        device = failed.retry().unwrap();
        assert_eq!(pause(&device), 5);
    }
    // The server's own pace counts, though a refusal names another.
    let failed = told(started("1800", "1"), PENDING);
    assert_eq!(failed.advice(), Advice::RetryAfter(Duration::from_secs(1)));
    assert_eq!(pause(&failed.retry().unwrap()), 1);
}

#[test]
fn slower_once_is_slower_for_good() {
    let mut device = device();
    for (said, seconds) in
        [(SLOW_DOWN, 10), (PENDING, 10), ((429, "slow_down", None), 15), (PENDING, 15)]
    {
        let failed = told(device, said);
        assert_eq!(failed.advice(), Advice::RetryAfter(Duration::from_secs(seconds)));
        device = failed.retry().unwrap();
        assert_eq!(pause(&device), seconds);
        assert_eq!(device.interval().as_secs(), seconds);
    }
}

#[test]
fn a_server_that_cannot_answer_is_asked_half_as_often() {
    let mut device = device();
    for (kind, seconds) in [
        (TransportErrorKind::Timeout, 10),
        (TransportErrorKind::Connect, 20),
        (TransportErrorKind::Interrupted, 40),
        (TransportErrorKind::Abandoned, 80),
    ] {
        let failed = unanswered(device, kind);
        assert_eq!(failed.advice(), Advice::RetryAfter(Duration::from_secs(seconds)));
        device = failed.retry().unwrap();
        assert_eq!(pause(&device), seconds);
    }
    let device = told(device, PENDING).retry().unwrap();
    assert_eq!(pause(&device), 80);
}

#[test]
fn what_no_time_mends_is_told_at_once() {
    for kind in [TransportErrorKind::Tls, TransportErrorKind::NotPublic] {
        let failed = unanswered(device(), kind);
        assert_eq!(failed.advice(), Advice::FixConfiguration);
        assert!(failed.retry().is_err());
    }
}

#[test]
fn a_pause_grows_to_a_day_and_no_further() {
    let mut device = started("9999999", "86398");
    device = told(device, SLOW_DOWN).retry().unwrap();
    assert_eq!(pause(&device), 86_400);
    for _ in 0..100 {
        device = unanswered(device, TransportErrorKind::Timeout).retry().unwrap();
        assert_eq!(pause(&device), 86_400);
        device = told(device, SLOW_DOWN).retry().unwrap();
        assert_eq!(pause(&device), 86_400);
    }
}

#[test]
fn a_pause_that_the_server_asks_for_is_kept_once() {
    for said in [
        (503, "", Some("60")),
        (429, "slow_down_please", Some("60")),
        (400, "authorization_pending", Some("60")),
        (400, "temporarily_unavailable", Some("60")),
    ] {
        let failed = told(device(), said);
        assert_eq!(failed.advice(), Advice::RetryAfter(Duration::from_secs(60)), "{said:?}");
        let device = failed.retry().unwrap();
        assert_eq!((pause(&device), device.interval().as_secs()), (60, 5), "{said:?}");
        assert_eq!(pause(&told(device, PENDING).retry().unwrap()), 5);
    }
    // Five seconds are what a refusal names that says nothing; here they are said.
    assert_eq!(pause(&told(started("60", "1"), (400, "slow_down", Some("5"))).retry().unwrap()), 6);
    let said = (400, "authorization_pending", Some("5"));
    assert_eq!(pause(&told(started("60", "1"), said).retry().unwrap()), 5);
    // A shorter one does not hurry.
    for said in [(503, "", Some("1")), (500, "", None), (400, "slow_down", Some("0"))] {
        let device = told(device(), said).retry().unwrap();
        assert_eq!(pause(&device), device.interval().as_secs(), "{said:?}");
    }
    // It was waited for when the request was lost.
    let device = told(device(), (503, "", Some("60"))).retry().unwrap();
    assert_eq!(pause(&unanswered(device, TransportErrorKind::Timeout).retry().unwrap()), 10);
}

#[test]
fn what_the_user_did_is_what_the_advice_says_and_nothing_else_goes_on() {
    for (said, advice) in [
        ((400, "access_denied", None), Advice::Reauthorize),
        ((400, "expired_token", None), Advice::Reauthorize),
        ((400, "invalid_grant", None), Advice::Reauthorize),
        ((401, "invalid_client", None), Advice::FixConfiguration),
        ((400, "never heard of", None), Advice::FixConfiguration),
        ((404, "", None), Advice::FixConfiguration),
        ((302, "", None), Advice::FixConfiguration),
        ((200, "", None), Advice::Bug),
    ] {
        let failed = told(device(), said).retry().unwrap_err();
        assert_eq!(failed.advice(), advice, "{said:?}");
    }
}

#[test]
fn a_code_is_not_asked_with_when_it_would_be_over() {
    let device = started("12", "5");
    assert!(!is_over(&device, after(0)) && !is_over(&device, after(6)));
    assert!(is_over(&device, after(7)) && is_over(&device, after(10)));
    // A minute of pause is over after the code is.
    assert!(is_over(&told(device, (503, "", Some("60"))).retry().unwrap(), after(0)));
    assert!(is_over(&started("1800", "1e300"), after(0)));
    assert!(is_over(&started("0", "1"), after(0)));
    assert!(is_over(&started("18446744073709551616", "5"), after(u64::MAX)));
}

#[test]
fn a_clock_that_steps_back_does_not_make_codes_immortal() {
    let device = device();
    let back = Timestamp::from_unix_seconds(1_600_000_000);
    assert!(is_over(&device, back));
    assert!(is_over(&device, back.with_monotonic(Duration::from_secs(1))));
    // With another clock the device goes on, as long as that one says.
    let mut device = device;
    device.state.pending.sent_at = START.with_monotonic(Duration::from_secs(100));
    assert!(!is_over(&device, back.with_monotonic(Duration::from_secs(1894))));
    assert!(is_over(&device, back.with_monotonic(Duration::from_secs(1895))));
    assert!(is_over(&device, after(1795).with_monotonic(Duration::from_secs(101))));
}

#[test]
fn neither_code_is_printed_or_repeated() {
    let device = device().parameter("api_key", "EXTRAMARK").unwrap();
    let printed = format!("{device:?} {device:#?} {:?}", device.pending());
    let failed = told(device, (400, "invalid_grant", None));
    let printed = format!("{printed} {failed:?} {failed} {failed:#} {:?}", failed.error());
    let failed = unanswered(self::device(), TransportErrorKind::Timeout);
    let printed = format!("{printed} {failed:?} {failed}");
    assert!(!printed.contains("MARK"), "{printed}");
    assert!(printed.contains("https://example.com/device") && printed.contains("[redacted]"));
}
