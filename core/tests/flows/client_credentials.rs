//! The client asks for itself, with form and with JSON bodies.

use grantflow::{BodyFormat, Client, ClientAuth, Dialect, Exchange, Scope, Secret};

use crate::scenario::{NOW, client, json, pairs, partners, provider, requesting, scope};

#[test]
fn the_partners_get_exactly_what_their_pages_say() {
    let [meed, flow_account, cover_genius] = partners();
    for (client, url, content_type, body) in [
        (
            meed,
            "https://partner.example/api/partner/v1/oauth/token",
            "application/x-www-form-urlencoded",
            "grant_type=client_credentials&client_id=app&client_secret=s3cr3t-s3cr3t",
        ),
        (
            flow_account,
            "https://openapi.flowaccount.com/test/token",
            "application/x-www-form-urlencoded",
            "grant_type=client_credentials&client_id=app&client_secret=s3cr3t-s3cr3t",
        ),
        (
            cover_genius,
            "https://partner.example/api/oauth/token",
            "application/json",
            r#"{"grant_type":"client_credentials","client_id":"app","client_secret":"s3cr3t-s3cr3t"}"#,
        ),
    ] {
        let request = client.client_credentials(Scope::default()).unwrap().request();
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), url);
        assert_eq!(request.headers()["content-type"], content_type);
        assert_eq!(request.headers()["accept"], "application/json");
        assert!(!request.headers().contains_key("authorization"));
        assert_eq!(request.body().as_ref(), body.as_bytes());
    }
}

#[test]
fn with_basic_the_secret_is_in_a_sensitive_header_and_not_in_the_body() {
    let flow = client(Dialect::default()).client_credentials(scope("a b")).unwrap();
    let request = flow.request();
    assert_eq!(request.headers()["authorization"], "Basic YXBwOnMzY3IzdC1zM2NyM3Q=");
    assert!(request.headers()["authorization"].is_sensitive());
    assert_eq!(request.body().as_ref(), b"grant_type=client_credentials&scope=a+b");
}

#[test]
fn the_wire_request_and_the_http_request_are_the_same() {
    let flow = requesting(Dialect::default());
    let (wire, http) = (flow.wire_request(), flow.request());
    assert_eq!(
        (wire.method(), wire.url()),
        (http.method().as_str(), "https://as.example.com/token")
    );
    assert_eq!(wire.body(), http.body().as_ref());
    assert_eq!(wire.headers().count(), http.headers().len());
    for (name, value) in wire.headers() {
        assert_eq!(http.headers()[name], value);
    }
}

#[test]
fn typed_extra_fields_are_written_as_the_body_is() {
    #[derive(serde::Serialize)]
    struct Fields {
        audience: &'static str,
        tenant: u32,
    }
    let fields = Fields { audience: "https://api.example.com/", tenant: 7 };
    let form = requesting(Dialect::default()).extra(&fields).unwrap();
    let sent = pairs(&form);
    assert!(sent.contains(&("audience".into(), "https://api.example.com/".into())), "{sent:?}");
    assert!(sent.contains(&("tenant".into(), "7".into())), "{sent:?}");

    let [_, _, json] = partners();
    let json = json.client_credentials(Scope::default()).unwrap().extra(&fields).unwrap();
    let body: serde_json::Value = serde_json::from_slice(json.wire_request().body()).unwrap();
    assert_eq!(body["tenant"], 7);
    assert_eq!(body["client_id"], "app");
}

#[test]
fn an_extra_field_cannot_replace_one_of_the_flows_own() {
    #[derive(serde::Serialize)]
    struct Fields {
        client_id: &'static str,
    }
    let error = requesting(Dialect::default()).extra(&Fields { client_id: "x" }).unwrap_err();
    assert_eq!(error.error().field(), Some("client_id"));
    let failed = requesting(Dialect::default()).parameter("grant_type", "password").unwrap_err();
    assert_eq!(failed.error().field(), Some("grant_type"));
    assert!(failed.retry().is_ok());
}

#[test]
fn extra_fields_are_added_all_or_none_and_empty_ones_not_at_all() {
    let fields = [("tenant", "a"), ("grant_type", "password")];
    let failed = requesting(Dialect::default()).extra(&fields).unwrap_err();
    let again = failed.retry().unwrap().extra(&[("tenant", "a"), ("audience", "")]).unwrap();
    let sent = pairs(&again);
    assert!(sent.contains(&("tenant".into(), "a".into())), "{sent:?}");
    assert!(!sent.iter().any(|(name, _)| name == "audience"), "{sent:?}");
    for resource in ["", "relative", "https://a.example/#f"] {
        assert!(requesting(Dialect::default()).parameter("resource", resource).is_err());
    }
}

#[test]
fn secrets_with_any_character_survive_both_encodings() {
    let secret = "a\"b\\c %&+=/é€";
    for body in [BodyFormat::Form, BodyFormat::Json] {
        let mut dialect = Dialect::default();
        dialect.client_auth = ClientAuth::Post;
        dialect.body = body;
        let client = Client::new("i:d", Secret::new(secret).unwrap(), provider(dialect)).unwrap();
        let flow = client.client_credentials(Scope::default()).unwrap();
        let sent = if body == BodyFormat::Form {
            pairs(&flow).into_iter().find(|(name, _)| name == "client_secret").unwrap().1
        } else {
            let body: serde_json::Value =
                serde_json::from_slice(flow.request().body().as_ref()).unwrap();
            body["client_secret"].as_str().unwrap().to_owned()
        };
        assert_eq!(sent, secret);
    }
}

#[test]
fn a_public_client_has_no_credentials_to_ask_with() {
    let client = Client::public("app", provider(Dialect::default())).unwrap();
    let error = client.client_credentials(Scope::default()).unwrap_err();
    assert_eq!(error.field(), "client_secret");
}

#[test]
fn an_identifier_with_a_colon_cannot_go_by_raw_basic() {
    let mut dialect = Dialect::default();
    dialect.client_auth = ClientAuth::BasicRaw;
    let secret = Secret::new("a+b/c").unwrap();
    let error = Client::new("a:b", secret, provider(dialect)).unwrap_err();
    assert_eq!(error.field(), "client_id");
}

#[test]
fn a_request_can_be_asked_for_again_until_an_answer_came() {
    let flow = requesting(Dialect::default());
    assert!(flow.may_repeat());
    assert_eq!(flow.request().body().as_ref(), flow.request().body().as_ref());
    let granted =
        flow.receive(json(200, r#"{"access_token":"t","token_type":"bearer"}"#), NOW).unwrap();
    assert_eq!(granted.into_tokens().access_token().expose(), "t");
}
