//! Any document of a server or of a resource, from any issuer: it is refused, or it leads nowhere but
//! to https, and to no private host unless the configuration names one.
#![no_main]

use std::net::IpAddr;

use grantflow::wire::is_public_address;
use grantflow::{
    Challenge, Client, Endpoint, Entropy, Exchange, Issuer, Provider, ResourceDiscovery, Scope,
};
use grantflow_fuzz::{Answer, Input, NOW, Secrets};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (kind, named) = (input.byte(), input.text());
    let answer = Answer::read(&mut input, &Secrets::default());
    match kind & 7 {
        0..4 => server(kind, named, &answer),
        4 => resource(ResourceDiscovery::new(named).ok(), named, &answer),
        5 => {
            let field = format!("Bearer resource_metadata=\"{named}\"");
            let Ok(challenges) = Challenge::parse(field.as_bytes()) else { return };
            let url = "https://api.example.com/orders/7";
            let Some(challenge) = challenges.first() else { return };
            let discovery = ResourceDiscovery::from_challenge(url, challenge).ok();
            if let Some(discovery) = &discovery {
                let its = discovery.wire_request();
                assert!(is_https(its.url()));
                assert!(is_own(its.url(), url) || may_be_public(its.url()));
            }
            resource(discovery, url, &answer);
        }
        _ => {
            let Ok(endpoint) = Endpoint::discovered(named) else { return };
            assert!(endpoint.as_str() == named && is_https(named) && may_be_public(named));
        }
    }
});

fn server(kind: u8, named: &str, answer: &Answer) {
    let issuer = match kind & 3 {
        0 => named.parse::<Issuer>(),
        1 => named.parse::<Issuer>().and_then(Issuer::untrusted),
        2 => named.parse::<Issuer>().map(Issuer::in_private_network),
        _ => Issuer::insecure_loopback(named),
    };
    let Ok(issuer) = issuer else { return };
    assert_eq!(issuer.as_str(), named);
    let discovery = issuer.discover();
    let discovery = if kind & 8 == 0 { discovery } else { discovery.openid() };
    let request = discovery.wire_request();
    assert!(is_own(request.url(), named) && request.url().contains("/.well-known/o"));
    assert!(request.body().is_empty() && request.method() == "GET");
    assert_eq!(request.is_for_public_addresses(), kind & 3 == 1);
    let metadata = match discovery.receive(answer.response(), NOW) {
        Ok(metadata) => metadata,
        Err(failed) => return drop((failed.to_string(), format!("{failed:?}"), failed.retry())),
    };
    assert_eq!(metadata.issuer().as_str(), named);
    let _: Value = metadata.extra().unwrap();
    let Ok(provider) = metadata.provider() else { return };
    for endpoint in [
        Some(provider.token_endpoint()),
        provider.authorization_endpoint(),
        provider.pushed_authorization_request_endpoint(),
        provider.device_authorization_endpoint(),
        provider.revocation_endpoint(),
        provider.introspection_endpoint(),
    ]
    .into_iter()
    .flatten()
    {
        let url = endpoint.as_str();
        assert!(is_https(url) || kind & 3 == 3, "{url}");
        assert!(
            kind & 2 != 0 || may_be_public(url) || (kind & 1 == 0 && is_own(url, named)),
            "{url}"
        );
    }
    login(provider);
}

/// Nothing in a document weakens it.
fn login(provider: Provider) {
    let client = Client::public("app", provider).unwrap();
    let redirect_uri = "https://app.example/cb".parse().unwrap();
    let entropy = Entropy::from_bytes([7; 64]);
    let login = client.authorization_code(redirect_uri, Scope::default(), entropy, NOW);
    let Some(url) = login.ok().and_then(|login| login.authorization_url().ok()) else { return };
    assert!(url.as_str().contains("&code_challenge_method=S256"));
}

fn resource(discovery: Option<ResourceDiscovery>, named: &str, answer: &Answer) {
    let Some(discovery) = discovery else { return };
    match discovery.receive(answer.response(), NOW) {
        Ok(metadata) => {
            assert_eq!(metadata.resource(), named);
            let _: Value = metadata.extra().unwrap();
        }
        Err(failed) => drop((failed.to_string(), format!("{failed:?}"), failed.retry())),
    }
}

fn is_https(url: &str) -> bool {
    url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"))
}

fn host(url: &str) -> String {
    let uri: http::Uri = url.parse().unwrap();
    uri.host().unwrap().trim_matches(['[', ']']).to_lowercase()
}

fn is_own(url: &str, other: &str) -> bool {
    host(url) == host(other)
}

fn may_be_public(url: &str) -> bool {
    let host = host(url);
    let name = host.trim_end_matches('.');
    match host.parse::<IpAddr>() {
        Ok(address) => is_public_address(address),
        Err(_) => name.contains('.') && name != "localhost" && !name.ends_with(".localhost"),
    }
}
