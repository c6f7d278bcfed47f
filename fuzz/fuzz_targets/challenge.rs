//! Any bytes are a `WWW-Authenticate` field: what is read of it can be written and read again, and
//! fields that proxies join are still the same challenges.
#![no_main]

use std::collections::BTreeSet;

use grantflow::{Challenge, Dialect, TokenVerdict};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8])| {
    let (one, other) = input;
    let verdict = Dialect::default().token_verdict(401, [one, other]);
    let both = [Challenge::parse(one), Challenge::parse(other)];
    let read: Vec<Challenge> = both.iter().flatten().flatten().cloned().collect();
    for challenge in &read {
        check(challenge);
    }
    let refuses = |c: &Challenge| c.scheme() == "bearer" && c.error() == Some("invalid_token");
    assert_eq!(verdict == TokenVerdict::Refused, read.iter().any(refuses));

    let text = read.iter().map(written).collect::<Vec<_>>().join(", ");
    let again = Challenge::parse(text.as_bytes()).unwrap();
    assert!(again.iter().map(parts).eq(read.iter().map(parts)), "{again:?} is not {read:?}");
    if both.iter().all(Result::is_ok) {
        let joined = [one, b", ", other].concat();
        assert_eq!(Challenge::parse(&joined).unwrap(), read);
    }
});

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
