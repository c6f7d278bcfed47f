use alloc::format;
use alloc::string::ToString;

use super::*;
use crate::client::Client;
use crate::dialect::{ClientAuth, Dialect};
use crate::entropy::Entropy;
use crate::error::{Advice, ConfigurationErrorKind, ProtocolErrorKind};
use crate::provider::Provider;
use crate::secret::Secret;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
const STATE: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
const ANSWER: &str = r#"{"request_uri":"urn:ietf:params:oauth:request_uri:6esc","expires_in":60}"#;

fn provider() -> Provider {
    Provider::new("https://as.example.com/token".parse().unwrap())
        .with_authorization_endpoint("https://as.example.com/login?tenant=a".parse().unwrap())
}

fn login_of(auth: Option<ClientAuth>, provider: Provider) -> Flow<AwaitingCallback> {
    let dialect = Dialect { client_auth: auth.unwrap_or(ClientAuth::Post), ..Dialect::default() };
    let provider = provider.with_dialect(dialect);
    let client = match auth {
        None => Client::public("app", provider),
        Some(_) => Client::new("app", Secret::new("s3cr3t-s3cr3t").unwrap(), provider),
    };
    let (uri, entropy) = ("https://app.example/cb".parse().unwrap(), Entropy::from_bytes([7; 64]));
    client.unwrap().authorization_code(uri, "read write".parse().unwrap(), entropy, NOW).unwrap()
}

fn login(auth: Option<ClientAuth>) -> Flow<AwaitingCallback> {
    let endpoint = "https://as.example.com/par".parse().unwrap();
    login_of(auth, provider().with_pushed_authorization_request_endpoint(endpoint))
}

fn pushing() -> Flow<Pushing> {
    login(Some(ClientAuth::Basic)).push().unwrap()
}

fn answer(status: u16, body: &str) -> Result<Flow<Pushed>, Failed<Flow<Pushing>>> {
    let response = Response::new(status, body.as_bytes());
    pushing().receive(response.with_header("content-type", b"application/json"), NOW)
}

fn later(seconds: u64) -> Timestamp {
    NOW.saturating_add(Duration::from_secs(seconds))
}

#[test]
fn all_that_the_url_would_have_is_pushed_with_the_clients_proof() {
    let own = format!(
        "response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb\
         &scope=read+write&state={STATE}\
         &code_challenge=3Ev4DHdHPRMPoN6GukAY_pi7IUAF5qWJHRK6kURvnoE&code_challenge_method=S256"
    );
    for (auth, proof, header) in [
        (Some(ClientAuth::Basic), "", Some("Basic YXBwOnMzY3IzdC1zM2NyM3Q=")),
        (Some(ClientAuth::Post), "&client_secret=s3cr3t-s3cr3t", None),
        (None, "", None),
    ] {
        let pushing = login(auth).form_post().parameter("prompt", "login").unwrap().push().unwrap();
        let request = pushing.wire_request();
        assert_eq!(request.url(), "https://as.example.com/par");
        let body = core::str::from_utf8(request.body()).unwrap();
        assert_eq!(body, format!("{own}&response_mode=form_post{proof}&prompt=login"), "{auth:?}");
        let mut headers = request.headers();
        assert_eq!(headers.next(), Some(("content-type", "application/x-www-form-urlencoded")));
        let authorization = headers.find(|(name, _)| *name == "authorization");
        assert_eq!(authorization.map(|(_, value)| value), header);
        drop(headers);
        assert!(pushing.may_repeat());
    }
}

#[test]
fn a_reference_cannot_be_pushed_itself() {
    for name in ["request_uri", "request"] {
        assert!(login(None).parameter(name, "urn:a").is_err());
    }
}

#[test]
fn a_server_without_the_endpoint_gives_the_login_back() {
    let failed = login_of(None, provider()).push().unwrap_err();
    assert!(failed.to_string().contains("pushed_authorization_request_endpoint"), "{failed}");
    assert!(
        failed.retry().unwrap().authorization_url().unwrap().as_str().contains("code_challenge=")
    );
}

#[test]
fn the_browser_carries_the_reference_and_nothing_else() {
    let pushed = answer(201, ANSWER).unwrap();
    assert_eq!(pushed.request_uri(), "urn:ietf:params:oauth:request_uri:6esc");
    assert_eq!(pushed.lifetime(), Duration::from_secs(60));
    let (url, login) = pushed.authorization_url(later(59)).unwrap();
    assert_eq!(
        url.as_str(),
        "https://as.example.com/login?tenant=a&client_id=app\
         &request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc"
    );
    // The back door is shut: neither the reference again nor what it stands for.
    assert_eq!(login.authorization_url().unwrap_err().field(), "request_uri");
    // State and PKCE are in force all the same.
    let failed = login.callback("https://app.example/cb?code=c&state=other", NOW).unwrap_err();
    let login = failed.retry().unwrap();
    let callback = format!("https://app.example/cb?code=c&state={STATE}");
    let exchanging = login.callback(&callback, NOW).unwrap();
    let request = exchanging.wire_request();
    assert!(core::str::from_utf8(request.body()).unwrap().contains("code_verifier="));
}

