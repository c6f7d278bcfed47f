//! How many threads the blocking sources have.

use std::collections::BTreeSet;
use std::thread::{self, yield_now};
use std::time::{Duration, Instant};

use grantflow::Scope;
use grantflow_tests::gate::Gate;
use grantflow_ureq::{TokenSource, TokenSources, Transport};

use crate::alone::{alone, threads};
use crate::session;

/// The threads that fetch. One that looks up a host for them, and is about to end, has their name
/// too: so where there are more than `most`, they get some time.
fn fetching(most: usize) -> usize {
    let begin = Instant::now();
    loop {
        let count = threads().iter().filter(|name| name.trim_end() == "grantflow").count();
        if count <= most || begin.elapsed() > Duration::from_secs(5) {
            return count;
        }
        yield_now();
    }
}

#[test]
fn a_partner_that_hangs_holds_sixty_four_threads_and_nobody_who_has_a_token() {
    alone(
        "threads::a_partner_that_hangs_holds_sixty_four_threads_and_nobody_who_has_a_token",
        || {
            let gate = Gate::start().unwrap();
            gate.hold();
            let (client, transport) = (gate.client().unwrap(), Transport::new());
            let new = |_| TokenSource::new(&transport, session::of_age(&client, session::DUE));
            let sources: Vec<_> = (0..200).map(new).collect();
            // If one of them waited, it would wait for the gate, and so for ever.
            for source in &sources {
                assert_eq!(source.authorization().unwrap(), "Bearer old");
            }
            gate.wait_for_requests(64);
            assert_eq!((fetching(64), gate.requests()), (64, 64));
            // The places are free again when their threads have ended.
            gate.let_go();
            for source in &sources {
                source.settle().unwrap();
            }
            assert_eq!((fetching(0), gate.requests()), (0, 64));
            let renewed =
                sources.iter().filter(|source| source.authorization().unwrap() != "Bearer old");
            assert_eq!(renewed.count(), 64);
        },
    );
}

#[test]
fn callers_without_a_token_go_themselves_where_sixty_four_threads_are_under_way() {
    alone(
        "threads::callers_without_a_token_go_themselves_where_sixty_four_threads_are_under_way",
        || {
            let gate = Gate::start().unwrap();
            gate.hold();
            let (client, transport) = (gate.client().unwrap(), Transport::new());
            let flow = || client.client_credentials(Scope::default()).unwrap();
            let ask = || TokenSource::new(&transport, flow()).token().unwrap();
            let tokens: BTreeSet<_> = thread::scope(|scope| {
                let asking: Vec<_> = (0..100).map(|_| scope.spawn(ask)).collect();
                gate.wait_for_requests(100);
                let (threads, requests) = (fetching(64), gate.requests());
                gate.let_go();
                assert_eq!((threads.min(64), requests), (threads, 100));
                let tokens = asking.into_iter().map(|thread| thread.join().unwrap());
                tokens.map(|token| token.access_token().expose().to_owned()).collect()
            });
            assert_eq!((tokens.len(), gate.requests()), (100, 100));
        },
    );
}

#[test]
fn a_hundred_thousand_tenants_have_no_thread_and_ask_for_nothing() {
    alone("threads::a_hundred_thousand_tenants_have_no_thread_and_ask_for_nothing", || {
        let gate = Gate::start().unwrap();
        let client = gate.client().unwrap();
        let sources = TokenSources::new(&Transport::new());
        let flow = |_| client.client_credentials(Scope::default()).unwrap();
        let before = threads().len();
        let held: Vec<_> =
            (0..100_000).map(|n| sources.tenant(&format!("tenant {n}"), flow(n))).collect();
        assert_eq!((threads().len(), gate.requests()), (before, 0));
        assert_eq!(held[77_777].authorization().unwrap(), "Bearer token-1");
        let again = sources.tenant("tenant 77777", flow(0));
        assert_eq!(again.authorization().unwrap(), "Bearer token-1");
        assert_eq!((fetching(0), gate.requests()), (0, 1));
    });
}
