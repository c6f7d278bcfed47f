//! A store that panics while a session is asked for.

use std::error::Error;
use std::iter::successors;

use grantflow::{AsyncStore, MemoryStore, Store, StoreError, Stored, TokenError, TokenKey};
use grantflow_tests::collector::{self, PANIC};
use grantflow_tests::rotating_server::{RotatingServer, SECRET};
use tokio::runtime::Builder;

use crate::heard::heard;
use crate::search::{Text, find, joined};

#[test]
fn a_panic_of_the_store_says_no_secret_and_the_error_neither() {
    let heard = heard();
    let server = RotatingServer::start().unwrap();
    let client = server.client().unwrap();
    let mut secrets = vec![SECRET.to_owned()];
    let mut log_in = |user| {
        let session = server.log_in(&client, user).unwrap();
        secrets.push(session.tokens().access_token().expose().to_owned());
        secrets.push(session.tokens().refresh_token().unwrap().expose().to_owned());
        session
    };

    let transport = grantflow_ureq::Transport::new();
    let sessions = grantflow_ureq::TokenSources::with_store(&transport, Broken::default());
    sessions.login("profile", log_in("threads")).unwrap();
    let one = sessions.session("profile", &client).token().map(drop).unwrap_err();

    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let other = runtime.block_on(async {
        let transport = grantflow_hyper::Transport::new();
        let sessions = grantflow_hyper::TokenSources::with_store(&transport, Broken::default());
        sessions.login("profile", log_in("tasks")).await.unwrap();
        sessions.session("profile", &client).token().await.map(drop).unwrap_err()
    });

    let lines = collector::read(heard).unwrap();
    let panics = lines.iter().filter(|line| line.target == PANIC && line.text.contains(WORDS));
    assert!(panics.count() >= 2, "the panics are not heard");
    let mut texts = joined(&lines);
    texts.extend([&one, &other].map(|error| Text::new("an error", rendered(error))));
    for secret in secrets {
        assert_eq!(find(&secret, &texts), <[&str; 0]>::default());
    }
}

fn rendered(error: &TokenError) -> String {
    let links = successors(Some(error as &(dyn Error + 'static)), |&link| link.source());
    links.map(|link| format!("{link} {link:#} {link:?} {link:#?}")).collect::<Vec<_>>().join("\n")
}

/// Takes what it is given, and panics when it is asked for it.
#[derive(Default)]
struct Broken {
    store: MemoryStore,
}

const WORDS: &str = "the store is broken";

impl Store for Broken {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        let stored = Store::load(&self.store, key)?;
        assert!(stored.is_none(), "{WORDS}, with {stored:?} in it");
        Ok(stored)
    }

    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        Store::compare_and_swap(&self.store, key, expected, new)
    }
}

impl AsyncStore for Broken {
    async fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        Store::load(self, key)
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        Store::compare_and_swap(self, key, expected, new)
    }
}
