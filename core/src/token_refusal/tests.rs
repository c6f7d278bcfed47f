//! Which answers refuse a token.

use alloc::format;
use alloc::vec;

use super::TokenVerdict::{InBody, NotRefused, Refused};
use super::*;

fn dialect(token_refusal: TokenRefusal) -> Dialect {
    Dialect { token_refusal, ..Dialect::default() }
}

/// The verdicts of `Header`, `HeaderOrBody` and `Status`.
fn verdicts(status: u16, lines: &[&str]) -> [TokenVerdict; 3] {
    [TokenRefusal::Header, TokenRefusal::HeaderOrBody, TokenRefusal::Status]
        .map(|kind| dialect(kind).token_verdict(status, lines.iter().map(|l| l.as_bytes())))
}

#[test]
fn each_kind_of_server_is_understood_and_only_a_refused_token_is_refused() {
    let silent = [NotRefused, InBody, Refused];
    let otherwise = [NotRefused, NotRefused, Refused];
    for (lines, expected) in [
        (&[r#"Bearer realm="a", error="invalid_token""#][..], [Refused; 3]),
        (&["bEaReR ERROR=invalid_token"], [Refused; 3]),
        (&[r#"Basic realm="a", Bearer error="invalid_token""#], [Refused; 3]),
        (&[r#"Basic realm="a""#, r#"Bearer error="invalid_token""#], [Refused; 3]),
        (&[r#"Bearer error="insufficient_scope""#], [NotRefused; 3]),
        (&[r#"Bearer error="insufficient_user_authentication", max_age=5"#], [NotRefused; 3]),
        (&[r#"Bearer error="invalid_request""#], otherwise),
        (&[r#"Bearer error="INVALID_TOKEN""#], otherwise),
        (&[r#"Bearer error="""#], otherwise),
        (&[], silent),
        (&[""], silent),
        (&["Bearer"], silent),
        (&[r#"Bearer realm="error=invalid_token""#], silent),
        (&[r#"Basic error="invalid_token""#], silent),
        (&[r#"DPoP error="insufficient_scope""#], silent),
    ] {
        assert_eq!(verdicts(401, lines), expected, "{lines:?}");
    }
}

#[cfg(feature = "http")]
#[test]
fn a_body_that_is_not_json_has_nothing_to_tell() {
    let answer = |content_type: Option<&str>| {
        let answer = http::Response::builder().status(401);
        match content_type {
            Some(value) => answer.header("content-type", value).body(()).unwrap(),
            None => answer.body(()).unwrap(),
        }
    };
    let verdict = |content_type| Dialect::default().verdict_on(&answer(content_type));
    for json in ["application/json", "Application/JSON ; charset=utf-8", "application/problem+json"]
    {
        assert_eq!(verdict(Some(json)), InBody, "{json}");
    }
    assert_eq!(verdict(None), InBody);
    for other in ["text/html", "text/plain; x=application/json", "application/jsonx", ""] {
        assert_eq!(verdict(Some(other)), NotRefused, "{other}");
    }
    let refused = ["Bearer", r#"Bearer error="invalid_token""#];
    let mut answer = answer(Some("text/html"));
    for line in refused {
        answer.headers_mut().append("www-authenticate", line.parse().unwrap());
    }
    assert_eq!(Dialect::default().verdict_on(&answer), Refused);
}

#[test]
fn of_several_bearer_challenges_one_that_refuses_is_enough() {
    let (refused, narrow) = (r#"Bearer error="invalid_token""#, "Bearer error=insufficient_scope");
    for lines in [vec![refused, narrow], vec![narrow, refused], vec!["Bearer", refused]] {
        assert_eq!(verdicts(401, &lines), [Refused; 3], "{lines:?}");
    }
    let joined = format!("{narrow}, {refused}");
    assert_eq!(verdicts(401, &[&joined]), [Refused; 3]);
    assert_eq!(verdicts(401, &["Bearer error=invalid_request", narrow]), [NotRefused; 3]);
}

#[test]
fn a_malformed_line_is_passed_over_and_the_others_count() {
    let broken = r#"Bearer error="invalid_token"#;
    assert_eq!(verdicts(401, &[broken]), [NotRefused, InBody, Refused]);
    let narrow = "Bearer error=insufficient_scope";
    assert_eq!(verdicts(401, &[broken, narrow]), [NotRefused; 3]);
    let refused = r#"Bearer error="invalid_token""#;
    assert_eq!(verdicts(401, &[broken, refused]), [Refused; 3]);
    assert_eq!(verdicts(401, &[refused, broken]), [Refused; 3]);
}

#[test]
fn an_error_that_comes_twice_is_no_error() {
    for twice in ["invalid_token", "insufficient_scope"] {
        let line = format!("Bearer error=invalid_token, Error={twice}");
        assert_eq!(verdicts(401, &[&line]), [NotRefused, InBody, Refused], "{line}");
    }
}

#[test]
fn no_other_status_refuses_a_token() {
    for status in [0, 200, 204, 302, 400, 402, 403, 407, 500, 503] {
        let line = r#"Bearer error="invalid_token""#;
        assert_eq!(verdicts(status, &[line]), [NotRefused; 3], "{status}");
        assert_eq!(verdicts(status, &[]), [NotRefused; 3], "{status}");
    }
}

#[test]
fn a_body_refuses_by_its_error_and_by_nothing_else() {
    for body in [
        r#"{"error":"invalid_token"}"#,
        "\u{feff}{\"error\":\"invalid_token\"}",
        r#" {"message":"expired","\u0065rror":"invalid_token","x":[{"error":1}]} "#,
    ] {
        assert!(TokenVerdict::is_refused_in(body.as_bytes()), "{body}");
    }
    for body in [
        "",
        "invalid_token",
        r#""invalid_token""#,
        r#"["invalid_token"]"#,
        r#"{"error":"invalid_client"}"#,
        r#"{"error":["invalid_token"]}"#,
        r#"{"error":null}"#,
        r#"{"Error":"invalid_token"}"#,
        r#"{"message":"invalid_token"}"#,
        r#"{"error":{"error":"invalid_token"}}"#,
        r#"{"error":"invalid_token"} {}"#,
        r#"{"error":"invalid_token","error":"invalid_token"}"#,
        r#"{"error":"invalid_token","\u0065rror":"x"}"#,
        "error=invalid_token",
        "\u{feff}\u{feff}{\"error\":\"invalid_token\"}",
    ] {
        assert!(!TokenVerdict::is_refused_in(body.as_bytes()), "{body}");
    }
}

#[test]
fn a_body_that_is_nested_too_deep_refuses_nothing() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"error":"invalid_token","x":{open}{close}}}"#)
    };
    assert!(TokenVerdict::is_refused_in(nested(127).as_bytes()));
    assert!(!TokenVerdict::is_refused_in(nested(128).as_bytes()));
    assert!(!TokenVerdict::is_refused_in(nested(100_000).as_bytes()));
}

#[test]
fn a_file_says_how_its_server_refuses() {
    for (name, kind) in [
        ("header", TokenRefusal::Header),
        ("header_or_body", TokenRefusal::HeaderOrBody),
        ("status", TokenRefusal::Status),
    ] {
        let file = format!(r#"{{"token_refusal":"{name}"}}"#);
        assert_eq!(serde_json::from_str::<Dialect>(&file).unwrap(), dialect(kind));
    }
    assert_eq!(Dialect::default().token_refusal, TokenRefusal::HeaderOrBody);
}
