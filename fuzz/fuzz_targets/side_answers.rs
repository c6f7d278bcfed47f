//! Any answer of the endpoints beside the token endpoint: devices, introspection, revocation, pushed
//! logins. It is read or refused, and shows nothing.
#![no_main]

use std::fmt::Debug;
use std::time::Duration;

use grantflow::flow::AwaitingUser;
use grantflow::{
    Advice, Endpoint, Exchange, Failed, Flow, RefreshToken, Scope, TokenType, TransportError,
    TransportErrorKind, TypedToken,
};
use grantflow_fuzz::{Answer, Input, NOW, Secrets, Setting, form};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (choice, kind) = (input.choice(), input.byte());
    let setting = Setting::new(choice, bytes);
    match kind & 3 {
        0 => device(&setting, &mut input),
        1 => introspection(&setting, &mut input, kind & 4 != 0),
        2 => revocation(&setting, &mut input, kind & 4 != 0),
        _ => pushed(&setting, &mut input),
    }
});

fn device(setting: &Setting, input: &mut Input<'_>) {
    let known = setting.secrets().with([setting.grant.clone()]);
    let request = setting.client.device_authorization("read".parse().unwrap()).unwrap();
    let request = request.parameter("device_secret", &setting.grant).unwrap();
    let request = request.resource("https://api.example/").unwrap();
    let request = request.resource("/relative").unwrap_err().retry().unwrap();
    let answer = Answer::read(input, &known);
    let Some(device) = receive(request, "device", &answer, &known) else { return };
    if !known.are_in(device.verification_uri()) {
        known.assert_hidden_by(&device);
    }
    // What a person sees, and what a browser opens.
    assert!(!device.user_code().chars().any(char::is_control));
    assert!(!device.user_code().trim().is_empty());
    for uri in [Some(device.verification_uri()), device.verification_uri_complete()] {
        let uri = uri.map(|uri| uri.split_once('#').map_or(uri, |(page, _)| page));
        assert!(uri.is_none_or(|uri| uri.parse::<Endpoint>().is_ok()));
    }
    let interval = Duration::from_secs(1)..=Duration::from_secs(86_400);
    assert!(interval.contains(&device.interval()));
    assert_eq!(device.expires_at().elapsed_since(NOW), Some(device.lifetime()));
    assert!(device.deviations().len() <= 4);
    let code = device.device_code().expose().to_owned();
    if setting.client.provider().dialect().body == grantflow::BodyFormat::Form {
        let pairs = form(device.wire_request().body());
        assert!(pairs.iter().any(|(name, value)| name == "device_code" && *value == code));
    }
    // The server knows the code that it gave, and may repeat it.
    let device = device.parameter("device_secret", &setting.grant).unwrap();
    let device = device.parameter("device_code", "another").unwrap_err().retry().unwrap();
    poll(device, input, &known.with([code]));
}

/// Asks for the token as long as there is time and input. A restart changes nothing.
fn poll(mut device: Flow<AwaitingUser>, input: &mut Input<'_>, known: &Secrets) {
    let mut now = NOW;
    while let Ok(pause) = device.pause(now) {
        assert!(!device.may_repeat());
        assert!(pause >= device.interval() && pause <= Duration::from_secs(86_400));
        now = now.saturating_add(pause);
        assert!(now.elapsed_since(NOW).unwrap() < device.lifetime());
        let kept = serde_json::to_string(device.pending()).unwrap();
        let again = device.client().resume_device(serde_json::from_str(&kept).unwrap()).unwrap();
        assert_eq!(again.wire_request().body(), device.wire_request().body());
        assert_eq!(again.pause(NOW).unwrap(), device.pause(NOW).unwrap());
        let (answer, interval) = (Answer::read(input, known), again.interval());
        let failed = if answer.status == 0 {
            let error = TransportError::new(TransportErrorKind::Timeout, "no answer came");
            Failed::unanswered(again, error)
        } else {
            let Err(failed) = again.receive(answer.response(), now) else { return };
            failed
        };
        known.assert_hidden_by_failure(&failed);
        let advice = failed.advice();
        let Ok(again) = failed.retry() else { return };
        assert!(again.interval() >= interval);
        assert!(
            again.pause(NOW).is_err() || advice == Advice::RetryAfter(again.pause(NOW).unwrap())
        );
        if input.is_empty() {
            return;
        }
        device = again;
    }
    // No pause is longer than a day, so the lifetime ends it and nothing else.
    assert!(device.expires_at().elapsed_since(now).unwrap() <= Duration::from_secs(86_400));
}

