use super::*;
use crate::error::{ProtocolError, ProtocolErrorKind};
use crate::exchange::Exchange;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::tokens::AccessToken;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

fn provider() -> Provider {
    Provider::new("https://as.example.com/token".parse().unwrap())
        .with_introspection_endpoint("https://as.example.com/introspect".parse().unwrap())
}

fn introspection() -> Introspection {
    let client = Client::new("api", Secret::new("s3cr3t-s3cr3t").unwrap(), provider()).unwrap();
    client.introspect(&AccessToken::new("SECRETMARK").unwrap()).unwrap()
}

fn answer_as(content_type: &str, body: &str) -> Result<Option<ActiveToken>, Error> {
    let response = Response::new(200, body.as_bytes());
    let response = response.with_header("content-type", content_type.as_bytes());
    Ok(introspection().receive(response, NOW)?)
}

fn active(body: &str) -> ActiveToken {
    answer_as("application/json", body).unwrap().unwrap()
}

fn problem(result: Result<Option<ActiveToken>, Error>) -> ProtocolError {
    match result.unwrap_err() {
        Error::Protocol(error) => error,
        other => panic!("{other:?}"),
    }
}

fn field(body: &str) -> Option<&'static str> {
    problem(answer_as("application/json", body)).field()
}

#[test]
fn a_client_without_a_secret_may_not_look_tokens_up() {
    let token = AccessToken::new("t").unwrap();
    let public = Client::public("app", provider()).unwrap();
    assert_eq!(public.introspect(&token).unwrap_err().field(), "client_secret");
    let provider = Provider::new("https://as.example.com/token".parse().unwrap());
    let client = Client::new("api", Secret::new("s").unwrap(), provider).unwrap();
    assert_eq!(client.introspect(&token).unwrap_err().field(), "introspection_endpoint");
}

#[test]
fn the_token_is_posted_with_the_clients_credentials_and_never_in_the_url() {
    let introspection = introspection();
    let request = introspection.wire_request();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.url(), "https://as.example.com/introspect");
    assert!(request.headers().any(|(name, _)| name == "authorization"));
    assert_eq!(request.body(), b"token=SECRETMARK&token_type_hint=access_token");
    let bare = introspection.without_hint();
    assert_eq!(bare.wire_request().body(), b"token=SECRETMARK");
}

#[test]
fn the_rfcs_example_is_read_to_its_end() {
    let token = active(
        r#"{"active":true,"client_id":"l238j323ds-23ij4","username":"jdoe",
            "scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis",
            "aud":"https://protected.example.net/resource","exp":1419356238,
            "extension_field":"twenty-seven"}"#,
    );
    assert_eq!(token.scope().tokens().count(), 3);
    assert_eq!(token.audience(), ["https://protected.example.net/resource"]);
    assert_eq!(token.expires_at().unwrap().unix_seconds(), 1_419_356_238);
    assert_eq!(token.key_thumbprint(), None);
    let extra = token.extra::<Value>().unwrap();
    assert_eq!(extra["extension_field"], "twenty-seven");
    assert_eq!(extra["username"], "jdoe");
}

#[test]
fn a_list_of_audiences_a_fraction_of_a_second_and_a_key_are_read() {
    let token =
        active(r#"{"active":true,"aud":["a","b"],"exp":1710223631.577478,"cnf":{"jkt":"0ZcO-_"}}"#);
    assert_eq!(token.audience(), ["a", "b"]);
    let exp = token.expires_at().unwrap().since_unix_epoch();
    assert_eq!((exp.as_secs(), exp.subsec_millis()), (1_710_223_631, 577));
    assert_eq!(token.key_thumbprint(), Some("0ZcO-_"));
    let forever = active(r#"{"active":true,"exp":1e300,"aud":null,"scope":"","cnf":null}"#);
    assert_eq!(forever.expires_at().unwrap().unix_seconds(), u64::MAX);
    assert!(forever.audience().is_empty() && forever.scope().is_empty());
}

#[test]
fn an_inactive_token_says_nothing_else() {
    let body = r#"{"active":false,"scope":"admin","sub":"jdoe","aud":7,"cnf":7}"#;
    assert!(answer_as("application/json", body).unwrap().is_none());
}

#[test]
fn only_a_boolean_says_whether_a_token_is_active() {
    for body in ["\"true\"", "1", "[true]", "{}", "\"\""] {
        let body = alloc::format!(r#"{{"active":{body}}}"#);
        assert_eq!(field(&body), Some("active"), "{body}");
    }
    for body in [r#"{"sub":"x"}"#, r#"{"active":null}"#, r#"{"Active":true}"#] {
        let error = problem(answer_as("application/json", body));
        assert_eq!(*error.kind(), ProtocolErrorKind::MissingField { field: "active" });
    }
    assert_eq!(field(r#"{"active":false,"active":true}"#), Some("active"));
}

#[test]
fn a_member_of_the_wrong_kind_is_not_guessed_at() {
    for (member, name) in [
        (r#""aud":7"#, "aud"),
        (r#""aud":["a",7]"#, "aud"),
        (r#""exp":"1419356238""#, "exp"),
        (r#""exp":-1"#, "exp"),
        (r#""scope":["a"]"#, "scope"),
        (r#""cnf":"jkt""#, "cnf"),
        (r#""cnf":{"jkt":7}"#, "cnf"),
        (r#""cnf":{"jkt":null}"#, "cnf"),
        (r#""cnf":{"jkt":""}"#, "cnf"),
    ] {
        let body = alloc::format!(r#"{{"active":true,{member}}}"#);
        assert_eq!(field(&body), Some(name), "{body}");
    }
}

#[test]
fn a_signed_answer_that_nobody_asked_for_is_refused() {
    let signed = answer_as("application/token-introspection+jwt", "eyJ.e30.c2ln");
    assert_eq!(*problem(signed).kind(), ProtocolErrorKind::ContentType);
    let disguised = answer_as("application/json", "eyJ.e30.c2ln");
    assert_eq!(*problem(disguised).kind(), ProtocolErrorKind::MalformedBody);
}

#[test]
fn neither_the_token_nor_what_the_server_knows_of_it_is_printed() {
    let token = active(r#"{"active":true,"sub":"SECRETMARK","aud":"SECRETMARK"}"#);
    let body = br#"{"error":"invalid_request","error_description":"SECRETMARK what"}"#;
    let failed = introspection().receive(Response::new(400, body), NOW).unwrap_err();
    let printed = alloc::format!("{token:?} {:?} {failed:?} {failed}", introspection());
    assert!(!printed.contains("SECRETMARK"), "{printed}");
}
