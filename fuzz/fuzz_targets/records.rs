//! Anything as what a program loads: an accent, tokens, a login, a session. It is refused, or taken
//! whole, written as it was read, used once, and never told about.
#![no_main]

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use grantflow::flow::Authorized;
use grantflow::{
    AsyncStore, Client, Dialect, Event, Exchange, Flow, Login, Logout, Lookup, MemoryStore,
    PendingLogin, Provider, Secret, SessionRecord, Step, Stepwise, Store, Stored, TokenCache,
    TokenKey, TokenRecord,
};
use grantflow_fuzz::{Answer, Input, NOW, Secrets, Setting};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (choice, kind) = (input.choice(), input.byte());
    let setting = Setting::new(choice, bytes);
    let known = Secrets::new([setting.grant.clone()]);
    let text = known.plant(input.part());
    match kind & 3 {
        0 => dialect(&text),
        1 => tokens(&setting, &known, &text, &mut input),
        2 => login(&setting, &known, &text, &mut input),
        _ => session(&setting, &known, &text, &mut input),
    }
});

/// What is taken comes back as it was written, from a text as from a value.
fn read<T: DeserializeOwned + Serialize>(known: &Secrets, text: &[u8]) -> Option<T> {
    let value = serde_json::from_slice::<Value>(text);
    let of_value = value.map(serde_json::from_value::<T>);
    if let Ok(Err(error)) = &of_value {
        known.assert_hidden_by_error(error);
    }
    match serde_json::from_slice::<T>(text) {
        Ok(taken) => {
            let written = serde_json::to_string(&taken).unwrap();
            let again: T = serde_json::from_str(&written).unwrap();
            assert_eq!(serde_json::to_string(&again).unwrap(), written);
            assert_eq!(serde_json::to_string(&of_value.unwrap().unwrap()).unwrap(), written);
            Some(taken)
        }
        Err(error) => {
            known.assert_hidden_by_error(&error);
            None
        }
    }
}

/// Addresses and scopes are no secrets; whoever puts one there shows it.
fn shows(known: &Secrets, text: &[u8], places: &[&str]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(text) else { return true };
    let at = |place: &&str| value.pointer(place).map(Value::to_string).unwrap_or_default();
    // A struct may come as an array as well.
    value.is_array() || places.iter().map(at).any(|text| known.are_in(&text))
}

fn dialect(text: &[u8]) {
    // An accent has no secrets.
    let Some(dialect) = read::<Dialect>(&Secrets::default(), text) else { return };
    assert_eq!(dialect.login_lifetime().as_secs(), dialect.login_lifetime_seconds);
    let provider = Provider::new("https://as.example.com/token".parse().unwrap());
    let client =
        Client::new("app", Secret::new("s3cr3t-s3cr3t").unwrap(), provider.with_dialect(dialect));
    let flow = client.unwrap().client_credentials("read".parse().unwrap()).unwrap();
    let body = br#"{"access_token":"a","token_type":"bearer","expires_in":1}"#;
    let granted = flow.receive(Answer::json(200, body).response(), NOW).unwrap();
    assert_eq!(granted.tokens().access_token().expose(), "a");
}

fn tokens(setting: &Setting, known: &Secrets, text: &[u8], input: &mut Input<'_>) {
    let Some(record) = read::<TokenRecord>(known, text) else { return };
    if !shows(known, text, &["/token_endpoint", "/scope", "/wider"]) {
        known.assert_hidden_by(&record);
    }
    let session = match setting.client.resume(record) {
        Ok(session) => session,
        Err(error) => return known.assert_hidden_by_error(&error),
    };
    let stored = serde_json::to_string(&session.record()).unwrap();
    let faults = input.choice();
    let again = setting.client.resume(serde_json::from_str(&stored).unwrap()).unwrap();
    log_in_and_out(&setting.client, again, faults, known);
    let access_token = session.tokens().access_token().expose().to_owned();
    let refresh_token = session.tokens().refresh_token();
    let refresh_token = refresh_token.map(|it| it.expose().to_owned()).unwrap_or_default();
    let refreshing = match session.refresh() {
        Ok(refreshing) => refreshing,
        Err(failed) => {
            let session = failed.retry().unwrap();
            assert_eq!(serde_json::to_string(&session.record()).unwrap(), stored);
            return;
        }
    };
    assert_eq!(refreshing.wire_request().url(), "https://as.example.com/token");
    // A server repeats what it was sent.
    let sent = setting.secrets().with([refresh_token]);
    let (answer, known) = (Answer::read(input, &sent), known.and(&sent));
    match refreshing.receive(answer.response(), NOW) {
        Ok(refreshed) => drop(refreshed.stored().record()),
        Err(failed) => {
            known.assert_hidden_by_failure(&failed);
            let (session, _) = failed.into_authorized().ok().unwrap();
            assert_eq!(session.tokens().access_token().expose(), access_token);
        }
    }
}

