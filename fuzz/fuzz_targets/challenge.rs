//! Any bytes are a `WWW-Authenticate` field: what is read of it can be written and read again, and
//! fields that proxies join are still the same challenges. Any body behind it refuses a token or not.
#![no_main]

use std::collections::BTreeSet;

use grantflow::{Challenge, Dialect, TokenRefusal, TokenVerdict};
use grantflow_fuzz::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let choice = input.byte();
    let (one, other, body) = (input.part(), input.part(), input.rest());
    let both = [Challenge::parse(one), Challenge::parse(other)];
    let read: Vec<Challenge> = both.iter().flatten().flatten().cloned().collect();
    for challenge in &read {
        check(challenge);
    }
    check_verdict(choice, [one, other], &read, body);

    let text = read.iter().map(written).collect::<Vec<_>>().join(", ");
    let again = Challenge::parse(text.as_bytes()).unwrap();
    assert!(again.iter().map(parts).eq(read.iter().map(parts)), "{again:?} is not {read:?}");
    if both.iter().all(Result::is_ok) {
        let joined = [one, b", ", other].concat();
        assert_eq!(Challenge::parse(&joined).unwrap(), read);
    }
    for challenge in &read {
        check_twice(challenge);
    }
    for error in both.iter().filter_map(|read| read.as_ref().err()) {
        assert!(error.to_string().is_ascii());
    }
});

/// One challenge that refuses the token is enough; a body counts where no Bearer challenge says why.
fn check_verdict(choice: u8, lines: [&[u8]; 2], read: &[Challenge], body: &[u8]) {
    let mut dialect = Dialect::default();
    dialect.token_refusal = match choice & 3 {
        0 => TokenRefusal::Header,
        1 => TokenRefusal::Status,
        _ => TokenRefusal::HeaderOrBody,
    };
    let verdict = dialect.token_verdict(401, lines);
    let errors = read.iter().filter(|it| it.scheme() == "bearer").filter_map(Challenge::error);
    let errors: Vec<&str> = errors.collect();
    let refuses = errors.contains(&"invalid_token");
    match verdict {
        TokenVerdict::Refused => {
            assert!(refuses || choice & 3 == 1);
        }
        TokenVerdict::InBody => assert!(errors.is_empty() && choice & 2 != 0),
        TokenVerdict::NotRefused => {
            assert!(!refuses && (choice & 3 == 0 || !errors.is_empty()));
        }
    }
    if TokenVerdict::is_refused_in(body) {
        let text = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        let read: serde_json::Value = serde_json::from_slice(text).unwrap();
        assert_eq!(read["error"], "invalid_token");
    }
    let status = if choice & 4 == 0 { 401 } else { 403 };
    let mut answer = http::Response::builder().status(status);
    for line in lines {
        let Ok(value) = http::HeaderValue::from_bytes(line) else { return };
        answer = answer.header("www-authenticate", value);
    }
    if let Ok(value) = http::HeaderValue::from_bytes(body) {
        answer = answer.header("content-type", value);
    }
    let answer = answer.body(()).unwrap();
    assert_eq!(Challenge::in_headers(answer.headers()), read);
    match (dialect.verdict_on(&answer), verdict) {
        (TokenVerdict::NotRefused, TokenVerdict::InBody) => {}
        (TokenVerdict::NotRefused, _) if status == 403 => {}
        (one, other) => assert_eq!(one, other),
    }
}

fn check(challenge: &Challenge) {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        !name.is_empty() && bytes.all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase())
    };
    assert!(is_name(challenge.scheme()));
    let params: BTreeSet<&str> = challenge.params().map(|(name, _)| name).collect();
    let ambiguous: BTreeSet<&str> = challenge.ambiguous().collect();
    assert!(params.iter().chain(&ambiguous).all(|name| is_name(name)));
    assert!(params.is_disjoint(&ambiguous));
    assert_eq!(params.len(), challenge.params().count());
    assert_eq!(ambiguous.len(), challenge.ambiguous().count());
    for (name, value) in challenge.params() {
        assert_eq!(challenge.param(&name.to_uppercase()), Some(value));
        assert!(!value.chars().any(|c| c.is_ascii_control() && c != '\t'));
    }
    assert!(ambiguous.iter().all(|name| challenge.param(name).is_none()));
    assert!(challenge.token68().is_none() || params.is_empty() && ambiguous.is_empty());
    assert!(!format!("{challenge:?}").chars().any(char::is_control));
    assert_eq!(challenge.error(), challenge.param("error"));
    assert_eq!(challenge.error_description(), challenge.param("error_description"));
    let scope = challenge.scope().is_none_or(|scope| {
        challenge.param("scope").unwrap().split(' ').filter(|it| !it.is_empty()).eq(scope.tokens())
    });
    assert!(scope);
}

/// A parameter that comes once more could mean either.
fn check_twice(challenge: &Challenge) {
    for (name, _) in challenge.params().take(3) {
        let text = format!("{}, {}=again", written(challenge), name.to_uppercase());
        let again = Challenge::parse(text.as_bytes()).unwrap();
        assert_eq!(again.len(), 1);
        assert!(again[0].param(name).is_none() && again[0].ambiguous().any(|it| it == name));
    }
}

type Parts<'a> = (&'a str, Option<&'a str>, Vec<(&'a str, &'a str)>, Vec<&'a str>);

/// What a challenge says; which of the parameters came first among all means nothing.
fn parts(challenge: &Challenge) -> Parts<'_> {
    let (params, ambiguous) = (challenge.params().collect(), challenge.ambiguous().collect());
    (challenge.scheme(), challenge.token68(), params, ambiguous)
}

/// The challenge with every value in quotes, and twice without one what is ambiguous.
fn written(challenge: &Challenge) -> String {
    let quoted = |(name, value): (&str, &str)| {
        format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    };
    let twice = challenge.ambiguous().flat_map(|name| [(name, ""); 2]);
    let params: Vec<String> = challenge.params().chain(twice).map(quoted).collect();
    let rest = challenge.token68().map_or(params.join(", "), str::to_owned);
    [challenge.scheme(), " ", &rest].concat()
}
