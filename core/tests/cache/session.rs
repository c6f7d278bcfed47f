//! A user's session: the refresh token that rotates, and what is left of it after a failure.

use std::error::Error as _;

use grantflow::TransportErrorKind::{Connect, Timeout};
use grantflow::flow::Requesting;
use grantflow::{
    Advice, Dialect, Exchange, Failed, Flow, Lookup, Scope, TokenCache, TransportError,
};

use crate::scenario::{
    SUSPENDED, answer, at, client, client_of, ready, refresh_token_of, refused, renew, resumed,
    rotated, send, session, stored, token, unanswered, unavailable,
};

const UNREADABLE: &str =
    r#"{"access_token":"at-1","token_type":"Bearer","expires_in":-1,"refresh_token":"rt-1"}"#;
const DEAD: &str = r#"{"error":"invalid_grant"}"#;

#[test]
fn the_refresh_token_rotates_and_the_newest_one_is_stored_and_sent() {
    let mut cache = session(100);
    let ticket = renew(cache.get(at(96)));
    assert_eq!(refresh_token_of(&ticket), "rt-0");
    cache.complete(rotated(ticket, "at-1", "rt-1", at(96)), at(96));
    assert_eq!(ready(cache.get(at(96))), "at-1");
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
    let ticket = renew(cache.get(at(3690)));
    assert_eq!(refresh_token_of(&ticket), "rt-1");
}

#[test]
fn who_calls_an_api_sees_no_refresh_token() {
    let mut cache = session(100);
    let Lookup::Ready(tokens) = cache.get(at(0)) else { panic!("there is a token") };
    assert!(tokens.refresh_token().is_none());
    let ticket = renew(cache.get(at(96)));
    cache.complete(rotated(ticket, "at-1", "rt-1", at(96)), at(96));
    let Lookup::Ready(tokens) = cache.get(at(96)) else { panic!("there is a token") };
    assert!(tokens.refresh_token().is_none());
}

#[test]
fn a_refresh_token_that_is_not_replaced_stays() {
    let mut cache = session(100);
    let ticket = renew(cache.get(at(96)));
    cache.complete(token(ticket, "at-1", 100, at(96)), at(96));
    assert_eq!(stored(&cache).as_deref(), Some("rt-0"));
    assert_eq!(refresh_token_of(&renew(cache.get(at(192)))), "rt-0");
}

#[test]
fn an_unreadable_answer_with_a_new_refresh_token_leaves_the_new_one() {
    let mut cache = session(100);
    let ticket = renew(cache.get(at(96)));
    cache.complete(answer(ticket, 200, UNREADABLE, at(96)), at(96));
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
    assert_eq!(ready(cache.get(at(97))), "at-0");
    assert!(matches!(cache.get(at(100)), Lookup::Refused(_)));
    assert_eq!(refresh_token_of(&send(cache.get(at(1000)))), "rt-1");
}

#[test]
fn after_an_unreadable_answer_that_rotated_an_older_no_does_not_count() {
    let mut cache = session(100);
    let late = send(cache.get(at(100)));
    let ticket = send(cache.get(at(160)));
    cache.complete(answer(ticket, 200, UNREADABLE, at(160)), at(160));
    cache.complete(answer(late, 400, DEAD, at(100)), at(161));
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
    assert_eq!(refresh_token_of(&send(cache.get(at(1000)))), "rt-1");
}

#[test]
fn a_dead_refresh_token_ends_the_session_for_good_and_is_not_stored() {
    let mut cache = session(100);
    let ticket = renew(cache.get(at(96)));
    cache.complete(answer(ticket, 400, DEAD, at(96)), at(96));
    assert!(cache.record().is_none());
    // The access token has still time.
    assert_eq!(ready(cache.get(at(99))), "at-0");
    for second in [100, 10_000, 100_000_000] {
        let error = refused(cache.get(at(second)));
        assert_eq!(error.advice(), Advice::Reauthorize);
        assert!(error.retry_at().is_none());
        assert!(!error.to_string().contains("third time"), "it was refused: {error}");
    }
}

