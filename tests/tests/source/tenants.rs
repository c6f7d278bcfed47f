//! Many tenants and many users in one program.

use grantflow::{Client, Flow, Secret, flow::Requesting};
use grantflow_tests::gate::Gate;
use grantflow_ureq::{TokenSources, Transport};

fn request(client: &Client, scope: &str) -> Flow<Requesting> {
    client.client_credentials(scope.parse().unwrap()).unwrap()
}

#[test]
fn tenants_do_not_share_tokens_and_a_tenant_shares_its_own() {
    let gate = Gate::start().unwrap();
    let client = gate.client().unwrap();
    let sources = TokenSources::new(&Transport::new());
    let token = |tenant, scope| {
        let source = sources.tenant(tenant, request(&client, scope));
        source.token().unwrap().access_token().expose().to_owned()
    };
    assert_eq!(token("acme", "read write"), "token-1");
    assert_eq!(token("zenith", "read write"), "token-2");
    assert_eq!(token("acme", "read"), "token-3");
    assert_eq!(token("acme", "write read"), "token-1");
    assert_eq!(token("zenith", "read write"), "token-2");
    assert_eq!(gate.requests(), 3);
}

#[test]
fn each_resource_has_its_own_token() {
    let gate = Gate::start().unwrap();
    let client = gate.client().unwrap();
    let sources = TokenSources::new(&Transport::new());
    let token = |resource| {
        let source = sources.tenant("", request(&client, "r").resource(resource).unwrap());
        source.token().unwrap().access_token().expose().to_owned()
    };
    assert_eq!(token("https://a.example/"), "token-1");
    assert_eq!(token("https://b.example/"), "token-2");
    assert_eq!(token("https://a.example/"), "token-1");
}

#[test]
fn new_credentials_never_find_the_old_ones_token() {
    let gate = Gate::start().unwrap();
    let old = gate.client().unwrap();
    let new = Client::new("client", Secret::new("new").unwrap(), old.provider().clone()).unwrap();
    let sources = TokenSources::new(&Transport::new());
    let token = |client: &Client| {
        let source = sources.tenant("acme", request(client, ""));
        source.token().unwrap().access_token().expose().to_owned()
    };
    assert_eq!(token(&old), "token-1");
    assert_eq!(token(&new), "token-2");
}

#[test]
fn a_tenant_that_was_removed_begins_anew_and_who_holds_its_source_still_has_it() {
    let gate = Gate::start().unwrap();
    let client = gate.client().unwrap();
    let sources = TokenSources::new(&Transport::new());
    let old = sources.tenant("acme", request(&client, "read"));
    assert_eq!(old.authorization().unwrap(), "Bearer token-1");
    for (tenant, scope) in [("acme", "write"), ("zenith", "read")] {
        assert!(sources.remove_tenant(tenant, &request(&client, scope)).is_none());
    }
    let removed = sources.remove_tenant("acme", &request(&client, "read")).unwrap();
    assert!(sources.remove_tenant("acme", &request(&client, "read")).is_none());
    let new = sources.tenant("acme", request(&client, "read"));
    assert_eq!(new.authorization().unwrap(), "Bearer token-2");
    assert_eq!(old.authorization().unwrap(), "Bearer token-1");
    assert_eq!(removed.authorization().unwrap(), "Bearer token-1");
}

#[test]
fn tenants_that_nobody_holds_and_that_have_no_token_are_dropped_by_and_by() {
    let gate = Gate::start().unwrap();
    let client = gate.client().unwrap();
    let sources = TokenSources::new(&Transport::new());
    for n in 0..100_000 {
        let _ = sources.tenant(&format!("tenant {n}"), request(&client, ""));
    }
    let said = format!("{sources:?}");
    let left: usize =
        said.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap();
    assert!(left <= 64 * 32, "{said}");
}
