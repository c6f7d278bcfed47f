//! Sessions in Redis, over both adapters.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod conformance;
mod promise;
mod scripted;
mod secrets;
mod shared;
mod trouble;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use std::{env, fs, process};

use grantflow::{
    AsyncStore, Client, Endpoint, Provider, Secret, Store, StoreError, Stored, TokenKey,
};
use grantflow_tests::redis_server::{self, RedisServer};
use tokio::runtime::Runtime;

type Ureq = grantflow_ureq::RedisStore;
type Hyper = grantflow_hyper::RedisStore;

/// The async store for tests that block, so that one test does for both.
struct Blocking {
    store: Hyper,
    runtime: Runtime,
}

impl Store for Blocking {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        self.runtime.block_on(self.store.load(key))
    }

    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        self.runtime.block_on(self.store.compare_and_swap(key, expected, new))
    }
}

/// One of each adapter, with its name.
fn stores(url: &str, timeout: Duration) -> [(&'static str, Arc<dyn Store>); 2] {
    let runtime = Runtime::new().unwrap();
    let blocking = Blocking { store: Hyper::open(url).unwrap().timeout(timeout), runtime };
    [("ureq", Arc::new(Ureq::open(url).unwrap().timeout(timeout))), ("hyper", Arc::new(blocking))]
}

/// Nobody else has this one: not even an earlier run, in a server that goes on.
fn new_key() -> TokenKey {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let endpoint = Endpoint::insecure_loopback("http://127.0.0.1:1/token").unwrap();
    let secret = Secret::new("s3cr3t-s3cr3t").unwrap();
    let client = Client::new("client", secret, Provider::new(endpoint)).unwrap();
    TokenKey::of_session(&format!("{now} {} {number}", process::id()), &client)
}

fn record(version: u64) -> Stored {
    Stored::new(version, format!("record {version}").into_bytes())
}

fn version(store: &dyn Store, key: &TokenKey) -> Option<u64> {
    store.load(key).unwrap().as_ref().map(Stored::version)
}

/// The default: no test waits for it unless something is wrong.
const LONG: Duration = Duration::from_secs(5);
/// Long enough for a server that answers, on a machine that has much to do.
const SHORT: Duration = Duration::from_secs(1);