fn login(setting: &Setting, known: &Secrets, text: &[u8], input: &mut Input<'_>) {
    let Some(pending) = read::<PendingLogin>(known, text) else { return };
    let shown = ["/redirect_uri", "/scope", "/authorization_endpoint"];
    if !shows(known, text, &shown) {
        known.assert_hidden_by(&pending);
    }
    let written = serde_json::to_value(&pending).unwrap();
    let state = pending.state().expose().to_owned();
    let is_over = pending.expires_at().unix_seconds() <= NOW.unix_seconds();
    let login = match setting.client.resume_login(pending) {
        Ok(login) => login,
        Err(error) => return known.assert_hidden_by_error(&error),
    };
    let url = login.authorization_url();
    known.assert_hidden_by(&url);
    assert_eq!(url.is_err(), written["pushed"] == true);
    assert!(
        url.is_ok_and(|url| url.as_str().starts_with("https://as.example.com/authorize?"))
            || written["pushed"] == true
    );
    let query =
        format!("code=c&iss=https://as.example.com&state={}", grantflow_fuzz::form_value(&state));
    let place = written["redirect_uri"].as_str().unwrap();
    let sign = if place.contains('?') { '&' } else { '?' };
    let result = if written["form_post"] == true {
        login.callback_form("application/x-www-form-urlencoded", &query, NOW)
    } else {
        login.callback(&format!("{place}{sign}{query}"), NOW)
    };
    let exchanging = match result {
        Ok(exchanging) => exchanging,
        Err(failed) => {
            assert!(is_over || state.len() > 10_000 || place.len() > 10_000, "{failed}");
            return known.assert_hidden_by_failure(&failed);
        }
    };
    assert_eq!(exchanging.wire_request().url(), "https://as.example.com/token");
    let sent = setting.secrets();
    let (answer, known) = (Answer::read(input, &sent), known.and(&sent));
    if let Err(failed) = exchanging.receive(answer.response(), NOW) {
        known.assert_hidden_by_failure(&failed);
    }
}

