//! A client's own token.

use std::thread;

use grantflow::{Client, Flow, Scope, flow::Requesting};
use grantflow_tests::collector;
use grantflow_tests::gate::Gate;
use tokio::runtime::Builder;

use crate::adapter::{BOTH, event, events, exchanges};
use crate::heard;

fn request(client: &Client) -> Flow<Requesting> {
    client.client_credentials(Scope::default()).unwrap()
}

#[test]
fn a_token_is_fetched_reused_rejected_and_fetched_again() {
    for adapter in BOTH {
        let gate = Gate::start().unwrap();
        let client = gate.client().unwrap();
        let source = adapter.own(request(&client));
        let reused = || {
            let thread = format!("{:?}", thread::current().id());
            let lines = collector::read(heard()).unwrap();
            let is_it = |text: &str| text == "TRACE token.reused message=token.reused";
            lines.iter().filter(|line| line.thread == thread && is_it(&line.text)).count()
        };
        let before = reused();
        let header = source.authorization().unwrap();
        assert_eq!(reused(), before, "{adapter:?}: there was none before");
        // The first by the thread's new copy, the second by the copy.
        for _ in 0..2 {
            assert_eq!(source.authorization().unwrap(), header);
        }
        assert_eq!(reused(), before.saturating_add(2), "{adapter:?}");
        source.reject(&header);
        // It is another one's by then.
        source.reject(&header);
        assert_eq!(source.authorization().unwrap(), "Bearer token-2");
        let fetched = event("DEBUG", "token.fetched", "lifetime=3600");
        let rejected = event("INFO", "token.rejected", "");
        assert_eq!(events(&client), [fetched.clone(), rejected, fetched], "{adapter:?}");
        assert_eq!(source.stats(), [2, 0, 0, 1, 0, 0], "{adapter:?}");
    }
}

#[test]
fn each_request_is_a_span_with_its_host_its_status_and_its_time() {
    for adapter in BOTH {
        let gate = Gate::start().unwrap();
        let client = gate.client().unwrap();
        adapter.own(request(&client)).authorization().unwrap();
        gate.answer(503, "{}");
        adapter.own(request(&client)).authorization().unwrap_err();
        let done = exchanges(&client);
        let done: Vec<_> = done.iter().filter_map(|text| text.split_once(" ms=")).collect();
        let fields = done.iter().map(|(fields, _)| *fields).collect::<Vec<_>>();
        let start = r#"host="HOST" status="#;
        assert_eq!(fields, [format!("{start}200"), format!("{start}503")], "{adapter:?}");
        assert!(done.iter().all(|(_, ms)| ms.parse::<u64>().unwrap() < 30_000), "{done:?}");
    }
}

#[test]
fn what_an_answer_was_forgiven_is_said() {
    for adapter in BOTH {
        let gate = Gate::start().unwrap();
        let client = gate.client().unwrap();
        gate.answer(200, r#"{"access_token":"t","token_type":"Bearer","expires_in":"60"}"#);
        adapter.own(request(&client)).authorization().unwrap();
        let fetched = event("DEBUG", "token.fetched", "lifetime=60");
        let forgiven = event("INFO", "dialect.deviation", r#"deviation="ExpiresInAsText""#);
        assert_eq!(events(&client), [fetched, forgiven], "{adapter:?}");
    }
}

#[test]
fn a_failure_is_said_once_with_what_to_do_and_the_partners_words() {
    for adapter in BOTH {
        let gate = Gate::start().unwrap();
        let client = gate.client().unwrap();
        gate.answer(
            401,
            r#"{"error":"invalid_client","error_description":"s3cr3t-s3cr3t is old"}"#,
        );
        let source = adapter.own(request(&client));
        for _ in 0..3 {
            source.authorization().unwrap_err();
        }
        let said = events(&client);
        let start = event("WARN", "token.failed", r#"advice="FixConfiguration" error="#);
        assert!(said.len() == 1 && said[0].starts_with(&start), "{adapter:?}: {said:?}");
        assert!(said[0].contains("invalid_client") && said[0].contains("is old"), "{said:?}");
        assert!(!said[0].contains("s3cr3t"), "{said:?}");
        assert_eq!(source.stats(), [0, 0, 0, 0, 1, 0], "{adapter:?}");
    }
}

#[test]
fn where_nobody_answers_the_span_has_no_status() {
    for adapter in BOTH {
        let gate = Gate::start().unwrap();
        let client = gate.client().unwrap();
        drop(gate);
        let source = adapter.own(request(&client));
        source.authorization().unwrap_err();
        let done = exchanges(&client);
        assert!(done[0].starts_with(r#"host="HOST" ms="#), "{adapter:?}: {done:?}");
        let events = events(&client);
        let start = event("WARN", "token.failed", r#"advice="RetryAfter(1s)" error="#);
        assert!(events.len() == 1 && events[0].starts_with(&start), "{adapter:?}: {events:?}");
    }
}

#[test]
fn a_fetch_is_in_the_span_of_the_caller_who_began_it() {
    for adapter in BOTH {
        let gate = Gate::start().unwrap();
        let client = gate.client().unwrap();
        let source = adapter.own(request(&client));
        let span = tracing::info_span!("invoice", tenant = "acme");
        span.in_scope(|| source.authorization()).unwrap();
        let said = events(&client);
        let fetched = event("DEBUG", "token.fetched", "lifetime=3600 in invoice#");
        assert!(said.len() == 1 && said[0].starts_with(&fetched), "{adapter:?}: {said:?}");
    }
}

#[test]
fn tenants_are_counted_together() {
    let gate = Gate::start().unwrap();
    let client = gate.client().unwrap();
    let sources = grantflow_ureq::TokenSources::new(&grantflow_ureq::Transport::new());
    for tenant in ["acme", "zenith"] {
        let source = sources.tenant(tenant, request(&client));
        source.authorization().unwrap();
        assert_eq!(source.stats(), sources.stats());
    }
    assert_eq!(sources.stats().fetched, 2);

    let sources = grantflow_hyper::TokenSources::new(&grantflow_hyper::Transport::new());
    let ask = async || {
        for tenant in ["acme", "zenith"] {
            let source = sources.tenant(tenant, request(&client));
            source.authorization().await.unwrap();
            assert_eq!(source.stats(), sources.stats());
        }
    };
    Builder::new_current_thread().enable_all().build().unwrap().block_on(ask());
    assert_eq!(sources.stats().fetched, 2);
}
