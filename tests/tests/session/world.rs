//! A server, a store, and what is asked of them.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use grantflow::flow::Authorized;
use grantflow::{
    Client, Error, Flow, MemoryStore, SessionErrorKind, Store, Stored, TokenError, TokenKey,
};
use grantflow_tests::rotating_server::RotatingServer;
use grantflow_tests::slow_store::SlowStore;
use serde_json::Value;

use crate::program::Program;

/// What the session is called in the store.
pub(crate) const NAME: &str = "profile";

pub(crate) struct World {
    pub(crate) server: RotatingServer,
    pub(crate) store: SlowStore<MemoryStore>,
    pub(crate) client: Client,
}

impl World {
    pub(crate) fn new() -> Self {
        let server = RotatingServer::start().unwrap();
        let client = server.client().unwrap();
        Self { server, store: SlowStore::new(MemoryStore::new()), client }
    }

    /// One more process.
    pub(crate) fn program<P: Program>(&self) -> P {
        P::new(self.store.clone(), &self.client)
    }

    /// A process where anna has logged in just now.
    pub(crate) fn program_of_anna<P: Program>(&self) -> P {
        let program = self.program::<P>();
        program.login(NAME, self.log_in("anna")).unwrap();
        program
    }

    /// One where her first access token is rejected, so that the next call refreshes.
    pub(crate) fn program_in_need<P: Program>(&self) -> P {
        let program = self.program_of_anna::<P>();
        program.reject(NAME, &program.tokens(NAME).unwrap());
        program
    }

    /// A process that begins its refresh, and the server has done its part of it.
    pub(crate) fn program_with_an_answer_on_its_way<P: Program>(&self) -> P {
        let program = self.program_in_need::<P>();
        self.server.hold();
        let vanish = program.begin_to_ask(NAME);
        self.server.wait_for_requests(1);
        vanish();
        program
    }

    /// A process whose renewal ahead of time has begun, of an access token of so many seconds: the
    /// server has done its part of it, and the old token still answers, for a twentieth of them at
    /// least.
    pub(crate) fn program_with_a_renewal_on_its_way<P: Program>(&self, seconds: u64) -> P {
        let program = self.program::<P>();
        self.server.expire_in(seconds);
        // The last tenth of it, or the last twentieth, is for its renewal.
        let sent_at = now() - (seconds - seconds / 10 - 2);
        let session = self.server.log_in_at(&self.client, "anna", sent_at).unwrap();
        program.login(NAME, session).unwrap();
        self.server.hold();
        until(|| {
            assert_eq!(program.token(NAME).unwrap(), "at-anna-0");
            program.begin_to_ask(NAME)();
            (self.server.requests() == 1).then_some(())
        });
        program
    }

    pub(crate) fn log_in(&self, user: &str) -> Flow<Authorized> {
        self.server.log_in(&self.client, user).unwrap()
    }

    /// Holds the store's next swap, and lets the answer come.
    pub(crate) fn let_the_answer_come_and_hold_its_save(&self) {
        self.store.hold_swaps(1);
        self.server.let_go();
        self.store.wait_for_held(1);
    }

    /// Lets a refresh go on that comes too late, until it has looked into the store again.
    pub(crate) fn let_it_come_too_late(&self, let_go: impl FnOnce()) {
        let loads = self.store.loads();
        let_go();
        until(|| (self.store.loads() > loads).then_some(()));
    }

    /// What stands in the store.
    pub(crate) fn record(&self) -> Value {
        let key = TokenKey::of_session(NAME, &self.client);
        let stored = Store::load(&self.store, &key).unwrap().unwrap();
        serde_json::from_slice(stored.bytes()).unwrap()
    }

    /// Writes something over the record that no program of ours has written.
    pub(crate) fn spoil_the_record(&self) {
        let key = TokenKey::of_session(NAME, &self.client);
        let old = Store::load(&self.store, &key).unwrap().unwrap();
        let text = String::from_utf8_lossy(old.bytes()).replace("\"format\":1", "\"format\":\"1\"");
        let new = Stored::new(old.version() + 1, text.into_bytes());
        assert!(Store::compare_and_swap(&self.store, &key, Some(old.version()), &new).unwrap());
    }

    /// The refresh token in the store, which is the one that lives.
    pub(crate) fn refresh_token(&self) -> String {
        let record = self.record();
        let refresh_token = record["tokens"]["refresh_token"].as_str().unwrap();
        assert!(self.server.is_live(refresh_token), "{refresh_token} is in the store, and is dead");
        assert!(record["mark"].is_null() && record["end"].is_null(), "{record}");
        refresh_token.to_owned()
    }

    /// Anna was refreshed so many times, each time by one request, and nothing is lost.
    pub(crate) fn assert_anna_was_refreshed(&self, times: u64) {
        assert_eq!(self.refresh_token(), format!("anna-{times}"));
        let server = &self.server;
        assert_eq!((server.requests(), server.refreshes("anna")), (times, times));
        assert_eq!(server.reuses(), 0);
    }
}

/// What so many threads get that ask at the same time, where `meanwhile` happens when all of them
/// are on their way.
pub(crate) fn herd<T: Send>(
    threads: usize,
    ask: impl Fn() -> T + Sync,
    meanwhile: impl FnOnce(),
) -> Vec<T> {
    let barrier = Barrier::new(threads + 1);
    let one = || {
        barrier.wait();
        ask()
    };
    thread::scope(|scope| {
        let asking: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        barrier.wait();
        meanwhile();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Asks until this is so.
pub(crate) fn until<T>(ask: impl Fn() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "it is not so, and will not be");
        thread::park_timeout(Duration::from_millis(5));
    }
}

pub(crate) fn kind(error: &TokenError) -> Option<SessionErrorKind> {
    match error.error() {
        Error::Session(error) => Some(error.kind()),
        _ => None,
    }
}

/// In seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