#[test]
fn a_reference_that_is_over_is_not_given_out() {
    let before = Timestamp::from_unix_seconds(1_699_999_999);
    for now in [later(60), later(u64::MAX / 2), before] {
        let failed = answer(201, ANSWER).unwrap().authorization_url(now).unwrap_err();
        assert!(matches!(failed.error(), Error::Callback(CallbackError::Expired)));
        assert_eq!(failed.advice(), Advice::Reauthorize);
        assert!(failed.retry().is_err());
    }
}

#[test]
fn only_status_201_created_anything() {
    for status in [200, 202, 204] {
        let failed = answer(status, ANSWER).unwrap_err();
        let Error::Protocol(error) = failed.error() else { panic!("{failed:?}") };
        let expected = ProtocolErrorKind::UnexpectedStatus { expected: 201, created: false };
        assert_eq!(*error.kind(), expected);
    }
}

#[test]
fn what_is_forgiven_is_told() {
    let untyped = pushing().receive(Response::new(201, ANSWER.as_bytes()), NOW).unwrap();
    assert_eq!(untyped.deviations(), [Deviation::MissingContentType]);
    assert!(answer(201, ANSWER).unwrap().deviations().is_empty());
}

#[test]
fn an_answer_without_a_usable_reference_is_refused() {
    for (body, field) in [
        (r#"{"expires_in":60}"#, "request_uri"),
        (r#"{"request_uri":null,"expires_in":60}"#, "request_uri"),
        (r#"{"request_uri":"","expires_in":60}"#, "request_uri"),
        (r#"{"request_uri":7,"expires_in":60}"#, "request_uri"),
        (r#"{"request_uri":"urn:a\r\n","expires_in":60}"#, "request_uri"),
        (r#"{"request_uri":"urn:a","request_uri":"urn:b","expires_in":60}"#, "request_uri"),
        (r#"{"request_uri":"urn:a"}"#, "expires_in"),
        (r#"{"request_uri":"urn:a","expires_in":0}"#, "expires_in"),
        (r#"{"request_uri":"urn:a","expires_in":-1}"#, "expires_in"),
        (r#"{"request_uri":"urn:a","expires_in":1.5}"#, "expires_in"),
        (r#"{"request_uri":"urn:a","expires_in":"60"}"#, "expires_in"),
    ] {
        let failed = answer(201, body).unwrap_err();
        let Error::Protocol(error) = failed.error() else { panic!("{failed:?}") };
        assert_eq!(error.field(), Some(field), "{body}");
    }
    let long = r#"{"request_uri":"urn:a","expires_in":18446744073709551615}"#;
    let pushed = answer(201, long).unwrap();
    assert_eq!(pushed.lifetime(), Duration::from_secs(100 * 366 * 24 * 60 * 60));
}

#[test]
fn a_refused_push_says_what_the_server_says() {
    let body = format!(
        r#"{{"error":"invalid_request","error_description":"redirect_uri of {STATE} is bad"}}"#
    );
    let failed = answer(400, &body).unwrap_err();
    let Error::Refused(refusal) = failed.error() else { panic!("{failed:?}") };
    assert_eq!((refusal.code(), refusal.status()), ("invalid_request", Some(400)));
    assert_eq!(refusal.error_description(), Some("redirect_uri of [redacted] is bad"));
    let login = login(None).parameter("login_hint", "somebody@a.example").unwrap();
    let body = br#"{"error":"access_denied","error_description":"not somebody@a.example"}"#;
    let failed = login.push().unwrap().receive(Response::new(400, body), NOW).unwrap_err();
    assert!(!failed.to_string().contains("somebody"), "{failed}");
    let busy = answer(503, "").unwrap_err();
    let again = busy.retry().unwrap();
    assert_eq!(again.wire_request().body(), pushing().wire_request().body());
}

#[test]
fn neither_the_reference_nor_the_state_is_printed() {
    let pushed = answer(201, ANSWER).unwrap();
    let printed = format!("{:?} {pushed:?} {pushed:#?}", pushing());
    assert!(!printed.contains("6esc") && !printed.contains(STATE), "{printed}");
    assert!(printed.contains("lifetime: 60s"), "{printed}");
    let (url, _) = pushed.authorization_url(NOW).unwrap();
    assert_eq!(format!("{url:?}"), "AuthorizationUrl(https://as.example.com/login?[redacted])");
}

#[test]
fn a_server_that_insists_on_it_gets_no_login_in_another_way() {
    let endpoint = "https://as.example.com/par".parse().unwrap();
    let provider = provider().with_pushed_authorization_request_endpoint(endpoint);
    let login = login_of(None, provider.with_pushed_authorization_requests_only());
    let kind = login.authorization_url().unwrap_err().kind();
    assert_eq!(kind, ConfigurationErrorKind::PushRequired);
    assert!(login.push().is_ok());
}
