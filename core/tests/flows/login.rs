//! Sending the user to the login page, and keeping the login meanwhile.

use grantflow::partner::flow_account;
use grantflow::{Client, Dialect, Entropy, Exchange, IssParameter, PendingLogin, Scope, Timestamp};

use crate::scenario::{
    NOW, STATE, callback_url, client, endpoint, login, pairs, provider, scope, secret,
};

fn query(url: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).into_owned().collect()
}

#[test]
fn the_login_page_of_flow_account_gets_every_parameter_encoded() {
    let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com").unwrap();
    let client = Client::new("id", secret(), provider).unwrap();
    let redirect_uri = "https://localhost:3000".parse().unwrap();
    let (scope, entropy) = (flow_account::SCOPE.parse().unwrap(), Entropy::from_bytes([7; 64]));
    let login = client.authorization_code(redirect_uri, scope, entropy, NOW).unwrap();
    let url = login.authorization_url().unwrap();
    let (page, raw) = url.as_str().split_once('?').unwrap();
    assert_eq!(page, "https://sandbox-auth.flowaccount.com/connect/authorize");
    assert!(raw.contains("scope=flowaccount-api%20offline_access"), "{raw}");
    assert!(raw.contains("redirect_uri=https%3A%2F%2Flocalhost%3A3000&"), "{raw}");
    assert!(!raw.contains('+'), "{raw}");
    let names: Vec<_> = query(url.as_str()).into_iter().map(|(name, _)| name).collect();
    let expected = [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    ];
    assert_eq!(names, expected);
}

#[test]
fn the_url_holds_no_secret_of_the_client_or_the_exchange() {
    let login = login(&client(Dialect::default()));
    let url = login.authorization_url().unwrap();
    let verifier = serde_json::to_value(login.pending()).unwrap()["code_verifier"].clone();
    let raw = url.as_str().replace(STATE, ""); // the same bytes as the verifier in this test
    assert!(!raw.contains(verifier.as_str().unwrap()));
    assert!(!raw.contains("s3cr3t"));
    assert_eq!(
        format!("{url:?}"),
        "AuthorizationUrl(https://login.example.com/authorize?[redacted])"
    );
}

#[test]
fn the_endpoints_own_query_is_kept_and_cannot_replace_a_parameter() {
    let at = |url: &str| {
        let provider = provider(Dialect::default()).with_authorization_endpoint(endpoint(url));
        let client = Client::new("app", secret(), provider).unwrap();
        client.authorization_code(
            "https://app.example/cb".parse().unwrap(),
            Scope::default(),
            Entropy::from_bytes([7; 64]),
            NOW,
        )
    };
    let login = at("https://as.example.com/authorize?tenant=th%2Fbkk&x=").unwrap();
    assert!(
        login
            .authorization_url()
            .unwrap()
            .as_str()
            .starts_with("https://as.example.com/authorize?tenant=th%2Fbkk&x=&response_type=code&")
    );
    for query in ["?", "?&", "?a=b&", "??", "?a=b?"] {
        let login = at(&["https://as.example.com/authorize", query].concat()).unwrap();
        let url = login.authorization_url().unwrap().as_str().to_owned();
        let (page, parameters) = url.rsplit_once("response_type=code&").unwrap();
        assert!(page.ends_with('&') || page.ends_with("authorize?"), "{url}");
        assert!(parameters.contains("&state="), "{url}");
    }
    assert_eq!(login.parameter("tenant", "other").unwrap_err().error().field(), Some("tenant"));
    let error = at("https://as.example.com/authorize?redirect%5Furi=x").unwrap_err();
    assert_eq!(error.field(), "redirect_uri");
}

#[test]
fn extra_parameters_resources_and_details_are_added() {
    let login = login(&client(Dialect::default()))
        .parameter("prompt", "login")
        .unwrap()
        .resource("https://cal.example.com/")
        .unwrap()
        .resource("https://contacts.example.com/")
        .unwrap()
        .authorization_details(&serde_json::json!([{"type": "payment"}]))
        .unwrap();
    let query = query(login.authorization_url().unwrap().as_str());
    let values = |name: &str| query.iter().filter(|(other, _)| other == name).count();
    assert_eq!((values("prompt"), values("resource"), values("authorization_details")), (1, 2, 1));
    for resource in ["/relative", "https://a.example/#f", "", "no spaces"] {
        let login = self::login(&client(Dialect::default()));
        assert_eq!(
            login.resource(resource).unwrap_err().error().field(),
            Some("resource"),
            "{resource}"
        );
    }
    for details in [serde_json::json!([{"actions": []}]), serde_json::json!({"type": "x"})] {
        let login = self::login(&client(Dialect::default()));
        let error = login.authorization_details(&details).unwrap_err();
        assert_eq!(error.error().field(), Some("authorization_details"));
    }
    for name in ["state", "response_type", "request_uri"] {
        let login = self::login(&client(Dialect::default()));
        assert_eq!(login.parameter(name, "x").unwrap_err().error().field(), Some(name));
    }
}

#[test]
fn parameters_without_a_value_are_left_out_and_asterisks_are_escaped() {
    let login = login(&client(Dialect::default())).parameter("prompt", "").unwrap();
    let login = login.parameter("login_hint", "a*b").unwrap();
    let url = login.authorization_url().unwrap();
    assert!(!url.as_str().contains("prompt"));
    assert!(url.as_str().ends_with("&login_hint=a%2Ab"), "{}", url.as_str());
}