#[test]
fn what_is_no_verdict_on_the_grant_leaves_the_session_alone() {
    for n in 0..3 {
        let mut cache = session(100);
        let ticket = renew(cache.get(at(96)));
        let outcome = match n {
            0 => unavailable(ticket, None, at(96)),
            1 => answer(ticket, 401, SUSPENDED, at(96)),
            _ => unanswered(ticket, Connect),
        };
        cache.complete(outcome, at(96));
        assert_eq!(stored(&cache).as_deref(), Some("rt-0"));
        let ticket = send(cache.get(at(1000)));
        assert_eq!(refresh_token_of(&ticket), "rt-0");
        // It was not lost: two more tries are left.
        cache.complete(unanswered(ticket, Timeout), at(1000));
        let _ = send(cache.get(at(2000)));
    }
}

#[test]
fn a_lost_answer_risks_the_refresh_token_twice_and_not_thrice() {
    let mut cache = session(100);
    for now in [96, 196] {
        let ticket = match cache.get(at(now)) {
            Lookup::Renew(_, ticket) | Lookup::Send(ticket) => ticket,
            other => panic!("{other:?}"),
        };
        assert_eq!(refresh_token_of(&ticket), "rt-0");
        cache.complete(unanswered(ticket, Timeout), at(now));
    }
    let error = refused(cache.get(at(10_000)));
    assert_eq!(error.advice(), Advice::Reauthorize);
    assert_eq!(stored(&cache), None);
}

#[test]
fn a_carrier_that_tried_twice_itself_has_risked_it_twice() {
    let mut cache = session(100);
    let ticket = renew(cache.get(at(96)));
    let failed = unanswered(ticket, Timeout).unwrap_err();
    let again = failed.retry().unwrap();
    let error = TransportError::new(Timeout, "no answer");
    cache.complete(Err(Failed::unanswered(again, error)), at(97));
    assert_eq!(refused(cache.get(at(10_000))).advice(), Advice::Reauthorize);
}

#[test]
fn a_refresh_token_that_came_after_a_lost_answer_has_not_been_risked_itself() {
    let mut cache = session(100);
    let ticket = renew(cache.get(at(96)));
    let again = unanswered(ticket, Timeout).unwrap_err().retry().unwrap();
    cache.complete(answer(again, 200, UNREADABLE, at(97)), at(97));
    let ticket = send(cache.get(at(1000)));
    cache.complete(unanswered(ticket, Timeout), at(1000));
    assert_eq!(refresh_token_of(&send(cache.get(at(2000)))), "rt-1");
}

#[test]
fn dropped_tasks_count_as_lost_answers() {
    let mut cache = session(100);
    let ticket = send(cache.get(at(100)));
    cache.abandon(ticket.id(), true, at(100));
    let ticket = send(cache.get(at(100)));
    cache.abandon(ticket.id(), true, at(100));
    let _ = refused(cache.get(at(101)));
    let error = refused(cache.get(at(10_000)));
    assert_eq!(error.advice(), Advice::Reauthorize);
    assert!(error.to_string().contains("log the user in again"), "{error}");
}

#[test]
fn an_answer_after_a_lost_one_makes_the_next_loss_the_first() {
    let mut cache = session(100);
    let ticket = send(cache.get(at(100)));
    cache.abandon(ticket.id(), true, at(100));
    let ticket = send(cache.get(at(100)));
    cache.complete(rotated(ticket, "at-1", "rt-1", at(100)), at(100));
    let ticket = send(cache.get(at(3700)));
    cache.complete(unanswered(ticket, Timeout), at(3700));
    assert_eq!(refresh_token_of(&send(cache.get(at(3800)))), "rt-1");
}

#[test]
fn a_loss_is_remembered_over_a_failure_that_decides_nothing() {
    let mut cache = session(100);
    let ticket = send(cache.get(at(100)));
    cache.abandon(ticket.id(), true, at(100));
    let ticket = send(cache.get(at(100)));
    cache.complete(unavailable(ticket, None, at(100)), at(100));
    let ticket = send(cache.get(at(200)));
    cache.complete(unanswered(ticket, Timeout), at(200));
    assert_eq!(refused(cache.get(at(10_000))).advice(), Advice::Reauthorize);
}

#[test]
fn a_session_without_a_refresh_token_lasts_as_long_as_its_token() {
    let body = r#"{"format":1,"client_id":"app","token_endpoint":"https://as.example.com/token",
        "access_token":"at-0","sent_at":1700000000,"expires_in":100}"#;
    let flow = client().resume(serde_json::from_str(body).unwrap()).unwrap();
    let mut cache = TokenCache::from(flow);
    for second in 0..100 {
        assert_eq!(ready(cache.get(at(second))), "at-0");
    }
    let error = refused(cache.get(at(100)));
    assert_eq!(error.advice(), Advice::Reauthorize);
    assert!(error.to_string().contains("offline_access"), "{error}");
    assert_eq!(stored(&cache), None);
}

