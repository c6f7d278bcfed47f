//! Which requests may share a token.

use std::collections::HashSet;

use grantflow::flow::Requesting;
use grantflow::{Client, Dialect, Flow, Provider, Scope, Secret, TokenKey};

use crate::scenario::{client, client_of};

fn request(client: &Client, scope: &str, parameters: &[(&str, &str)]) -> Flow<Requesting> {
    let flow = client.client_credentials(scope.parse::<Scope>().unwrap()).unwrap();
    parameters.iter().fold(flow, |flow, (name, value)| flow.parameter(name, value).unwrap())
}

fn key(tenant: &str, scope: &str, parameters: &[(&str, &str)]) -> TokenKey {
    TokenKey::of_request(tenant, &request(&client(), scope, parameters))
}

#[test]
fn the_same_request_in_another_order_has_the_same_key() {
    let (one, other) = ([("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]);
    assert_eq!(key("t", "read write", &one), key("t", "write read", &other));
    assert_eq!(key("t", "read", &[]), key("t", "read read", &[]));
    let (one, other) = ("https://a.example/", "https://b.example/");
    assert_eq!(
        key("t", "", &[("resource", one), ("resource", other)]),
        key("t", "", &[("resource", other), ("resource", one)]),
    );
}

#[test]
fn whatever_is_different_has_a_key_of_its_own() {
    let of = |client: &Client| TokenKey::of_request("t", &request(client, "", &[]));
    let elsewhere = Provider::new("https://other.example/token".parse().unwrap());
    let elsewhere = Client::new("app", Secret::new("s3cr3t-s3cr3t").unwrap(), elsewhere).unwrap();
    let extension = |grant_type| {
        let flow = client().extension_grant(grant_type, Scope::default()).unwrap();
        TokenKey::of_request("t", &flow)
    };
    let keys = [
        key("t", "", &[]),
        key("", "", &[]),
        key("u", "", &[]),
        key("t", "read", &[]),
        key("t", "read write", &[]),
        key("t", "", &[("resource", "https://a.example/")]),
        key("t", "", &[("resource", "https://b.example/")]),
        key("t", "", &[("resource", "https://a.example/"), ("resource", "https://b.example/")]),
        key("t", "", &[("audience", "https://a.example/")]),
        key("t", "", &[("tenant", "a")]),
        key("t", "", &[("tenant", "b")]),
        of(&client_of("other", "s3cr3t-s3cr3t", Dialect::default())),
        of(&client_of("app", "another-s3cr3t", Dialect::default())),
        of(&elsewhere),
        extension("one"),
        extension("other"),
        TokenKey::of_session("t", &client()),
        TokenKey::of_session("u", &client()),
        TokenKey::of_session("t", &elsewhere),
        TokenKey::of_session("t", &client_of("other", "s3cr3t", Dialect::default())),
    ];
    let different: HashSet<TokenKey> = keys.iter().copied().collect();
    assert_eq!(different.len(), keys.len());
}

#[test]
fn no_part_of_a_key_flows_over_into_the_next() {
    let of = |tenant, id: &str| {
        TokenKey::of_request(tenant, &request(&client_of(id, "s", Dialect::default()), "", &[]))
    };
    let secret = |id: &str, secret: &str| {
        TokenKey::of_request("", &request(&client_of(id, secret, Dialect::default()), "", &[]))
    };
    for (one, other) in [
        (key("", "", &[("ab", "c")]), key("", "", &[("a", "bc")])),
        (key("", "", &[("a", "b"), ("c", "d")]), key("", "", &[("a", "bc"), ("d", "")])),
        (key("", "", &[("a", "b"), ("c", "d")]), key("", "", &[("a", "bcd")])),
        (key("", "a", &[("b", "c")]), key("", "", &[("ab", "c")])),
        (secret("ab", "c"), secret("a", "bc")),
        (of("ab", "c"), of("a", "bc")),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn a_number_and_its_digits_are_different_in_a_key() {
    let [number, digits] = [serde_json::json!({"a": 7}), serde_json::json!({"a": "7"})];
    let mut dialect = Dialect::default();
    dialect.body = grantflow::BodyFormat::Json;
    let of = |fields: &serde_json::Value| {
        let client = client_of("app", "s3cr3t", dialect.clone());
        TokenKey::of_request("", &request(&client, "", &[]).extra(fields).unwrap())
    };
    assert_ne!(of(&number), of(&digits));
}

#[test]
fn a_session_keeps_its_key_when_the_clients_secret_changes() {
    let of = |secret| TokenKey::of_session("anna", &client_of("app", secret, Dialect::default()));
    assert_eq!(of("one"), of("other"));
}

#[test]
fn a_key_is_written_as_its_sixty_four_digits() {
    let key = key("t", "", &[]);
    let digits: Vec<_> = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(key.to_string(), digits.concat());
}
