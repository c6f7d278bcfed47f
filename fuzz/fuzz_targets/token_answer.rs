//! Any status, header and body is an answer to any grant: it becomes tokens or an error, gives back
//! what can be tried again, and shows nothing.
#![no_main]

use std::fmt::Debug;
use std::time::Duration;

use grantflow::partner::flow_account::Business;
use grantflow::wire::Body;
use grantflow::{
    Exchange, Failed, Origin, RefreshToken, Scope, TokenRecord, TokenType, Tokens, TypedToken,
    Validity,
};
use grantflow_fuzz::{Answer, Input, NOW, Secrets, Setting};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (choice, kind) = (input.choice(), input.byte());
    let setting = Setting::new(choice, bytes);
    let secrets = setting.secrets();
    let of_grant = secrets.with([setting.grant.clone()]);
    let scope: Scope =
        if kind & 16 == 0 { Scope::default() } else { "read write".parse().unwrap() };
    let mut answer = Answer::read_head(&mut input);
    // One half of the answers begin as tokens or as an error do; the rest of it is anything.
    let begun: &[u8] = match kind >> 6 {
        0 | 1 => b"",
        2 => b"{\"access_token\":\"\x13\",\"refresh_token\":\"\x13\",",
        _ => b"{\"error\":\"invalid_grant\",\"error_description\":\"\x10 \x11 \x12 \x13 \x14 \x15 \x16",
    };
    let body = [begun, input.rest()].concat();
    let client = &setting.client;
    match kind & 7 {
        0 => {
            let Ok(flow) = client.client_credentials(scope) else { return };
            answer.body = secrets.plant(&body);
            if let Some(granted) = receive(flow, &answer, &secrets) {
                check(granted.tokens(), &secrets);
                secrets.assert_hidden_by(&granted.into_tokens());
            }
        }
        1 => {
            let Ok(flow) = client.refresh(RefreshToken::new(&*setting.grant).unwrap()) else {
                return;
            };
            answer.body = of_grant.plant(&body);
            if let Some(refreshed) = receive(flow, &answer, &of_grant) {
                check(refreshed.tokens(), &of_grant);
                check_record(&setting, &refreshed.record());
                drop(refreshed.stored().refresh());
            }
        }
        2 => {
            let url = format!(
                "https://app.example/cb?state={}&iss=https://as.example.com&code={}",
                setting.state,
                grantflow_fuzz::form_value(&setting.grant)
            );
            let known = of_grant.with([setting.verifier.clone()]);
            let exchanging = setting.login(scope).callback(&url, NOW).unwrap();
            answer.body = known.plant(&body);
            if let Some(authorized) = receive(exchanging, &answer, &known) {
                check(authorized.tokens(), &known);
                check_record(&setting, &authorized.record());
                let end = authorized.refresh_expires_at();
                assert!(end.is_none_or(|end| end.elapsed_since(NOW).is_some()));
            }
        }
        3 => {
            let subject = TypedToken::new(&*setting.grant, TokenType::JWT).unwrap();
            let actor = TypedToken::new(&*setting.verifier, TokenType::ACCESS_TOKEN).unwrap();
            let exchange = client.token_exchange(subject, scope).actor(actor);
            let exchange = exchange.requested_token_type(TokenType::ACCESS_TOKEN);
            let exchange = exchange.audience("backend").unwrap();
            // A parameter of its own has one way in.
            let exchange = exchange.parameter("actor_token", "x").unwrap_err().retry().unwrap();
            let known = of_grant.with([setting.verifier.clone()]);
            answer.body = known.plant(&body);
            if let Some(exchanged) = receive(exchange, &answer, &known) {
                if !known.are_in(exchanged.issued_token_type().as_str()) {
                    known.assert_hidden_by(&exchanged.typed());
                }
                assert!(exchanged.deviations().len() <= 7);
                assert!(exchanged.expires_at().is_none_or(|end| end.elapsed_since(NOW).is_some()));
                drop(exchanged.extra::<Map<String, Value>>().unwrap());
                if let Some(bearer) = exchanged.bearer() {
                    assert_eq!(bearer.access_token().expose(), exchanged.expose());
                    assert_eq!(bearer.scope(), exchanged.scope());
                    check(bearer, &known);
                }
                assert_eq!(exchanged.bearer().is_some(), exchanged.into_bearer().is_some());
            }
        }
        _ => {
            let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
            let flow = client.extension_grant(grant_type, scope).unwrap();
            let flow = flow.parameter("assertion", &setting.grant).unwrap();
            answer.body = of_grant.plant(&body);
            if let Some(granted) = receive(flow, &answer, &of_grant) {
                check(granted.tokens(), &of_grant);
            }
        }
    }
});