#[test]
fn a_session_that_was_resumed_and_stored_is_the_same() {
    let cache = session(100);
    let one = serde_json::to_value(cache.record().unwrap()).unwrap();
    assert_eq!(one, serde_json::to_value(resumed(100).record()).unwrap());
}

#[test]
fn what_the_server_does_not_repeat_of_the_scope_still_stands() {
    let record = r#"{"format":1,"client_id":"app","token_endpoint":"https://as.example.com/token",
        "access_token":"at-0","refresh_token":"rt-0","sent_at":1700000000,"expires_in":100,
        "scope":"read write"}"#;
    let flow = client().resume(serde_json::from_str(record).unwrap()).unwrap();
    let mut cache = TokenCache::from(flow);
    let ticket = send(cache.get(at(100)));
    cache.complete(rotated(ticket, "at-1", "rt-1", at(100)), at(100));
    let Lookup::Ready(tokens) = cache.get(at(100)) else { panic!("there is a token") };
    assert_eq!(tokens.scope().as_str(), "read write");
}

fn assertion() -> Flow<Requesting> {
    let client = client_of("app", "s3cr3t", Dialect::default());
    let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let flow = client.extension_grant(grant_type, Scope::default()).unwrap();
    flow.parameter("assertion", "as-0").unwrap()
}

#[test]
fn from_an_assertion_with_a_refresh_token_on_it_is_a_session() {
    let mut cache = TokenCache::from(assertion());
    assert!(cache.record().is_none());
    let ticket = send(cache.get(at(0)));
    cache.complete(rotated(ticket, "at-1", "rt-1", at(0)), at(0));
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
    assert_eq!(refresh_token_of(&send(cache.get(at(3600)))), "rt-1");
}

#[test]
fn a_dead_assertion_is_not_sent_again() {
    let mut cache = TokenCache::from(assertion());
    let ticket = send(cache.get(at(0)));
    cache.complete(answer(ticket, 400, DEAD, at(0)), at(0));
    assert_eq!(refused(cache.get(at(100_000_000))).advice(), Advice::Reauthorize);
}

#[test]
fn a_clients_own_token_makes_no_session_whatever_comes_with_it() {
    let flow = client().client_credentials(Scope::default()).unwrap();
    let mut cache = TokenCache::from(flow);
    let ticket = send(cache.get(at(0)));
    cache.complete(rotated(ticket, "at-1", "rt-1", at(0)), at(0));
    assert!(cache.record().is_none());
    let ticket = send(cache.get(at(3600)));
    assert_eq!(ticket.wire_request().body(), b"grant_type=client_credentials");
    assert!(ticket.may_repeat());
    let refresh = send(session(1).get(at(100)));
    assert!(!refresh.may_repeat());
}

#[test]
fn a_second_answer_to_an_assertion_leaves_the_sessions_refresh_token() {
    let mut cache = TokenCache::from(assertion());
    let late = send(cache.get(at(0)));
    let taken_over = send(cache.get(at(60)));
    cache.complete(rotated(late, "at-1", "rt-1", at(0)), at(61));
    cache.complete(token(taken_over, "at-2", 3600, at(60)), at(62));
    assert_eq!(stored(&cache).as_deref(), Some("rt-1"));
}

#[test]
fn an_answer_that_was_lost_twice_is_said_to_need_a_new_login() {
    let mut cache = session(100);
    for second in [100, 1000] {
        let ticket = send(cache.get(at(second)));
        cache.complete(unanswered(ticket, Timeout), at(second));
    }
    let said = refused(cache.get(at(10_000))).to_string();
    assert!(said.ends_with("a refresh token is not risked a third time: log the user in again"));
}

#[test]
fn what_the_http_client_says_is_the_cause_of_an_error() {
    let mut cache = session(100);
    let ticket = send(cache.get(at(100)));
    cache.complete(unanswered(ticket, Timeout), at(100));
    let error = refused(cache.get(at(100)));
    assert_eq!(error.source().unwrap().to_string(), "no answer");
}
