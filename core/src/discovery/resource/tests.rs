use alloc::format;

use serde_json::{Value, json};

use super::*;
use crate::error::ConfigurationErrorKind;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
const ISSUER: &str = "https://as.example.com";

#[test]
fn a_resource_names_the_servers_that_it_trusts() {
    let answer = |discovery: ResourceDiscovery, body: &str| {
        Ok::<_, Error>(discovery.receive(Response::new(200, body.as_bytes()), NOW)?)
    };
    let own = || ResourceDiscovery::new("https://api.example.com/v1").unwrap();
    let body = r#"{"resource": "https://api.example.com/v1", "authorization_servers":
                   ["https://as.example.com"], "scopes_supported": ["read"]}"#;
    let metadata = answer(own(), body).unwrap();
    assert_eq!(metadata.resource(), "https://api.example.com/v1");
    assert_eq!(metadata.authorization_servers(), ["https://as.example.com"]);
    assert_eq!(metadata.extra::<Value>().unwrap(), json!({"scopes_supported": ["read"]}));
    // Only one that the configuration knows is used unasked.
    let other = || "https://as.example.com/".parse::<Issuer>().unwrap();
    assert!(metadata.known_issuer(&[other()]).is_none());
    assert_eq!(
        metadata.known_issuer(&[other(), ISSUER.parse().unwrap()]).unwrap().as_str(),
        ISSUER
    );
    let named = own().untrusted().unwrap();
    assert!(named.may_repeat() && named.wire_request().is_for_public_addresses());
    let inside = ResourceDiscovery::new("https://10.0.0.1/v1").unwrap();
    assert_eq!(inside.untrusted().unwrap_err().field(), "resource");
    let error = answer(own(), &body.replace("/v1", "/v1/")).unwrap_err();
    assert_eq!(error.field(), Some("resource"));
    for (resource, url) in [
        ("https://r.example", "https://r.example/.well-known/oauth-protected-resource"),
        ("https://r.example/", "https://r.example/.well-known/oauth-protected-resource"),
        ("https://r.example/?a=/b", "https://r.example/.well-known/oauth-protected-resource?a=/b"),
        ("https://r.example/a/?b", "https://r.example/.well-known/oauth-protected-resource/a/?b"),
    ] {
        assert_eq!(ResourceDiscovery::new(resource).unwrap().wire_request().url(), url);
    }
    for bad in ["http://r.example", "https://r.example/#a", "urn:r"] {
        assert_eq!(ResourceDiscovery::new(bad).unwrap_err().field(), "resource");
    }
}

#[test]
fn a_challenge_says_where_and_cannot_send_anybody_inside() {
    let learn = |url: &str| {
        let field = format!("Bearer resource_metadata=\"{url}\"");
        let challenge = &Challenge::parse(field.as_bytes()).unwrap()[0];
        ResourceDiscovery::from_challenge("https://api.example.com/orders/7", challenge)
    };
    let own = learn("https://API.example.com/meta").unwrap();
    assert!(!own.wire_request().is_for_public_addresses());
    let other = learn("https://meta.example.net/api").unwrap();
    assert!(other.wire_request().is_for_public_addresses());
    assert_eq!(learn("https://127.0.0.1/").unwrap_err().kind(), ConfigurationErrorKind::NotPublic);
    assert_eq!(learn("http://api.example.com/").unwrap_err().field(), "resource_metadata");
    let none = &Challenge::parse(b"Bearer").unwrap()[0];
    assert!(ResourceDiscovery::from_challenge("https://api.example.com", none).is_err());
    // It is about the request that was made, and nothing less.
    let body = br#"{"resource": "https://api.example.com/"}"#;
    let failed = own.receive(Response::new(200, body), NOW).unwrap_err();
    assert_eq!(failed.error().field(), Some("resource"));
}
