use alloc::format;
use alloc::string::{String, ToString};

use serde_json::{Value, json};

use super::*;
use crate::client::Client;
use crate::dialect::ClientAuth;
use crate::error::{
    Advice, CallbackError, ConfigurationError, ConfigurationErrorKind, Error, ProtocolErrorKind,
};
use crate::exchange::Exchange;
use crate::provider::Provider;
use crate::scope::Scope;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::wire::Response;
use crate::{Entropy, Flow, flow::AwaitingCallback};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
const ISSUER: &str = "https://as.example.com";

fn issuer() -> Issuer {
    ISSUER.parse().unwrap()
}

fn document(changes: &Value) -> String {
    let mut document = json!({
        "issuer": ISSUER,
        "token_endpoint": "https://as.example.com/token",
        "authorization_endpoint": "https://login.example.net/authorize",
        "device_authorization_endpoint": "https://as.example.com/device",
        "revocation_endpoint": "https://as.example.com/revoke",
        "introspection_endpoint": "https://as.example.com/introspect",
        "pushed_authorization_request_endpoint": "https://as.example.com/par",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "scopes_supported": ["read", "write"],
        "jwks_uri": "https://as.example.com/jwks",
        "signed_metadata": "not.looked.at",
    });
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    document.to_string()
}

fn asked(issuer: &Issuer, changes: &Value) -> Result<ServerMetadata, Error> {
    let body = document(changes);
    let response = Response::new(200, body.as_bytes());
    let response = response.with_header("content-type", b"application/json; charset=utf-8");
    Ok(issuer.discover().receive(response, NOW)?)
}

fn metadata(changes: &Value) -> ServerMetadata {
    asked(&issuer(), changes).unwrap()
}

fn problem(result: Result<ServerMetadata, Error>) -> ProtocolErrorKind {
    match result.unwrap_err() {
        Error::Protocol(error) => error.kind().clone(),
        other => panic!("{other:?}"),
    }
}

fn login(provider: Provider) -> Flow<AwaitingCallback> {
    let client = Client::public("app", provider).unwrap();
    let redirect_uri = "https://app.example/cb".parse().unwrap();
    let entropy = Entropy::from_bytes([7; 64]);
    client.authorization_code(redirect_uri, Scope::default(), entropy, NOW).unwrap()
}

#[test]
fn a_document_becomes_a_server_with_all_its_endpoints() {
    let metadata = metadata(&json!({}));
    assert_eq!(metadata.issuer().as_str(), ISSUER);
    assert_eq!(metadata.scopes().unwrap(), ["read", "write"]);
    assert!(metadata.grant_types().is_none() && metadata.deviations().is_empty());
    assert!(metadata.pkce_confirmed().unwrap());
    let provider = metadata.provider().unwrap();
    assert_eq!(provider.issuer(), Some(ISSUER));
    assert_eq!(provider.token_endpoint().as_str(), "https://as.example.com/token");
    let endpoints = [
        (provider.authorization_endpoint(), "https://login.example.net/authorize"),
        (provider.device_authorization_endpoint(), "https://as.example.com/device"),
        (provider.revocation_endpoint(), "https://as.example.com/revoke"),
        (provider.introspection_endpoint(), "https://as.example.com/introspect"),
        (provider.pushed_authorization_request_endpoint(), "https://as.example.com/par"),
    ];
    for (endpoint, url) in endpoints {
        assert_eq!(endpoint.unwrap().as_str(), url);
    }
    let extra: Value = metadata.extra().unwrap();
    assert_eq!(extra["jwks_uri"], "https://as.example.com/jwks");
}

#[test]
fn a_request_for_a_document_says_nothing_of_who_asks() {
    let discovery = issuer().discover();
    let request = discovery.wire_request();
    assert_eq!((request.method(), request.body()), ("GET", &b""[..]));
    let headers: alloc::vec::Vec<_> = request.headers().collect();
    assert_eq!(headers, [("accept", "application/json")]);
    assert!(discovery.may_repeat());
    #[cfg(feature = "http")]
    {
        let request = discovery.request();
        assert_eq!((request.method(), request.headers().len()), (&http::Method::GET, 1));
    }
}