fn introspection(setting: &Setting, input: &mut Input<'_>, has_hint: bool) {
    let known = setting.secrets().with([setting.grant.clone()]);
    let token = TypedToken::new(&*setting.grant, TokenType::ACCESS_TOKEN).unwrap();
    let Ok(request) = setting.client.introspect(token) else { return };
    let request = if has_hint { request } else { request.without_hint() };
    let answer = Answer::read(input, &known);
    let Some(Some(token)) = receive(request, "introspect", &answer, &known) else { return };
    if !known.are_in(token.scope().as_str()) {
        known.assert_hidden_by(&token);
    }
    let said: Map<String, Value> = token.extra().unwrap();
    assert!(!said.contains_key("active"));
    assert!(token.key_thumbprint().is_none_or(|it| said["cnf"]["jkt"] == it));
    assert!(token.deviations().len() <= 3);
    let is_in_answer = |it: &String| answer.body.len() >= it.len();
    assert!(token.audience().iter().all(is_in_answer));
    assert!(token.expires_at().is_none() || answer.body.windows(3).any(|it| it == b"exp"));
}

fn revocation(setting: &Setting, input: &mut Input<'_>, has_hint: bool) {
    let known = setting.secrets().with([setting.grant.clone()]);
    let token = RefreshToken::new(&*setting.grant).unwrap();
    let request = setting.client.revoke(&token).unwrap();
    let request = if has_hint { request } else { request.without_hint() };
    let body = form(request.wire_request().body());
    assert_eq!(body.iter().any(|(name, _)| name == "token_type_hint"), has_hint);
    let answer = Answer::read(input, &known);
    let is_done = receive(request, "revoke", &answer, &known).is_some();
    assert!(is_done || answer.status != 200);
}

fn pushed(setting: &Setting, input: &mut Input<'_>) {
    let known = setting.secrets().with([setting.state.clone(), setting.grant.clone()]);
    let login = setting.login(Scope::default()).parameter("login_hint", &setting.grant).unwrap();
    let answer = Answer::read(input, &known);
    let Some(pushed) = receive(login.push().unwrap(), "par", &answer, &known) else { return };
    known.assert_hidden_by(&pushed);
    assert!(pushed.deviations().len() <= 2);
    assert!(pushed.lifetime() > Duration::ZERO);
    let request_uri = pushed.request_uri().to_owned();
    if input.byte() & 1 != 0 {
        let end = NOW.saturating_add(pushed.lifetime());
        known.assert_hidden_by_failure(&pushed.authorization_url(end).unwrap_err());
        return;
    }
    let (url, login) = pushed.authorization_url(NOW).unwrap();
    known.assert_hidden_by(&url);
    let query = url.as_str().strip_prefix("https://as.example.com/authorize?").unwrap();
    let own = [("client_id".into(), "app".into()), ("request_uri".into(), request_uri)];
    assert_eq!(form(query.as_bytes()), own);
    // The reference was given out once.
    known.assert_hidden_by(&login.authorization_url().unwrap_err());
}

fn receive<E: Exchange + Debug>(
    exchange: E,
    path: &str,
    answer: &Answer,
    known: &Secrets,
) -> Option<E::Output> {
    known.assert_hidden_by(&exchange);
    assert_eq!(exchange.wire_request().url(), format!("https://as.example.com/{path}"));
    assert!(exchange.may_repeat());
    let sent = exchange.wire_request().body().to_vec();
    match exchange.receive(answer.response(), NOW) {
        Ok(output) => Some(output),
        Err(failed) => {
            known.assert_hidden_by_failure(&failed);
            if let Ok(exchange) = failed.retry() {
                assert_eq!(exchange.wire_request().body(), sent);
            }
            None
        }
    }
}
