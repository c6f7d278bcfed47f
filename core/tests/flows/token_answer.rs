//! What an answer of the token endpoint becomes.

use std::time::Duration;

use grantflow::wire::Response;
use grantflow::{
    Deviation, Dialect, Error, Exchange, Flow, Origin, ProtocolErrorKind, Scope, Timestamp, Tokens,
    Validity,
};

use crate::scenario::{NOW, client, json, partners, requesting, scope};

fn read(body: &str) -> Result<Tokens, Error> {
    read_answer(json(200, body))
}

fn read_answer(response: Response<'_>) -> Result<Tokens, Error> {
    let flow = requesting(Dialect::default()).receive(response, NOW);
    flow.map(Flow::into_tokens).map_err(Error::from)
}

fn problem(result: Result<Tokens, Error>) -> ProtocolErrorKind {
    match result.unwrap_err() {
        Error::Protocol(error) => error.kind().clone(),
        other => panic!("{other:?}"),
    }
}

fn with(member: &str) -> String {
    format!(r#"{{"access_token":"t","token_type":"Bearer",{member}}}"#)
}

#[test]
fn an_answer_as_the_rfc_prints_it() {
    let tokens = read(
        r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"bEaReR","expires_in":3600,
            "refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"example_value"}"#,
    )
    .unwrap();
    assert_eq!(tokens.access_token().expose(), "2YotnFZFEjr1zCsicMWpAA");
    assert_eq!(tokens.access_token().authorization().expose(), "Bearer 2YotnFZFEjr1zCsicMWpAA");
    assert_eq!(tokens.lifetime(), Some(Duration::from_secs(3600)));
    assert_eq!(tokens.expires_at().unwrap().unix_seconds(), 1_700_003_600);
    assert_eq!(tokens.refresh_token().unwrap().expose(), "tGzv3JOkF0XG5Qx2TlKWIA");
    let extra: serde_json::Map<String, serde_json::Value> = tokens.extra().unwrap();
    assert_eq!(extra["example_parameter"], "example_value");
    assert!(!extra.contains_key("access_token"));
    assert!(tokens.deviations().is_empty());
}

#[test]
fn lifetimes_are_whole_seconds_zero_or_more() {
    for (text, seconds) in [
        ("0", 0),
        ("3600.0", 3600),
        ("36e2", 3600),
        ("59.99", 59),
        ("-0.0", 0),
        ("\"86400\"", 86_400),
    ] {
        let tokens = read(&with(&format!("\"expires_in\":{text}"))).unwrap();
        assert_eq!(tokens.lifetime(), Some(Duration::from_secs(seconds)), "{text}");
    }
    for text in ["9223372036854775807", "18446744073709551616", "1e300", "\"99999999999999999999\""]
    {
        let lifetime = read(&with(&format!("\"expires_in\":{text}"))).unwrap().lifetime().unwrap();
        assert_eq!(lifetime.as_secs(), 3_162_240_000, "{text}: a hundred years");
    }
    for text in ["-1", "-0.5", "true", "{}", "[]", "\"\"", "\"0x10\"", "\"-5\"", "\" 5\"", "\"5s\""]
    {
        let kind = problem(read(&with(&format!("\"expires_in\":{text}"))));
        assert!(
            matches!(kind, ProtocolErrorKind::InvalidField { field: "expires_in", .. }),
            "{text}: {kind}"
        );
    }
}

#[test]
fn null_and_empty_members_count_as_absent() {
    let tokens = read(&with(r#""refresh_token":"","scope":null,"expires_in":null"#)).unwrap();
    assert!(tokens.refresh_token().is_none());
    assert!(tokens.scope().is_empty());
    assert_eq!(tokens.lifetime(), None);
    assert_eq!(tokens.validity(NOW, Duration::ZERO), Validity::Unknown);
}

#[test]
fn what_is_not_a_token_answer_is_refused_by_name() {
    for (body, field) in [
        (r#"{"token_type":"Bearer"}"#, "access_token"),
        (r#"{"access_token":null,"token_type":"Bearer"}"#, "access_token"),
        (r#"{"access_token":"","token_type":"Bearer"}"#, "access_token"),
        (r#"{"access_token":7,"token_type":"Bearer"}"#, "access_token"),
        (r#"{"access_token":"a b","token_type":"Bearer"}"#, "access_token"),
        (r#"{"access_token":"a\r\nb","token_type":"Bearer"}"#, "access_token"),
        (r#"{"access_token":"ü","token_type":"Bearer"}"#, "access_token"),
        (r#"{"Access_Token":"t","token_type":"Bearer"}"#, "access_token"),
        (r#"{"access_token":"t"}"#, "token_type"),
        (r#"{"access_token":"t","token_type":["Bearer"]}"#, "token_type"),
        (r#"{"access_token":"t","token_type":"MAC"}"#, "token_type"),
        (r#"{"access_token":"t","token_type":"Bearer "}"#, "token_type"),
        (r#"{"access_token":"t","token_type":"Bearer","refresh_token":"a\nb"}"#, "refresh_token"),
        (r#"{"access_token":"t","token_type":"Bearer","refresh_token":5}"#, "refresh_token"),
        (r#"{"access_token":"t","token_type":"Bearer","scope":["a"]}"#, "scope"),
        (r#"{"access_token":"t","token_type":"Bearer","scope":"a\"b"}"#, "scope"),
        (r#"{"access_token":"t","token_type":"Bearer","error":{}}"#, "error"),
        (r#"{"access_token":"t","token_type":"Bearer","access_token":"u"}"#, "access_token"),
        (
            r#"{"access_token":"t","token_type":"Bearer","\u0065xpires_in":1,"expires_in":2}"#,
            "expires_in",
        ),
    ] {
        match read(body).unwrap_err() {
            Error::Protocol(error) => assert_eq!(error.field(), Some(field), "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn only_one_uncompressed_json_object_is_read() {
    let good = r#"{"access_token":"t","token_type":"Bearer"}"#;
    for body in ["", "[]", "null", "\"access_token\"", "<html>", &format!("{good} x")] {
        assert_eq!(problem(read(body)), ProtocolErrorKind::MalformedBody, "{body}");
    }
    let plain = || Response::new(200, good.as_bytes());
    for media_type in ["application/json", "APPLICATION/jSoN ; charset=\"utf-8\""] {
        assert!(read_answer(plain().with_header("content-type", media_type.as_bytes())).is_ok());
    }
    for media_type in
        ["text/html", "text/plain", "application/problem+json", "application/jsonx", ""]
    {
        let answer = plain().with_header("Content-Type", media_type.as_bytes());
        assert_eq!(problem(read_answer(answer)), ProtocolErrorKind::ContentType, "{media_type}");
    }
    let json = b"application/json";
    let twice = plain().with_header("content-type", json).with_header("Content-Type", json);
    let duplicate = ProtocolErrorKind::DuplicateHeader { name: "content-type" };
    assert_eq!(problem(read_answer(twice)), duplicate);
    let gzip = plain().with_header("content-type", json).with_header("content-encoding", b"gzip");
    assert_eq!(problem(read_answer(gzip)), ProtocolErrorKind::Encoding);
    let plain =
        plain().with_header("content-type", json).with_header("content-encoding", b"Identity");
    assert!(read_answer(plain).is_ok());
}

#[test]
fn harmless_slips_are_forgiven_and_reported() {
    let body = "\u{feff}{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":\"60\"}";
    let tokens = read_answer(Response::new(200, body.as_bytes())).unwrap();
    assert_eq!(
        tokens.deviations(),
        [Deviation::MissingContentType, Deviation::ByteOrderMark, Deviation::ExpiresInAsText]
    );
    let twice = format!("\u{feff}{body}");
    assert_eq!(
        problem(read_answer(Response::new(200, twice.as_bytes()))),
        ProtocolErrorKind::MalformedBody
    );
}

#[test]
fn a_dialect_forgives_what_it_names_and_no_other_does() {
    let body = r#"{"access_token":"t","scope":["a","b"]}"#;
    assert!(read(body).is_err());
    let mut dialect = Dialect::default();
    dialect.assume_bearer = true;
    dialect.scope_array = true;
    dialect.default_expires_in = Some(600);
    let tokens = requesting(dialect).receive(json(200, body), NOW).unwrap().into_tokens();
    assert_eq!(tokens.scope(), &scope("a b"));
    assert_eq!(tokens.lifetime(), Some(Duration::from_secs(600)));
    assert_eq!(
        tokens.deviations(),
        [Deviation::MissingTokenType, Deviation::MissingExpiresIn, Deviation::ScopeAsArray]
    );
}

#[test]
fn success_is_status_200_and_201_only_where_the_page_names_none() {
    let good = r#"{"access_token":"t","token_type":"Bearer"}"#;
    let [meed, flow_account, cover_genius] = partners();
    for (client, created) in [(meed, true), (flow_account, false), (cover_genius, true)] {
        let ask = |status| {
            client.client_credentials(Scope::default()).unwrap().receive(json(status, good), NOW)
        };
        assert!(ask(200).is_ok());
        assert_eq!(ask(201).is_ok(), created);
        for status in [202, 203, 204, 206, 299, 100] {
            assert!(ask(status).is_err(), "{status}");
        }
    }
    for status in [301, 302, 303, 307, 308] {
        assert_eq!(problem(read_answer(json(status, good))), ProtocolErrorKind::Redirect);
    }
}

#[test]
fn size_is_limited_before_anything_is_read() {
    let large =
        format!(r#"{{"access_token":"t","token_type":"Bearer","x":"{}"}}"#, "A".repeat(1 << 20));
    let limit = 1024 * 1024;
    assert_eq!(problem(read(&large)), ProtocolErrorKind::TooLarge { limit });
    let mut largest = with("\"expires_in\":60") + &" ".repeat(limit);
    largest.truncate(limit);
    assert!(read(&largest).is_ok());
    assert_eq!(
        problem(read_answer(Response::too_large(200, 9))),
        ProtocolErrorKind::TooLarge { limit: 9 }
    );
    let long = "a".repeat(64 * 1024);
    let tokens = read(&format!(r#"{{"access_token":"{long}","token_type":"Bearer"}}"#)).unwrap();
    assert_eq!(tokens.access_token().expose().len(), long.len());
}

#[test]
fn a_granted_scope_replaces_the_requested_one_and_a_difference_is_told() {
    let ask = |body| {
        let flow = client(Dialect::default()).client_credentials(scope("read write")).unwrap();
        flow.receive(json(200, body), NOW).unwrap().into_tokens()
    };
    let same = ask(r#"{"access_token":"t","token_type":"Bearer","scope":"write read"}"#);
    assert!(!same.scope_differs());
    let less = ask(r#"{"access_token":"t","token_type":"Bearer","scope":"read"}"#);
    assert!(less.scope_differs());
    assert_eq!(less.scope(), &scope("read"));
    let silent = ask(r#"{"access_token":"t","token_type":"Bearer"}"#);
    assert!(!silent.scope_differs());
    assert_eq!(silent.scope(), &scope("read write"));
}

#[test]
fn a_token_ages_from_when_its_request_was_sent_on_the_faster_clock() {
    let tokens = read(&with("\"expires_in\":100")).unwrap();
    let at = |seconds: u64| Timestamp::from_unix_seconds(1_700_000_000 + seconds);
    let margin = Duration::from_secs(10);
    assert_eq!(tokens.validity(at(89), margin), Validity::Valid);
    assert_eq!(tokens.validity(at(90), margin), Validity::RenewalDue);
    assert_eq!(tokens.validity(at(99), margin), Validity::RenewalDue);
    assert_eq!(tokens.validity(at(100), margin), Validity::Expired);
    // A clock that was set back knows nothing: better one token too many than one too old.
    assert_eq!(tokens.validity(Timestamp::from_unix_seconds(1), margin), Validity::Expired);
    // A margin is half the lifetime at most.
    assert_eq!(tokens.validity(at(49), Duration::from_secs(3600)), Validity::Valid);
    assert_eq!(tokens.validity(at(50), Duration::from_secs(3600)), Validity::RenewalDue);

    let sent = NOW.with_monotonic(Duration::from_secs(5));
    let flow = requesting(Dialect::default()).receive(json(200, &with("\"expires_in\":100")), sent);
    let tokens = flow.unwrap().into_tokens();
    let set_back = at(3).with_monotonic(Duration::from_secs(105));
    assert_eq!(tokens.validity(set_back, margin), Validity::Expired);
}

#[test]
fn a_token_goes_to_its_own_origins_over_tls_and_nowhere_else() {
    let tokens = read(&with("\"expires_in\":100")).unwrap();
    let allowed = ["https://api.example.com".parse::<Origin>().unwrap()];
    let request = |url: &str| http::Request::get(url).body(()).unwrap();

    let mut good = request("https://api.example.com/v1/sales");
    tokens.authorize(&mut good, &allowed).unwrap();
    assert_eq!(good.headers()["authorization"], "Bearer t");
    assert!(good.headers()["authorization"].is_sensitive());

    for url in ["https://evil.example/", "http://api.example.com/v1/sales", "/v1/sales"] {
        let mut other = request(url);
        assert!(tokens.authorize(&mut other, &allowed).is_err(), "{url}");
        assert!(other.headers().is_empty());
    }
    let mut fronted = request("https://api.example.com/v1/sales");
    fronted.headers_mut().insert("host", "evil.example".parse().unwrap());
    assert!(tokens.authorize(&mut fronted, &allowed).is_err());
    let error = tokens.authorize(&mut good, &allowed).unwrap_err();
    assert_eq!(error.field(), "authorization");
}