#[test]
fn an_issuer_is_a_name_to_the_letter() {
    for other in [
        "https://as.example.com/",
        "https://AS.example.com",
        "https://as.example.com:443",
        "http://as.example.com",
        "https://as.example.com/%61",
        "https://аs.example.com",
    ] {
        let result = asked(&issuer(), &json!({ "issuer": other }));
        assert_eq!(problem(result), ProtocolErrorKind::IssuerMismatch, "{other}");
    }
    for other in [json!(null), json!(""), json!(["https://as.example.com"])] {
        let kind = problem(asked(&issuer(), &json!({ "issuer": other })));
        assert!(format!("{kind}").contains("issuer"), "{kind}");
    }
    // A second member by another spelling of its name is no way around that.
    let twice =
        document(&json!({})).replacen('{', r#"{"\u0069ssuer":"https://as.example.com","#, 1);
    let failed = issuer().discover().receive(Response::new(200, twice.as_bytes()), NOW);
    let failed = failed.unwrap_err();
    assert_eq!(failed.error().field(), Some("issuer"));
    let error = asked(&issuer(), &json!({ "issuer": "https://as.example.com/" })).unwrap_err();
    assert_eq!(error.advice(), Advice::FixConfiguration);
    for bad in ["http://127.0.0.1", "https://as.example.com?a=b", "https://a.example/#", ""] {
        assert_eq!(bad.parse::<Issuer>().unwrap_err().field(), "issuer", "{bad}");
    }
}

#[test]
fn the_well_known_place_is_behind_the_host_or_behind_the_path() {
    let urls = |issuer: &str| {
        let discovery = issuer.parse::<Issuer>().unwrap().discover();
        let oauth = discovery.wire_request().url().to_string();
        (oauth, discovery.clone().openid().wire_request().url().to_string())
    };
    let (oauth, openid) =
        ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration");
    for (issuer, before, path) in [
        ("https://example.com", "https://example.com", ""),
        ("https://example.com/", "https://example.com", ""),
        ("https://Example.com:8443/a/b/", "https://Example.com:8443", "/a/b"),
        ("https://example.com/a", "https://example.com", "/a"),
    ] {
        let expected = (format!("{before}{oauth}{path}"), format!("{before}{path}{openid}"));
        assert_eq!(urls(issuer), expected, "{issuer}");
    }
}

#[test]
fn a_document_leads_nobody_into_a_private_network() {
    let kinds = |issuer: &Issuer, url: &str| match asked(issuer, &json!({"token_endpoint": url})) {
        Ok(metadata) => Ok(metadata.token_endpoint().unwrap().is_guarded()),
        Err(error) => {
            assert_eq!(error.field(), Some("token_endpoint"));
            match error {
                Error::Protocol(error) => match error.kind() {
                    ProtocolErrorKind::Url { error, .. } => Err(error.kind()),
                    kind => panic!("{kind:?}"),
                },
                error => panic!("{error:?}"),
            }
        }
    };
    let (private, insecure) =
        (Err(ConfigurationErrorKind::NotPublic), Err(ConfigurationErrorKind::InsecureUrl));
    // Its own host is the one that the configuration names; any other is looked at again when its
    // name has been resolved.
    assert_eq!(kinds(&issuer(), "https://AS.example.com:8443/token"), Ok(false));
    assert_eq!(kinds(&issuer(), "https://tokens.example.net/token"), Ok(true));
    assert_eq!(kinds(&issuer(), "https://169.254.169.254/token"), private);
    assert_eq!(kinds(&issuer(), "https://vault.internal/token"), private);
    assert_eq!(kinds(&issuer(), "http://as.example.com/token"), insecure);
    let inside: Issuer = ISSUER.parse::<Issuer>().unwrap().in_private_network();
    assert_eq!(kinds(&inside, "https://vault.internal/token"), Ok(false));
    assert_eq!(kinds(&inside, "http://127.0.0.1/token"), insecure);
    let untrusted = issuer().untrusted().unwrap();
    assert!(untrusted.discover().wire_request().is_for_public_addresses());
    assert!(untrusted.discover().openid().wire_request().is_for_public_addresses());
    assert_eq!(kinds(&untrusted, "https://as.example.com/token"), Ok(true));
    assert_eq!(kinds(&untrusted, "https://10.0.0.1/token"), private);
    let hidden: Issuer = "https://sso.corp.internal".parse().unwrap();
    assert_eq!(hidden.untrusted().unwrap_err().field(), "issuer");
}

#[test]
fn a_server_on_this_machine_may_name_endpoints_on_this_machine() {
    let issuer = Issuer::insecure_loopback("http://127.0.0.1:4001").unwrap();
    let body =
        br#"{"issuer": "http://127.0.0.1:4001", "token_endpoint": "http://127.0.0.1:4002/t"}"#;
    assert!(issuer.discover().receive(Response::new(200, body), NOW).is_ok());
    let inside = issuer.clone().in_private_network();
    assert!(inside.discover().receive(Response::new(200, body), NOW).is_ok());
    let body =
        br#"{"issuer": "http://127.0.0.1:4001", "token_endpoint": "http://localhost:4001/t"}"#;
    assert!(issuer.discover().receive(Response::new(200, body), NOW).is_err());
    // Another name of the same machine is another server.
    let body = br#"{"issuer": "http://localhost:4001"}"#;
    let failed = issuer.discover().receive(Response::new(200, body), NOW).unwrap_err();
    assert_eq!(failed.error().field(), Some("issuer"));
    assert!(Issuer::insecure_loopback("http://as.example.com").is_err());
}

#[test]
fn a_secret_travels_as_the_server_wants_it_or_not_at_all() {
    let auth = |methods: Value| {
        let metadata = metadata(&json!({"token_endpoint_auth_methods_supported": methods}));
        let client = Client::new("app", Secret::new("s3cr3t")?, metadata.provider()?)?;
        assert!(Client::public("app", metadata.provider()?).is_ok());
        Ok::<_, ConfigurationError>(client.provider().dialect().client_auth)
    };
    assert_eq!(auth(json!(null)), Ok(ClientAuth::Basic));
    assert_eq!(auth(json!(["client_secret_post"])), Ok(ClientAuth::Post));
    assert_eq!(auth(json!(["client_secret_post", "client_secret_basic"])), Ok(ClientAuth::Basic));
    for others in [json!(["none"]), json!(["private_key_jwt", "tls_client_auth"]), json!([])] {
        assert_eq!(auth(others).unwrap_err().field(), "client_secret");
    }
}

#[test]
fn nothing_in_a_document_weakens_a_login() {
    let provider = |changes: Value| metadata(&changes).provider();
    // What has no login needs no PKCE.
    let plain = provider(json!({"code_challenge_methods_supported": ["plain"]})).unwrap();
    let client = Client::public("app", plain).unwrap();
    assert!(client.device_authorization(Scope::default()).is_ok());
    let (redirect_uri, entropy) = ("https://app.example/cb".parse(), Entropy::from_bytes([7; 64]));
    let begun = client.authorization_code(redirect_uri.unwrap(), Scope::default(), entropy, NOW);
    assert_eq!(begun.unwrap_err().kind(), ConfigurationErrorKind::PkceUnsupported);
    let silent = login(provider(json!({"code_challenge_methods_supported": null})).unwrap());
    let url = silent.authorization_url().unwrap();
    assert!(url.as_str().contains("code_challenge_method=S256"));
    let push = provider(json!({"require_pushed_authorization_requests": true})).unwrap();
    let kind = login(push).authorization_url().unwrap_err().kind();
    assert_eq!(kind, ConfigurationErrorKind::PushRequired);
    let named = json!({"authorization_response_iss_parameter_supported": true});
    let login = login(provider(named).unwrap());
    let callback =
        format!("https://app.example/cb?code=c&state={}", login.pending().state().expose());
    let failed = login.callback(&callback, NOW).unwrap_err();
    assert!(matches!(failed.error(), Error::Callback(CallbackError::IssuerMissing { .. })));
}

#[test]
fn what_is_missing_is_missed_when_it_is_used() {
    let without = metadata(&json!({"token_endpoint": null}));
    assert!(without.token_endpoint().is_none());
    assert_eq!(without.provider().unwrap_err().field(), "token_endpoint");
    let provider = metadata(&json!({"revocation_endpoint": null})).provider().unwrap();
    let client = Client::public("app", provider);
    let token = crate::AccessToken::new("t").unwrap();
    assert_eq!(client.unwrap().revoke(&token).unwrap_err().field(), "revocation_endpoint");
}

#[test]
fn members_of_another_type_are_errors_with_their_names() {
    for (field, value) in [
        ("token_endpoint", json!(["https://as.example.com/token"])),
        ("revocation_endpoint", json!(1)),
        ("token_endpoint_auth_methods_supported", json!("client_secret_basic")),
        ("code_challenge_methods_supported", json!([256])),
        ("scopes_supported", json!({})),
        ("grant_types_supported", json!(true)),
        ("require_pushed_authorization_requests", json!("true")),
        ("authorization_response_iss_parameter_supported", json!(1)),
    ] {
        let error = asked(&issuer(), &json!({ field: value })).unwrap_err();
        assert_eq!(error.field(), Some(field));
    }
}

#[test]
fn what_is_no_document_says_so_and_may_be_asked_for_elsewhere() {
    let ask = |status, body: &[u8], media_type: &'static [u8]| {
        let response = Response::new(status, body).with_header("content-type", media_type);
        issuer().discover().receive(response, NOW).unwrap_err()
    };
    let missing = ask(404, b"not found", b"text/plain");
    assert!(matches!(missing.error(), Error::Unavailable(_)));
    assert_eq!(missing.error().status(), Some(404));
    let again = missing.retry().unwrap().openid();
    assert!(again.wire_request().url().ends_with("/.well-known/openid-configuration"));
    let body = document(&json!({}));
    for (status, body, media_type) in [
        (302, body.as_bytes(), &b"application/json"[..]),
        (201, body.as_bytes(), b"application/json"),
        (200, b"<html>", b"text/html"),
        (200, b"[]", b"application/json"),
    ] {
        let failed = ask(status, body, media_type);
        assert!(matches!(failed.error(), Error::Protocol(_)), "{failed:?}");
    }
    assert_eq!(
        ask(503, b"", b"text/plain").advice(),
        Advice::RetryAfter(crate::error::DEFAULT_PAUSE)
    );
}
