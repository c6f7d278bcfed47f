use alloc::borrow::ToOwned;
use alloc::string::ToString;

use super::*;
use crate::dialect::Dialect;
use crate::error::{Advice, ProtocolError};
use crate::provider::Provider;
use crate::wire::Response;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

fn exchange() -> TokenExchange {
    let provider = Provider::new("https://as.example.com/token".parse().unwrap());
    let client = Client::public("app", provider).unwrap();
    let subject = TypedToken::new("SECRETMARK-subject", TokenType::SAML2).unwrap();
    client.token_exchange(subject, Scope::default())
}

fn answer(body: &str) -> Result<ExchangedToken, Error> {
    let response = Response::new(200, body.as_bytes());
    Ok(exchange().receive(response.with_header("content-type", b"application/json"), NOW)?)
}

fn problem(body: &str) -> ProtocolError {
    match answer(body).unwrap_err() {
        Error::Protocol(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_that_can_be_asked_for_is_asked_for_in_the_registered_words() {
    let actor = TypedToken::new("actor", TokenType::JWT).unwrap();
    let exchange = TokenExchange { scope: "read write".parse().unwrap(), ..exchange() };
    let exchange = exchange.actor(actor).requested_token_type(TokenType::ID_TOKEN);
    let exchange = exchange.audience("cooperation").unwrap().audience("b").unwrap();
    let exchange = exchange.resource("https://a.example/").unwrap().resource("urn:b").unwrap();
    assert_eq!(
        core::str::from_utf8(exchange.wire_request().body()).unwrap(),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
         &subject_token=SECRETMARK-subject\
         &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Asaml2\
         &actor_token=actor\
         &actor_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt\
         &requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token\
         &scope=read+write&client_id=app&audience=cooperation&audience=b\
         &resource=https%3A%2F%2Fa.example%2F&resource=urn%3Ab"
    );
    assert!(!exchange.may_repeat());
}

#[test]
fn no_token_goes_without_its_type() {
    for name in OWN {
        assert!(exchange().parameter(name, "x").is_err(), "{name}");
    }
    let failed = exchange().parameter("a", "1").unwrap().parameter("actor_token", "x").unwrap_err();
    assert!(failed.to_string().starts_with("actor_token"), "{failed}");
    assert!(failed.retry().unwrap().parameter("a", "2").is_err());
    assert!(TypedToken::new("", TokenType::JWT).is_err());
    assert!("access_token".parse::<TokenType>().is_err());
    assert!(exchange().audience("").is_err());
    assert!(exchange().resource("backend").is_err());
}

#[cfg(feature = "http")]
#[test]
fn fields_of_a_type_are_added_and_its_own_parameters_are_not_among_them() {
    let body = |exchange: &TokenExchange| {
        core::str::from_utf8(exchange.wire_request().body()).unwrap().to_owned()
    };
    let more = exchange().extra(&serde_json::json!({"tenant": "a b", "level": 2})).unwrap();
    assert_eq!(body(&more).strip_prefix(&body(&exchange())).unwrap(), "&level=2&tenant=a+b");
    for format in [BodyFormat::Form, BodyFormat::Json] {
        let dialect = Dialect { body: format, ..Dialect::default() };
        let provider = Provider::new("https://as.example.com/token".parse().unwrap());
        let client = Client::public("app", provider.with_dialect(dialect)).unwrap();
        for name in OWN {
            let exchange = TokenExchange { client: client.clone(), ..exchange() };
            let before = body(&exchange);
            let failed = exchange.extra(&serde_json::json!({"a": 1, *name: 1})).unwrap_err();
            assert_eq!(body(&failed.retry().unwrap()), before, "{name}");
        }
    }
}

#[test]
fn a_bearer_token_is_given_out_as_one() {
    let exchanged = answer(
        r#"{"access_token":"t","token_type":"bearer","expires_in":60,"scope":"a",
            "issued_token_type":"urn:ietf:params:oauth:token-type:access_token","x":1}"#,
    )
    .unwrap();
    assert_eq!(exchanged.issued_token_type(), &TokenType::ACCESS_TOKEN);
    assert_eq!(exchanged.expires_at().unwrap().unix_seconds(), 1_700_000_060);
    assert_eq!(exchanged.bearer().unwrap().access_token().expose(), "t");
    assert_eq!(exchanged.typed().hint(), "access_token");
    assert_eq!(exchanged.into_bearer().unwrap().scope().as_str(), "a");
}

#[test]
fn a_token_that_is_not_for_an_api_cannot_be_sent_to_one() {
    let exchanged = answer(
        r#"{"access_token":"PHNhbWw","token_type":"N_A",
            "issued_token_type":"urn:ietf:params:oauth:token-type:saml2"}"#,
    )
    .unwrap();
    assert!(exchanged.bearer().is_none());
    assert_eq!(exchanged.expose(), "PHNhbWw");
    assert_eq!(exchanged.typed().token_type, TokenType::SAML2);
    assert!(exchanged.into_bearer().is_none());
}

#[test]
fn elsewhere_a_token_without_use_is_refused() {
    let client = exchange().client;
    let grant = client.extension_grant("partner_token", Scope::default()).unwrap();
    let response = Response::new(200, br#"{"access_token":"t","token_type":"N_A"}"#);
    let error = grant.receive(response, NOW).unwrap_err().into_error();
    assert!(matches!(error, Error::Protocol(error) if error.field() == Some("token_type")));
}

#[test]
fn an_answer_that_does_not_say_what_it_issued_is_refused() {
    for (body, field) in [
        (r#"{"access_token":"t","token_type":"N_A"}"#, "issued_token_type"),
        (r#"{"access_token":"t","token_type":"N_A","issued_token_type":1}"#, "issued_token_type"),
        (
            r#"{"access_token":"t","token_type":"N_A","issued_token_type":"jwt"}"#,
            "issued_token_type",
        ),
        (r#"{"access_token":"t","token_type":"mac","issued_token_type":"urn:a"}"#, "token_type"),
        (r#"{"token_type":"N_A","issued_token_type":"urn:a"}"#, "access_token"),
    ] {
        assert_eq!(problem(body).field(), Some(field), "{body}");
    }
}

#[test]
fn a_refused_target_is_told_apart_and_no_token_is_repeated() {
    let body = br#"{"error":"invalid_target",
        "error_description":"SECRETMARK-subject for SECRETMARK-actor with SECRETMARK-extra no"}"#;
    let actor = TypedToken::new("SECRETMARK-actor", TokenType::JWT).unwrap();
    let exchange = exchange().actor(actor).parameter("api_key", "SECRETMARK-extra").unwrap();
    let error = exchange.receive(Response::new(400, body), NOW).unwrap_err().into_error();
    let Error::Refused(refusal) = &error else { panic!("{error:?}") };
    assert_eq!(refusal.code(), "invalid_target");
    assert_eq!(refusal.error_description(), Some("[redacted] for [redacted] with [redacted] no"));
    assert_eq!(error.advice(), Advice::FixConfiguration);
}

#[test]
fn nothing_that_holds_a_token_prints_it() {
    let issued = r#"{"access_token":"SECRETMARK","token_type":"N_A","issued_token_type":"urn:a",
                     "refresh_token":"SECRETMARK","x":"SECRETMARK"}"#;
    let issued = answer(issued).unwrap();
    let printed = alloc::format!("{:?} {issued:?} {:?}", exchange(), issued.typed());
    assert!(!printed.contains("SECRETMARK"), "{printed}");
}
