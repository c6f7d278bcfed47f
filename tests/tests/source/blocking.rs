//! The stories for threads.

use std::panic;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use grantflow::partner::meed;
use grantflow::{Advice, Client, Scope, Secret};
use grantflow_tests::gate::Gate;
use grantflow_tests::sandbox::credentials::MEED;
use grantflow_tests::sandbox::{Answer, Endpoint, Sandbox};
use grantflow_ureq::{TokenSource, Transport};

use crate::session;

fn source(gate: &Gate) -> TokenSource {
    let flow = gate.client().unwrap().client_credentials(Scope::default()).unwrap();
    TokenSource::new(&Transport::new(), flow)
}

/// What this many threads get that ask at the same time.
fn herd<T: Send>(threads: usize, ask: impl Fn() -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    let one = || {
        barrier.wait();
        ask()
    };
    thread::scope(|scope| {
        let asking: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn sixty_four_threads_on_an_empty_cache_make_one_request() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let source = source(&gate);
    let headers = thread::scope(|scope| {
        scope.spawn(|| {
            gate.wait_for_requests(1);
            gate.let_go();
        });
        herd(64, || source.authorization().unwrap())
    });
    assert!(headers.iter().all(|header| header == "Bearer token-1" && header.is_sensitive()));
    for _ in 0..1_000 {
        assert_eq!(source.authorization().unwrap(), "Bearer token-1");
    }
    assert_eq!(gate.requests(), 1);
}

#[test]
fn sixty_four_threads_learn_one_error_from_one_request() {
    let gate = Gate::start().unwrap();
    gate.answer(503, r#"{"error_description": "closed for the night"}"#);
    let source = source(&gate);
    let errors = herd(64, || source.token().unwrap_err());
    for error in &errors {
        assert!(error.to_string().contains("closed for the night"), "{error}");
        assert!(matches!(error.advice(), Advice::RetryAfter(pause) if pause.as_secs() >= 1));
    }
    assert!(source.token().is_err());
    assert_eq!(gate.requests(), 1);
}

#[test]
fn a_thousand_late_401s_for_one_token_make_one_request() {
    let gate = Gate::start().unwrap();
    let source = source(&gate);
    let revoked = source.token().unwrap();
    herd(50, || {
        for _ in 0..20 {
            source.reject(revoked.access_token());
            assert_eq!(source.token().unwrap().access_token().expose(), "token-2");
        }
    });
    assert_eq!(source.authorization().unwrap(), "Bearer token-2");
    assert_eq!(gate.requests(), 2);
}

#[test]
fn a_hung_endpoint_makes_nobody_wait_who_has_a_valid_token() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let client = gate.client().unwrap();
    let source = TokenSource::new(&Transport::new(), session::of_age(&client, session::DUE));
    // If one of them waited, it would wait for the gate, and so for ever.
    for token in herd(64, || source.token().unwrap()) {
        assert_eq!(token.access_token().expose(), "old");
    }
    gate.wait_for_requests(1);
    gate.let_go();
    source.settle().unwrap();
    assert_eq!(source.token().unwrap().access_token().expose(), "token-1");
    assert_eq!(gate.requests(), 1);
    let record = serde_json::to_value(source.record().unwrap()).unwrap();
    assert_eq!(record["refresh_token"], "refresh-1");
}

#[test]
fn while_a_renewal_fails_the_old_token_answers_and_the_endpoint_has_peace() {
    let gate = Gate::start().unwrap();
    gate.answer(503, "{}");
    let client = gate.client().unwrap();
    let source = TokenSource::new(&Transport::new(), session::of_age(&client, session::DUE));
    let begin = Instant::now();
    let mut calls = 0;
    while begin.elapsed() < Duration::from_millis(300) {
        assert_eq!(source.authorization().unwrap(), "Bearer old");
        calls += 1;
    }
    source.settle().unwrap();
    assert!(calls > 100, "{calls}");
    assert!((1..=2).contains(&gate.requests()), "{} requests", gate.requests());
}

#[test]
fn what_was_asked_for_arrives_though_who_asked_is_gone() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let source = source(&gate);
    // The one who sends the request panics when it has its answer; the others get it too.
    let asking: Vec<_> = (0..8)
        .map(|_| {
            let source = source.clone();
            thread::spawn(move || {
                let token = source.token().unwrap();
                panic::resume_unwind(Box::new(token.access_token().expose().to_owned()))
            })
        })
        .collect();
    gate.wait_for_requests(1);
    gate.let_go();
    for thread in asking {
        let said: Result<(), _> = thread.join();
        assert_eq!(said.unwrap_err().downcast_ref::<String>().unwrap(), "token-1");
    }
    assert_eq!(source.authorization().unwrap(), "Bearer token-1");
    assert_eq!(gate.requests(), 1);
}

#[test]
fn replaced_credentials_ask_at_once_and_what_the_old_ones_get_is_dropped() {
    let gate = Gate::start().unwrap();
    gate.hold();
    let source = source(&gate);
    let waiting = {
        let source = source.clone();
        thread::spawn(move || source.token().unwrap())
    };
    gate.wait_for_requests(1);
    let client = gate.client().unwrap();
    source.replace(client.client_credentials("other".parse().unwrap()).unwrap());
    gate.wait_for_requests(2);
    gate.let_go();
    assert_eq!(waiting.join().unwrap().access_token().expose(), "token-2");
    assert_eq!(source.token().unwrap().access_token().expose(), "token-2");
    assert_eq!(gate.requests(), 2);
}

/// A source of the sandbox's Meed tokens.
fn meed_source(sandbox: &Sandbox) -> TokenSource {
    let provider = meed::provider(&sandbox.host()).unwrap();
    let secret = Secret::new(MEED.client_secret).unwrap();
    let client = Client::new(MEED.client_id, secret, provider).unwrap();
    let pem = sandbox.ca_pem().as_bytes();
    let transport = Transport::builder().root_certificates(pem).unwrap().build();
    TokenSource::new(&transport, client.client_credentials(Scope::default()).unwrap())
}

#[test]
fn a_suspended_client_asks_once_and_says_what_the_partner_says() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.suspend_meed();
    let source = meed_source(&sandbox);
    for error in herd(64, || source.authorization().unwrap_err()) {
        let said = error.to_string();
        assert!(said.contains("API application is suspended or revoked"), "{said}");
        assert_eq!(error.advice(), Advice::FixConfiguration);
    }
    assert_eq!(sandbox.requests(Endpoint::MeedToken), 1);
}