fn receive<E: Exchange + Debug>(exchange: E, answer: &Answer, known: &Secrets) -> Option<E::Output>
where
    E::Output: Debug,
{
    known.assert_hidden_by(&exchange);
    known.assert_hidden_by(&exchange.request());
    let request = exchange.wire_request();
    known.assert_hidden_by(&request);
    assert_eq!((request.method(), request.url()), ("POST", "https://as.example.com/token"));
    let sent = request.body().to_vec();
    drop(request);
    check_body(answer, known);
    let _ = exchange.may_repeat();
    known.assert_hidden_by(&answer.response());
    let received = match answer.http() {
        Some(response) => exchange.receive(&response, NOW),
        None => exchange.receive(answer.response(), NOW),
    };
    match received {
        Ok(output) => {
            assert!(matches!(answer.status, 200 | 201));
            let scope = serde_json::from_slice::<Value>(&answer.body);
            // What a server calls a scope or the type of a token is shown.
            let is_shown = scope.is_ok_and(|answer| {
                let shown = [&answer["scope"], &answer["issued_token_type"]];
                shown.iter().any(|value| known.are_in(&value.to_string()))
            });
            if !is_shown {
                known.assert_hidden_by(&output);
            }
            Some(output)
        }
        Err(failed) => {
            check_failure(failed, answer, &sent, known);
            None
        }
    }
}

/// What can be tried again is the same request; a refresh may have got another refresh token.
fn check_failure<E: Exchange + Debug>(
    failed: Failed<E>,
    answer: &Answer,
    sent: &[u8],
    known: &Secrets,
) {
    known.assert_hidden_by_failure(&failed);
    match failed.retry() {
        Ok(exchange) => assert_eq!(exchange.wire_request().body(), sent),
        Err(failed) => {
            let (status, error) = (failed.error().status(), failed.into_error());
            assert_eq!(status, Some(answer.status));
            known.assert_hidden_by_error(&error);
        }
    }
}

/// As an adapter reads it, piece by piece.
fn check_body(answer: &Answer, known: &Secrets) {
    let (mut body, limit) = (Body::default(), answer.body.len());
    for piece in answer.body.chunks(100) {
        assert!(body.push_within(limit, piece));
    }
    assert!(!body.push_within(limit, b"x"));
    assert_eq!(body.as_ref(), answer.body);
    known.assert_hidden_by(&body);
}

fn check(tokens: &Tokens, known: &Secrets) {
    let whole_time = tokens.lifetime().unwrap_or(Duration::ZERO);
    assert!(whole_time <= Duration::from_secs(100 * 366 * 24 * 60 * 60));
    let end = tokens.expires_at().unwrap_or(NOW);
    assert_eq!(end.elapsed_since(tokens.sent_at()), Some(whole_time));
    assert!(!matches!(tokens.validity(end, Duration::ZERO), Validity::Valid));
    assert!(tokens.scope().tokens().all(|token| tokens.scope().contains(token)));
    assert!(tokens.deviations().len() <= 7);
    assert!(!tokens.scope_differs() || !tokens.scope().is_empty());
    // Whatever a type of the caller's makes of them.
    drop(tokens.extra::<Map<String, Value>>().unwrap());
    if let Err(error) = tokens.extra::<Business>() {
        known.assert_hidden_by_error(&error);
    }
    let api: Origin = "https://api.example".parse().unwrap();
    let mut request = http::Request::get("https://api.example/v1").body(()).unwrap();
    tokens.authorize(&mut request, std::slice::from_ref(&api)).unwrap();
    let header = &request.headers()["authorization"];
    assert!(header.is_sensitive());
    assert_eq!(header, tokens.access_token().authorization().expose());
    assert_eq!(
        grantflow::AccessToken::try_from(header).unwrap().expose(),
        tokens.access_token().expose()
    );
    assert!(tokens.authorize(&mut request, &[api]).is_err());
    let mut request = http::Request::get("https://other.example/v1").body(()).unwrap();
    assert!(tokens.authorize(&mut request, &["https://api.example".parse().unwrap()]).is_err());
    assert!(request.headers().is_empty());
}

/// What was accepted can be stored and comes back the same.
fn check_record(setting: &Setting, record: &TokenRecord) {
    let stored = serde_json::to_string(record).unwrap();
    let resumed = setting.client.resume(serde_json::from_str(&stored).unwrap()).unwrap();
    assert_eq!(serde_json::to_string(&resumed.record()).unwrap(), stored);
}
