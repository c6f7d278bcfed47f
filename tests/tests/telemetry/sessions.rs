//! Sessions that are kept in a store.

use std::thread;

use grantflow::{Client, MemoryStore, Store, Stored, TokenKey};
use grantflow_tests::rotating_server::RotatingServer;
use grantflow_tests::slow_store::SlowStore;
use serde_json::{Value, json};

use crate::adapter::{Adapter, BOTH, Source, event, events, exchanges};

/// A person's.
const NAME: &str = "anna@example.com";

struct World {
    adapter: Adapter,
    server: RotatingServer,
    store: SlowStore<MemoryStore>,
    client: Client,
}

impl World {
    /// Where somebody has just logged in, for an hour.
    fn new(adapter: Adapter) -> Self {
        let server = RotatingServer::start().unwrap();
        let client = server.client().unwrap();
        let world = Self { adapter, server, store: SlowStore::new(MemoryStore::new()), client };
        let session = world.server.log_in(&world.client, "anna").unwrap();
        let transport = grantflow_ureq::Transport::new();
        let sources = grantflow_ureq::TokenSources::with_store(&transport, world.store.clone());
        sources.login(NAME, session).unwrap();
        world
    }

    /// One more process.
    fn source(&self) -> Source {
        self.adapter.session(self.store.clone(), NAME, &self.client)
    }

    /// Changes what stands in the store.
    fn change(&self, change: impl FnOnce(&mut Value)) {
        let key = TokenKey::of_session(NAME, &self.client);
        let old = Store::load(&self.store, &key).unwrap().unwrap();
        let mut record = serde_json::from_slice(old.bytes()).unwrap();
        change(&mut record);
        let new = Stored::new(old.version().saturating_add(1), record.to_string().into_bytes());
        assert!(Store::compare_and_swap(&self.store, &key, Some(old.version()), &new).unwrap());
    }

    fn says(&self, events_with_fields: &[(&str, &str, &str)]) {
        let said = events(&self.client);
        let expected: Vec<_> =
            events_with_fields.iter().map(|(level, name, it)| event(level, name, it)).collect();
        assert_eq!(said, expected, "{:?}", self.adapter);
    }
}

/// Neither a secret nor a name is in what was said.
impl Drop for World {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let all = [events(&self.client), exchanges(&self.client)].concat();
        for word in ["anna", "s3cr3t", "/token", "at-"] {
            assert!(!all.iter().any(|text| text.contains(word)), "{word} is in {all:?}");
        }
    }
}

#[test]
fn a_stored_token_is_loaded_and_refreshed_and_loaded_by_the_next_process() {
    for adapter in BOTH {
        let world = World::new(adapter);
        let (first, second) = (world.source(), world.source());
        let header = first.authorization().unwrap();
        first.reject(&header);
        assert_eq!(first.authorization().unwrap(), "Bearer at-anna-1");
        assert_eq!(second.authorization().unwrap(), "Bearer at-anna-1");
        world.says(&[
            ("DEBUG", "token.loaded", "lifetime=3600"),
            ("INFO", "token.rejected", ""),
            ("DEBUG", "token.refreshed", "lifetime=3600"),
            ("DEBUG", "token.loaded", "lifetime=3600"),
        ]);
        assert_eq!(first.stats(), [0, 1, 1, 1, 0, 0], "{adapter:?}");
        assert_eq!(second.stats(), [0, 0, 1, 0, 0, 0], "{adapter:?}");
    }
}

#[test]
fn a_refresh_in_place_of_a_process_that_vanished_is_said() {
    for adapter in BOTH {
        let world = World::new(adapter);
        world.change(|record| {
            record["mark"] = json!({"owner": "another-1", "seconds": 0, "lost": false});
            record["tokens"]["sent_at"] = json!(1_700_000_000);
        });
        let source = world.source();
        assert_eq!(source.authorization().unwrap(), "Bearer at-anna-1");
        world.says(&[
            ("DEBUG", "token.refreshed", "lifetime=3600"),
            ("WARN", "rotation.taken_over", ""),
        ]);
        assert_eq!(source.stats(), [0, 1, 0, 0, 0, 1], "{adapter:?}");
    }
}

#[test]
fn a_refresh_that_the_server_refuses_is_one_failure() {
    for adapter in BOTH {
        let world = World::new(adapter);
        world.server.end("anna");
        let source = world.source();
        source.reject(&source.authorization().unwrap());
        source.authorization().unwrap_err();
        let said = events(&world.client);
        let start = event("WARN", "token.failed", r#"advice="Reauthorize" error="#);
        assert!(said.len() == 3 && said[2].starts_with(&start), "{adapter:?}: {said:?}");
        assert_eq!(source.stats(), [0, 0, 1, 1, 1, 0], "{adapter:?}");
    }
}

#[test]
fn a_store_that_is_down_is_said_each_time_and_is_one_failure() {
    for adapter in BOTH {
        let world = World::new(adapter);
        world.store.break_down();
        let source = world.source();
        source.authorization().unwrap_err();
        let mut said = events(&world.client);
        let failed = said.pop().unwrap();
        let store = event("WARN", "store.failed", "error=");
        assert!(said.len() == 3 && said.iter().all(|it| it.starts_with(&store)), "{said:?}");
        assert!(failed.starts_with(&event("WARN", "token.failed", "advice=")), "{failed:?}");
        assert_eq!(source.stats(), [0, 0, 0, 0, 1, 0], "{adapter:?}");
    }
}