#[test]
fn an_error_names_the_pause_that_is_kept_and_not_the_servers() {
    let sandbox = Sandbox::start().unwrap();
    let headers = vec![("Retry-After".to_owned(), "100".to_owned())];
    let body = r#"{"error":"temporarily_unavailable"}"#.to_owned();
    sandbox.answer_next(Endpoint::MeedToken, 1, Answer { status: 503, headers, body });
    let source = meed_source(&sandbox);
    let error = source.token().unwrap_err();
    let Advice::RetryAfter(pause) = error.advice() else { panic!("{error:?}") };
    // The server's, and up to half as long again.
    assert!((100..151).contains(&pause.as_secs()), "{pause:?}");
    let seconds = pause.as_secs() + 1;
    let (said, servers_own) = (error.to_string(), error.error().to_string());
    assert!(said.contains(&format!("asked again {seconds} s after that")), "{said}");
    assert!(servers_own.contains("100 s") && !said.contains("100 s"), "{servers_own}: {said}");
    assert_eq!(source.token().unwrap_err().to_string(), said);
    assert_eq!(sandbox.requests(Endpoint::MeedToken), 1);
}

#[test]
fn a_source_can_be_shared_by_anybody() {
    fn check<T: Clone + Send + Sync + 'static>(_: &T) {}
    let gate = Gate::start().unwrap();
    check(&source(&gate));
    check(&grantflow_ureq::TokenSources::new(&Transport::new()));
    let shared = Arc::new(source(&gate));
    assert!(!format!("{shared:?}").contains("s3cr3t-s3cr3t"));
}
