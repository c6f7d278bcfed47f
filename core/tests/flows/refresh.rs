//! The next access token, and the refresh token that dies for it.

use grantflow::partner::flow_account;
use grantflow::{
    Advice, Deviation, Dialect, Exchange, RefreshToken, TokenRecord, TransportError,
    TransportErrorKind,
};

use crate::scenario::{
    NOW, authorized, client, exchanging, json, pairs, partners, requesting, scope, secret,
};

fn with_refresh(token: &str) -> String {
    format!(r#"{{"access_token":"at-000002","token_type":"bearer","refresh_token":"{token}"}}"#)
}

#[test]
fn each_refresh_sends_the_latest_refresh_token() {
    let mut flow = authorized(&client(flow_account::dialect()));
    for next in ["rt-000002", "rt-000003", "rt-000004"] {
        let held = flow.tokens().refresh_token().unwrap().expose().to_owned();
        let refreshing = flow.refresh().unwrap();
        assert!(pairs(&refreshing).contains(&("refresh_token".into(), held)));
        assert!(
            !pairs(&refreshing).iter().any(|(name, _)| name == "scope" || name == "redirect_uri")
        );
        assert!(!refreshing.may_repeat());
        let refreshed = refreshing.receive(json(200, &with_refresh(next)), NOW).unwrap();
        assert_eq!(refreshed.tokens().refresh_token().unwrap().expose(), next);
        flow = refreshed.stored();
    }
    assert_eq!(flow.tokens().refresh_token().unwrap().expose(), "rt-000004");
}

#[test]
fn where_no_new_refresh_token_comes_the_old_one_stays() {
    let quiet = r#"{"access_token":"new","token_type":"bearer","scope":"read"}"#;
    for (dialect, deviations) in [
        (Dialect::default(), &[][..]),
        (flow_account::dialect(), &[Deviation::RefreshTokenNotRotated][..]),
    ] {
        let refreshing = authorized(&client(dialect)).refresh().unwrap();
        let flow = refreshing.receive(json(200, quiet), NOW).unwrap().stored();
        assert_eq!(flow.tokens().refresh_token().unwrap().expose(), "rt-000001");
        assert_eq!(flow.tokens().deviations(), deviations);
        assert!(flow.tokens().scope_differs());
    }
}

#[test]
fn without_a_refresh_token_the_flow_comes_back_with_advice() {
    let body = r#"{"access_token":"at","token_type":"Bearer"}"#;
    let flow = exchanging(&client(Dialect::default())).receive(json(200, body), NOW).unwrap();
    let failed = flow.refresh().unwrap_err();
    assert!(failed.to_string().contains("offline_access"), "{failed}");
    assert_eq!(failed.advice(), Advice::Reauthorize);
    assert_eq!(failed.retry().unwrap().tokens().access_token().expose(), "at");
}

#[test]
fn a_refused_refresh_token_is_dropped_and_the_access_token_kept() {
    let refreshing = authorized(&client(flow_account::dialect())).refresh().unwrap();
    let failed = refreshing.receive(json(400, r#"{"error":"invalid_grant"}"#), NOW).unwrap_err();
    assert_eq!(failed.advice(), Advice::Reauthorize);
    let (flow, error) = failed.into_authorized().unwrap();
    assert_eq!(error.advice(), Advice::Reauthorize);
    assert!(flow.tokens().refresh_token().is_none());
    assert_eq!(flow.tokens().access_token().expose(), "at-000001");
}

#[test]
fn any_other_failure_keeps_the_refresh_token() {
    for (status, body) in [
        (401, r#"{"error":"invalid_client"}"#),
        (503, r#"{"error":"invalid_grant"}"#),
        (200, "<html>"),
        (302, ""),
    ] {
        let refreshing = authorized(&client(flow_account::dialect())).refresh().unwrap();
        let failed = refreshing.receive(json(status, body), NOW).unwrap_err();
        let (flow, _) = failed.into_authorized().unwrap();
        assert_eq!(flow.tokens().refresh_token().unwrap().expose(), "rt-000001", "{status}");
    }
}

#[test]
fn a_dead_socket_costs_nothing() {
    let refreshing = authorized(&client(Dialect::default())).refresh().unwrap();
    let error = TransportError::new(TransportErrorKind::Timeout, "30 s are over");
    assert!(error.may_have_arrived());
    let failed = grantflow::Failed::unanswered(refreshing, error);
    assert!(matches!(failed.advice(), Advice::RetryAfter(_)));
    let again = failed.retry().unwrap();
    let flow = again.cancel().unwrap();
    assert_eq!(flow.tokens().refresh_token().unwrap().expose(), "rt-000001");
}

#[test]
fn a_refresh_may_ask_for_less_but_not_for_more() {
    let flow = authorized(&client(Dialect::default()));
    let failed = flow.refresh_for(scope("read admin")).unwrap_err();
    assert!(failed.to_string().starts_with("scope is more than was granted"), "{failed}");
    let refreshing = failed.retry().unwrap().refresh_for(scope("read")).unwrap();
    assert!(pairs(&refreshing).contains(&("scope".into(), "read".into())));

    // The refresh token stands for as much as before, in the store too.
    let flow = refreshing.receive(json(200, &with_refresh("rt-000002")), NOW).unwrap().stored();
    assert_eq!(flow.tokens().scope(), &scope("read"));
    let stored = serde_json::to_string(&flow.record()).unwrap();
    let flow = flow.client().resume(serde_json::from_str(&stored).unwrap()).unwrap();
    let refreshing = flow.refresh_for(scope("read write")).unwrap().cancel().unwrap().refresh();
    let flow = refreshing.unwrap().receive(json(200, &with_refresh("rt-000003")), NOW).unwrap();
    assert_eq!(flow.tokens().scope(), &scope("read write"));
}

#[test]
fn a_refresh_token_kept_by_itself_is_refreshed_too() {
    let client = client(Dialect::default());
    let refreshing = client.refresh(RefreshToken::new("rt-000009").unwrap()).unwrap();
    let token = refreshing.cancel().unwrap_err();
    let refreshing = client.refresh(token).unwrap();
    let failed = refreshing.receive(json(400, r#"{"error":"invalid_grant"}"#), NOW).unwrap_err();
    let (token, error) = failed.into_authorized().unwrap_err();
    assert!(token.is_none());
    assert_eq!(error.advice(), Advice::Reauthorize);
    assert!(RefreshToken::new("").is_err());
}

#[test]
fn a_page_from_a_proxy_does_not_cost_a_refresh_token() {
    for (status, body) in [(403, "<html>"), (404, ""), (302, ""), (503, ""), (401, "{}")] {
        let client = client(Dialect::default());
        let refreshing = client.refresh(RefreshToken::new("rt-000009").unwrap()).unwrap();
        let failed = refreshing.receive(json(status, body), NOW).unwrap_err();
        let again = failed.retry().unwrap_or_else(|error| panic!("{status}: {error}"));
        assert!(pairs(&again).contains(&("refresh_token".into(), "rt-000009".into())));
    }
    let client = client(Dialect::default());
    let refreshing = client.refresh(RefreshToken::new("rt-000009").unwrap()).unwrap();
    let refused = json(401, r#"{"error":"invalid_client"}"#);
    let failed = refreshing.receive(refused, NOW).unwrap_err().retry().unwrap_err();
    assert_eq!(failed.into_authorized().unwrap_err().0.unwrap().expose(), "rt-000009");
}

#[test]
fn only_invalid_grant_kills_a_refresh_token() {
    for code in ["access_denied", "interaction_required", "invalid_scope"] {
        let refreshing = authorized(&client(Dialect::default())).refresh().unwrap();
        let body = format!(r#"{{"error":"{code}"}}"#);
        let failed = refreshing.receive(json(403, &body), NOW).unwrap_err();
        let (flow, _) = failed.into_authorized().unwrap();
        assert!(flow.tokens().refresh_token().is_some(), "{code}");
    }
}

#[test]
fn a_rotated_token_in_an_answer_that_is_broken_otherwise_is_kept() {
    for broken in [r#""expires_in":"3600s""#, r#""token_type":"MAC""#, r#""scope":7"#] {
        let body = format!(r#"{{"access_token":"at","refresh_token":"rt-000002",{broken}}}"#);
        let refreshing = authorized(&client(flow_account::dialect())).refresh().unwrap();
        let failed = refreshing.receive(json(200, &body), NOW).unwrap_err();
        let (flow, _) = failed.into_authorized().unwrap();
        assert_eq!(flow.tokens().refresh_token().unwrap().expose(), "rt-000002", "{broken}");
    }
}

#[test]
fn the_partners_own_fields_outlive_a_refresh_that_does_not_repeat_them() {
    let [_, client, _] = partners();
    let body = r#"{"access_token":"at","token_type":"bearer","refresh_token":"rt-000001",
        "supportCode":"FA-1","seat":1}"#;
    let flow = exchanging(&client).receive(json(200, body), NOW).unwrap();
    let next = r#"{"access_token":"at","token_type":"bearer","refresh_token":"rt","seat":2}"#;
    let flow = flow.refresh().unwrap().receive(json(200, next), NOW).unwrap();
    assert_eq!(flow.tokens().extra::<flow_account::Business>().unwrap().support_code, "FA-1");
    let all: serde_json::Map<String, serde_json::Value> = flow.tokens().extra().unwrap();
    assert_eq!(all["seat"], 2);
}

#[test]
fn what_may_have_arrived_twice_is_not_sent_a_third_time() {
    let lost = || TransportError::new(TransportErrorKind::Timeout, "30 s are over");
    let unsent = || TransportError::new(TransportErrorKind::Connect, "refused");
    let mut flow = authorized(&client(Dialect::default())).refresh().unwrap();
    for error in [unsent(), unsent(), lost(), unsent()] {
        flow = grantflow::Failed::unanswered(flow, error).retry().unwrap();
    }
    let failed = grantflow::Failed::unanswered(flow, lost());
    assert_eq!(failed.advice(), Advice::Reauthorize);
    let failed = failed.retry().unwrap_err();
    assert!(failed.into_authorized().unwrap().0.tokens().refresh_token().is_some());

    let flow = exchanging(&client(Dialect::default()));
    let flow = grantflow::Failed::unanswered(flow, lost()).retry().unwrap();
    assert!(grantflow::Failed::unanswered(flow, lost()).retry().is_err());
    // A client's own request harms nobody.
    let mut flow = requesting(Dialect::default());
    for _ in 0..9 {
        flow = grantflow::Failed::unanswered(flow, lost()).retry().unwrap();
    }
}

#[test]
fn a_server_without_refresh_tokens_is_not_asked_with_one() {
    for client in [&partners()[0], &partners()[2]] {
        let error = client.refresh(RefreshToken::new("rt-000009").unwrap()).unwrap_err();
        assert_eq!(error.field(), "refresh_token");
    }
}

#[test]
fn a_refresh_token_of_flow_account_is_likely_dead_after_a_day() {
    let flow = authorized(&client(flow_account::dialect()));
    let day_later = NOW.unix_seconds() + 86_400;
    assert_eq!(flow.refresh_expires_at().unwrap().unix_seconds(), day_later);
    assert!(authorized(&client(Dialect::default())).refresh_expires_at().is_none());
}

#[test]
fn tokens_survive_the_store_and_are_checked_on_the_way_back() {
    let [_, client, _] = partners();
    let body = r#"{"access_token":"at-000001","token_type":"bearer","expires_in":3600,
        "refresh_token":"rt-000001","supportCode":"FA-1"}"#;
    let flow = exchanging(&client).receive(json(200, body), NOW).unwrap();
    let stored = serde_json::to_string(&flow.record()).unwrap();
    let record: TokenRecord = serde_json::from_str(&stored).unwrap();
    let back = client.resume(record).unwrap();
    let tokens = back.tokens();
    assert_eq!(tokens.access_token().expose(), "at-000001");
    assert_eq!(tokens.refresh_token().unwrap().expose(), "rt-000001");
    assert_eq!(tokens.expires_at().unwrap().unix_seconds(), NOW.unix_seconds() + 3_600);
    assert_eq!(tokens.scope(), &scope("read write"));
    assert_eq!(tokens.extra::<flow_account::Business>().unwrap().support_code, "FA-1");
    assert_eq!(serde_json::to_string(&back.record()).unwrap(), stored);

    // The partner's fields are a text in it, so that any depth comes back, and any number to its last
    // digit.
    let precise = r#"{"access_token":"t","token_type":"Bearer","rate":1.5555555555555555e56}"#;
    let flow = exchanging(&client).receive(json(200, precise), NOW).unwrap();
    let stored_precise = serde_json::to_string(&flow.record()).unwrap();
    assert!(stored_precise.contains("1.5555555555555555e+56"), "{stored_precise}");
    let back = client.resume(serde_json::from_str(&stored_precise).unwrap()).unwrap();
    assert_eq!(serde_json::to_string(&back.record()).unwrap(), stored_precise);
    let deep = format!(
        r#"{{"access_token":"t","token_type":"Bearer","x":{}1{}}}"#,
        "[".repeat(127),
        "]".repeat(127)
    );
    let flow = exchanging(&client).receive(json(200, &deep), NOW).unwrap();
    let stored_deep = serde_json::to_string(&flow.record()).unwrap();
    assert!(client.resume(serde_json::from_str(&stored_deep).unwrap()).is_ok());

    for tampered in [
        stored.replace("at-000001", "at\\r\\nX-Evil: 1"),
        stored.replace("rt-000001", ""),
        stored.replace("\"format\"", "\"formal\""),
        "\"rt-000001\"".to_owned(),
        stored.replace("\"rt-000001\"", "[\"rt-000001\"]"),
    ] {
        let error = serde_json::from_str::<TokenRecord>(&tampered).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("t-00000"), "{error}");
    }
    let forever = stored.replace(":3600", &format!(":{}", u64::MAX));
    let tokens = client.resume(serde_json::from_str(&forever).unwrap()).unwrap();
    assert!(tokens.tokens().lifetime().unwrap().as_secs() < 1 << 33);
    let other = grantflow::Client::new("other", secret(), client.provider().clone()).unwrap();
    let elsewhere = self::client(Dialect::default());
    for (client, field) in [(other, "client_id"), (elsewhere, "token_endpoint")] {
        let error = client.resume(serde_json::from_str(&stored).unwrap()).unwrap_err();
        assert_eq!((error.field(), error.advice()), (field, Advice::Reauthorize));
    }
    let newer = stored.replace("\"format\":1", "\"format\":2");
    assert_eq!(client.resume(serde_json::from_str(&newer).unwrap()).unwrap_err().field(), "format");
}