#[test]
fn without_pkce_neither_challenge_nor_verifier_is_sent() {
    let mut dialect = Dialect::default();
    dialect.pkce = false;
    let login = login(&client(dialect.clone()));
    assert!(!login.authorization_url().unwrap().as_str().contains("code_challenge"));
    let exchanging = login.callback(&callback_url("code=c"), NOW).unwrap();
    assert!(!pairs(&exchanging).iter().any(|(name, _)| name == "code_verifier"));

    let public = Client::public("app", provider(dialect)).unwrap();
    let uri = "https://app.example/cb".parse().unwrap();
    let refused =
        public.authorization_code(uri, Scope::default(), Entropy::from_bytes([7; 64]), NOW);
    assert_eq!(refused.unwrap_err().field(), "pkce");
}

#[test]
fn a_public_client_sends_its_identifier_and_no_secret() {
    let client = Client::public("app", provider(Dialect::default())).unwrap();
    let exchanging = login(&client).callback(&callback_url("code=c"), NOW).unwrap();
    let sent = pairs(&exchanging);
    assert!(sent.contains(&("client_id".into(), "app".into())));
    assert!(!sent.iter().any(|(name, _)| name == "client_secret"));
    assert!(!exchanging.request().headers().contains_key("authorization"));
}

#[test]
fn a_pending_login_survives_the_session_store() {
    let client = client(Dialect::default());
    let login = login(&client).parameter("prompt", "login").unwrap();
    let url = login.authorization_url().unwrap();
    let stored = serde_json::to_string(login.pending()).unwrap();
    let pending: PendingLogin = serde_json::from_str(&stored).unwrap();
    assert_eq!(pending.state().expose(), STATE);
    assert_eq!(pending.expires_at().unix_seconds(), NOW.unix_seconds() + 3_600);
    let resumed = client.resume_login(pending).unwrap();
    assert_eq!(resumed.authorization_url().unwrap().as_str(), url.as_str());
    let exchanging = resumed.callback(&callback_url("code=c"), NOW).unwrap();
    let sent = pairs(&exchanging);
    assert!(sent.contains(&("redirect_uri".into(), "https://app.example/cb".into())));
    assert!(sent.iter().any(|(name, _)| name == "code_verifier"));
}

#[test]
fn a_login_started_at_one_server_is_not_finished_at_another() {
    let one = client(Dialect::default());
    let stored = serde_json::to_string(login(&one).pending()).unwrap();
    let pending = || serde_json::from_str::<PendingLogin>(&stored).unwrap();
    let at = |provider| Client::new("app", secret(), provider).unwrap();
    let page = endpoint("https://login.example.com/authorize");
    let elsewhere = endpoint("https://evil.example/token");
    let other = provider(Dialect::default());
    for (client, field) in [
        (
            at(grantflow::Provider::new(elsewhere).with_authorization_endpoint(page)),
            "token_endpoint",
        ),
        (
            at(other.clone().with_authorization_endpoint(endpoint("https://evil.example/a"))),
            "authorization_endpoint",
        ),
        (at(other.clone().with_issuer("https://evil.example", IssParameter::Perhaps)), "issuer"),
        (Client::new("other", secret(), other).unwrap(), "client_id"),
    ] {
        assert_eq!(client.resume_login(pending()).unwrap_err().field(), field);
    }
}

#[test]
fn a_public_clients_login_does_not_lose_its_verifier_in_the_store() {
    let client = Client::public("app", provider(Dialect::default())).unwrap();
    let mut stored = serde_json::to_value(login(&client).pending()).unwrap();
    assert!(client.resume_login(serde_json::from_value(stored.clone()).unwrap()).is_ok());
    stored["code_verifier"] = serde_json::Value::Null;
    let pending = serde_json::from_value(stored).unwrap();
    assert_eq!(client.resume_login(pending).unwrap_err().field(), "code_verifier");
}

#[test]
fn a_tampered_or_newer_record_is_refused() {
    let client = client(Dialect::default());
    let good = serde_json::to_value(login(&client).pending()).unwrap();
    let changed = |name: &str, value: serde_json::Value| {
        let mut record = good.clone();
        record[name] = value;
        serde_json::from_value::<PendingLogin>(record)
    };
    assert!(changed("code_verifier", "short".into()).is_err());
    assert!(changed("state", "".into()).is_err());
    assert!(changed("redirect_uri", "javascript:alert(1)".into()).is_err());
    assert!(changed("unknown", 1.into()).is_err());
    let extra = serde_json::json!([["redirect_uri", "https://evil.example/"]]);
    assert!(changed("extra", extra).is_err());
    let newer = changed("format", 2.into()).unwrap();
    assert_eq!(client.resume_login(newer).unwrap_err().field(), "format");
}

#[test]
fn two_logins_share_neither_state_nor_verifier() {
    let client = client(Dialect::default());
    let start = |byte| {
        let uri = "https://app.example/cb".parse().unwrap();
        let entropy = Entropy::from_bytes([byte; 64]);
        let login =
            client.authorization_code(uri, scope("a"), entropy, Timestamp::from_unix_seconds(0));
        serde_json::to_value(login.unwrap().pending()).unwrap()
    };
    let (one, other) = (start(1), start(2));
    assert_ne!(one["state"], other["state"]);
    assert_ne!(one["code_verifier"], other["code_verifier"]);
    assert_eq!(one["state"].as_str().unwrap().len(), 43);
}
