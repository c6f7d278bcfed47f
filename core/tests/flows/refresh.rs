//! The next access token, and the refresh token that dies for it.

use grantflow::partner::flow_account;
use grantflow::{
    Advice, Deviation, Dialect, Exchange, RefreshToken, TokenRecord, TransportError,
    TransportErrorKind,
};

use crate::scenario::{NOW, authorized, client, exchanging, json, pairs, partners, scope, secret};

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
}

#[test]
fn a_refresh_token_kept_by_itself_is_refreshed_too() {
    let client = client(Dialect::default());
    let refreshing = client.refresh(RefreshToken::new("rt-000009").unwrap()).unwrap();
    let token = refreshing.cancel().unwrap_err();
    let refreshing = client.refresh(token).unwrap();
    let failed = refreshing.receive(json(400, r#"{"error":"invalid_grant"}"#), NOW).unwrap_err();
    assert_eq!(failed.into_authorized().unwrap_err().advice(), Advice::Reauthorize);
    assert!(RefreshToken::new("").is_err());
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

    for tampered in [
        stored.replace("at-000001", "at\\r\\nX-Evil: 1"),
        stored.replace("rt-000001", ""),
        stored.replace("\"format\"", "\"formal\""),
    ] {
        assert!(serde_json::from_str::<TokenRecord>(&tampered).is_err(), "{tampered}");
    }
    let other = grantflow::Client::new("other", secret(), client.provider().clone()).unwrap();
    let elsewhere = self::client(Dialect::default());
    for (client, field) in [(other, "client_id"), (elsewhere, "token_endpoint")] {
        let error = client.resume(serde_json::from_str(&stored).unwrap()).unwrap_err();
        assert_eq!((error.field(), error.advice()), (field, Advice::Reauthorize));
    }
    let newer = stored.replace("\"format\":1", "\"format\":2");
    assert_eq!(client.resume(serde_json::from_str(&newer).unwrap()).unwrap_err().field(), "format");
}
