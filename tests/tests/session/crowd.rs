//! Two processes, a hundred sessions, a slow store, and a server that ends a session whose refresh
//! token is used twice.

use std::thread;

use grantflow::{MemoryStore, Store, TokenKey};
use grantflow_tests::rotating_server::RotatingServer;
use grantflow_tests::slow_store::SlowStore;

use crate::program::{Program, Tasks, Threads};

#[test]
fn two_blocking_processes_lose_no_session() {
    two_lose_no_session::<Threads, Threads>("ureq and ureq");
}

#[test]
fn two_asynchronous_processes_lose_no_session() {
    two_lose_no_session::<Tasks, Tasks>("hyper and hyper");
}

#[test]
fn two_processes_of_either_kind_lose_no_session() {
    two_lose_no_session::<Threads, Tasks>("ureq and hyper");
}

fn two_lose_no_session<P: Program, Q: Program>(who: &str) {
    let server = RotatingServer::start().unwrap();
    let client = server.client().unwrap();
    let store = SlowStore::new(MemoryStore::new());
    let slow = || store.clone().taking(1..40);
    log_all_in(&server, &P::new(store.clone(), &client));
    let (one, other) = (P::new(slow(), &client), Q::new(slow(), &client));
    thread::scope(|scope| {
        scope.spawn(|| take_part(&one));
        scope.spawn(|| take_part(&other));
    });
    assert_nothing_is_lost(&server, &store, who);
}

pub(crate) fn log_all_in(server: &RotatingServer, program: &impl Program) {
    let client = server.client().unwrap();
    for name in names() {
        program.login(&name, server.log_in(&client, &name).unwrap()).unwrap();
    }
}

/// Asks for each session's token, round by round. In each round the token of the round before is
/// rejected by the API.
pub(crate) fn take_part(program: &impl Program) {
    for round in 1..=ROUNDS {
        thread::scope(|scope| {
            for name in names() {
                scope.spawn(move || {
                    loop {
                        let tokens = program.tokens(&name).unwrap();
                        let token = tokens.access_token().expose();
                        let number = token.rsplit_once('-').unwrap().1.parse::<u64>().unwrap();
                        if number >= round {
                            break;
                        }
                        program.reject(&name, &tokens);
                    }
                });
            }
        });
    }
}

pub(crate) fn assert_nothing_is_lost(server: &RotatingServer, store: &impl Store, who: &str) {
    let client = server.client().unwrap();
    let is_lost = |name: &String| {
        let stored = store.load(&TokenKey::of_session(name, &client)).unwrap().unwrap();
        let record = serde_json::from_slice::<serde_json::Value>(stored.bytes()).unwrap();
        !server.is_live(record["tokens"]["refresh_token"].as_str().unwrap())
    };
    let lost = names().filter(is_lost).count();
    let (requests, fewest) = (server.requests(), SESSIONS * ROUNDS);
    println!(
        "{who}: {lost} of {SESSIONS} sessions lost; {requests} requests, where {fewest} are the \
         fewest; {} refresh tokens sent twice",
        server.reuses()
    );
    assert_eq!((lost, server.reuses()), (0, 0), "{who}");
    assert!((fewest..=fewest + fewest / 10).contains(&requests), "{who}: {requests} requests");
}

fn names() -> impl Iterator<Item = String> {
    (0..SESSIONS).map(|number| format!("user{number}"))
}

const SESSIONS: u64 = 100;
const ROUNDS: u64 = 3;