/// A cache takes it up, looks what there is to do, and comes to an end.
fn session(setting: &Setting, known: &Secrets, text: &[u8], input: &mut Input<'_>) {
    // Origin and base are digests, owners are names.
    let digests = ["/origin", "/base", "/mark/owner"];
    let tokens = ["/tokens/token_endpoint", "/tokens/scope", "/tokens/wider"];
    let shown = [digests, tokens].concat();
    if let Some(record) = read::<SessionRecord>(known, text) {
        if !shows(known, text, &shown) {
            known.assert_hidden_by(&record);
        }
        let again: SessionRecord =
            serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(record.tokens().is_some(), again.tokens().is_some());
        let is_same = record.is_in_flight() == again.is_in_flight();
        assert!(is_same && record.has_ended() == again.has_ended());
    }
    let (sent, of_client) = (setting.secrets(), input.byte() & 1 != 0);
    let (answer, known) = (Answer::read(input, &sent), known.and(&sent));
    let client = &setting.client;
    let request = client.client_credentials("read".parse().unwrap()).ok();
    let request = request.filter(|_| of_client);
    let (key, mut cache) = match request {
        // A client's own token, which processes share.
        Some(request) => {
            (TokenKey::of_request("acme", &request), TokenCache::of_tenant("acme", request))
        }
        None => (TokenKey::of_session("anna", client), TokenCache::of_session("anna", client, 1)),
    };
    let store = Arc::new(MemoryStore::new());
    let is_shown = shows(&known, text, &shown);
    let stored = Stored::new(7, text.to_vec());
    known.assert_hidden_by(&stored);
    assert!(Store::compare_and_swap(&store, &key, None, &stored).unwrap());
    let mut now = NOW;
    for _ in 0..3 {
        match cache.get(now) {
            Lookup::Rotate(_, mut rotation) => {
                let mut steps = 0;
                loop {
                    steps += 1;
                    assert!(steps < 1_000, "it does not end");
                    if !is_shown {
                        known.assert_hidden_by(&rotation);
                    }
                    let event = match rotation.step(now) {
                        Step::Load(key) => Event::Loaded(at_once(AsyncStore::load(&store, key))),
                        Step::Swap { key, expected, new } => {
                            Event::Swapped(Store::compare_and_swap(&store, key, expected, new))
                        }
                        Step::Wait(time) => {
                            now = now.saturating_add(time);
                            Event::Waited
                        }
                        Step::Send(ticket) => {
                            assert!(ticket.waiting().time_left(now) <= Duration::from_secs(600));
                            assert_eq!(ticket.wire_request().url(), "https://as.example.com/token");
                            Event::Answered(ticket.receive(answer.response(), now))
                        }
                        Step::Done => break,
                    };
                    rotation.take(event, now);
                }
                cache.conclude(*rotation, now);
            }
            Lookup::Refused(error) => known.assert_hidden_by_error(&error),
            other => drop(other),
        }
        now = now.saturating_add(Duration::from_secs(90));
    }
    cache.ask_as(&Setting::new(0, text).client);
    assert!(cache.unsaved(now).is_none(), "the store took all");
    let _ = cache.is_idle(now);
    if !is_shown {
        known.assert_hidden_by(&cache);
    }
}

/// What is ready when it is first asked.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

/// A login by way of a store that fails as the bits say, and a logout: in the end either all of it is
/// done, or the session is given back.
fn log_in_and_out(client: &Client, session: Flow<Authorized>, mut faults: u16, known: &Secrets) {
    let store: Box<MemoryStore> = Box::default();
    let key = TokenKey::of_session("anna", client);
    let mut login = Login::new("anna", &session);
    drive(&mut login, &store, &mut faults);
    known.assert_hidden_by(&login);
    let stands = Store::load(&store, &key).unwrap();
    let access_token = session.tokens().access_token().expose().to_owned();
    match login.finish(session) {
        Ok(()) => assert!(stands.is_some()),
        Err(failed) => {
            known.assert_hidden_by_failure(&failed);
            let session = failed.retry().unwrap();
            assert_eq!(session.tokens().access_token().expose(), access_token);
        }
    }
    let mut logout = Logout::new("anna", client);
    drive(&mut logout, &&*store, &mut faults);
    known.assert_hidden_by(&logout);
    match logout.finish() {
        Ok(removed) => assert!(removed.is_none() || stands.is_some()),
        Err(error) => known.assert_hidden_by_error(&error),
    }
}

fn drive(machine: &mut impl Stepwise, store: &impl Store, faults: &mut u16) {
    let mut fails = || {
        let fault = *faults & 1 != 0;
        *faults >>= 1;
        fault
    };
    for _ in 0..100 {
        let event = match machine.step(NOW) {
            Step::Load(_) if fails() => Event::Loaded(Err("down".into())),
            Step::Load(key) => Event::Loaded(store.load(key)),
            Step::Swap { key, expected, new } => {
                // What is said of it may be wrong.
                let done = store.compare_and_swap(key, expected, new);
                Event::Swapped(if fails() { Err("down".into()) } else { done })
            }
            Step::Wait(_) => Event::Waited,
            Step::Send(_) | Step::Done => return,
        };
        machine.take(event, NOW);
    }
    panic!("it does not end");
}
