use core::time::Duration;

use super::*;
use crate::dialect::{BodyFormat, Dialect};
use crate::error::{Advice, ProtocolErrorKind};
use crate::exchange::Exchange;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token_type::TokenType;
use crate::tokens::AccessToken;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

fn client() -> Client {
    let dialect = Dialect { body: BodyFormat::Json, ..Dialect::default() };
    let provider = Provider::new("https://as.example.com/token".parse().unwrap())
        .with_revocation_endpoint("https://as.example.com/revoke".parse().unwrap())
        .with_dialect(dialect);
    Client::new("s6BhdRkqt3", Secret::new("gX1fBat3bV").unwrap(), provider).unwrap()
}

fn revocation() -> Revocation {
    client().revoke(&AccessToken::new("SECRETMARK").unwrap()).unwrap()
}

fn answer(response: Response<'_>) -> Result<(), Error> {
    Ok(revocation().receive(response, NOW)?)
}

fn authorized(tokens: &str) -> Flow<Authorized> {
    let client = client();
    let (id, endpoint) = (client.client_id(), client.provider().token_endpoint());
    let pinned = alloc::format!(r#""format":1,"client_id":"{id}","token_endpoint":"{endpoint}""#);
    let record = alloc::format!(r#"{{{pinned},"sent_at":0,{tokens}}}"#);
    client.resume(serde_json::from_str(&record).unwrap()).unwrap()
}

fn body(revocation: &Revocation) -> alloc::string::String {
    core::str::from_utf8(revocation.wire_request().body()).unwrap().into()
}

#[test]
fn the_request_is_a_form_whatever_the_token_endpoint_takes() {
    let revocation = revocation();
    let request = revocation.wire_request();
    assert_eq!(request.url(), "https://as.example.com/revoke");
    let headers: alloc::vec::Vec<_> = request.headers().collect();
    assert_eq!(headers[0], ("content-type", "application/x-www-form-urlencoded"));
    assert_eq!(headers[2], ("authorization", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"));
    assert_eq!(body(&revocation), "token=SECRETMARK&token_type_hint=access_token");
    assert!(revocation.may_repeat());
    assert_eq!(body(&revocation.without_hint()), "token=SECRETMARK");
}

#[test]
fn a_token_of_another_type_goes_without_a_hint() {
    let token = TypedToken::new("a b", TokenType::JWT).unwrap();
    assert_eq!(body(&client().revoke(token).unwrap()), "token=a+b");
}

#[test]
fn a_server_without_the_endpoint_is_not_asked() {
    let provider = Provider::new("https://as.example.com/token".parse().unwrap());
    let client = Client::public("app", provider).unwrap();
    let error = client.revoke(&AccessToken::new("t").unwrap()).unwrap_err();
    assert_eq!(error.field(), "revocation_endpoint");
}

#[test]
fn status_200_is_success_whatever_the_body() {
    for text in ["", "OK", "<html>bye</html>", "{}", r#"{"error":"x"}"#, "\u{fffd}\0["] {
        let plain = Response::new(200, text.as_bytes());
        assert!(answer(plain).is_ok(), "{text:?}");
        let odd = plain.with_header("content-type", b"text/html");
        let odd = odd.with_header("content-encoding", b"gzip");
        assert!(answer(odd).is_ok(), "{text:?}");
    }
    assert!(answer(Response::too_large(200, 1 << 20)).is_ok());
}

#[test]
fn what_the_server_cannot_end_is_told() {
    let refused = Response::new(400, br#"{"error":"unsupported_token_type"}"#);
    let error = answer(refused).unwrap_err();
    let Error::Refused(refusal) = &error else { panic!("{error:?}") };
    assert_eq!(refusal.code(), "unsupported_token_type");
    assert_eq!(error.advice(), Advice::FixConfiguration);
}

#[test]
fn a_busy_server_is_asked_again_when_it_wants() {
    let busy = Response::new(503, b"").with_header("retry-after", b"120");
    let failed = revocation().receive(busy, NOW).unwrap_err();
    assert!(matches!(failed.error(), Error::Unavailable(_)));
    assert_eq!(failed.advice(), Advice::RetryAfter(Duration::from_secs(120)));
    assert_eq!(body(&failed.retry().unwrap()), body(&revocation()));
}

#[test]
fn a_redirect_or_another_status_is_no_success() {
    for (status, redirect) in [(302, true), (307, true), (204, false), (202, false)] {
        let error = answer(Response::new(status, b"")).unwrap_err();
        let Error::Protocol(error) = &error else { panic!("{error:?}") };
        assert_eq!(error.status(), status);
        assert_eq!(*error.kind() == ProtocolErrorKind::Redirect, redirect, "{status}");
    }
    assert!(matches!(answer(Response::new(404, b"")), Err(Error::Unavailable(_))));
}

#[test]
fn a_logout_ends_the_refresh_token_where_there_is_one() {
    let both = authorized(r#""access_token":"at","refresh_token":"rt""#).revoke().unwrap();
    assert_eq!(body(&both), "token=rt&token_type_hint=refresh_token");
    let one = authorized(r#""access_token":"at""#).revoke().unwrap();
    assert_eq!(body(&one), "token=at&token_type_hint=access_token");
}

#[test]
fn the_token_is_neither_printed_nor_repeated() {
    let text = br#"{"error":"invalid_request","error_description":"what is SECRETMARK"}"#;
    let failed = revocation().receive(Response::new(400, text), NOW).unwrap_err();
    let printed = alloc::format!("{:?} {failed:?} {failed}", revocation());
    assert!(!printed.contains("SECRETMARK"), "{printed}");
}
