//! Four processes that share a user's session by way of Redis: `cargo run --example fleet`
//!
//! Its access token expires under them, and its refresh token works once: one of them refreshes it,
//! and all go on. It needs the program `redis-server`.

use std::env;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use grantflow_tests::browser::Browser;
use grantflow_tests::clients;
use grantflow_tests::redis_server::RedisServer;
use grantflow_tests::sandbox::credentials::{
    BUSINESSES, FLOW_ACCOUNT, PASSWORD, REDIRECT_URI, USERNAME,
};
use grantflow_tests::sandbox::{Endpoint, Sandbox};
use grantflow_ureq::grantflow::partner::flow_account;
use grantflow_ureq::grantflow::{Client, Provider, Secret, Store, StoreError, Stored, TokenKey};
use grantflow_ureq::{Authorize, RedisStore, TokenSources, Transport, entropy, now};
use serde::{Deserialize, Serialize};

type Trouble = Box<dyn Error + Send + Sync>;

const PROCESSES: u64 = 4;
const CALLS: u64 = 100;

fn main() -> ExitCode {
    let is_worker = env::args().nth(1).is_some_and(|argument| argument == "worker");
    match if is_worker { work() } else { lead() } {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What a process has to know; the client's secret is in the program here, and elsewhere in earnest.
#[derive(Serialize, Deserialize)]
struct Setup {
    partner: String,
    ca_pem: String,
    redis: String,
}

/// What a process has done.
#[derive(Serialize, Deserialize)]
struct Done {
    calls: u64,
    refreshes: u64,
}

fn lead() -> Result<(), Trouble> {
    let redis = RedisServer::start_own(&[])?;
    let sandbox = Sandbox::start()?; // plays the partner, with a certificate authority of its own
    let setup = Setup {
        partner: sandbox.url(""),
        ca_pem: sandbox.ca_pem().into(),
        redis: redis.url().into(),
    };
    log_in(&setup)?;
    println!("A user has logged in. {PROCESSES} processes have the session from Redis.");

    let workers = (0..PROCESSES).map(|_| Worker::start(&setup)).collect::<Result<Vec<_>, _>>();
    let mut workers = workers?;
    for worker in &mut workers {
        worker.hear::<Done>()?;
    }
    sandbox.advance(Duration::from_secs(3600));
    println!("After {} calls each, an hour passes at the partner: the token is over.", CALLS / 2);
    let mut calls = 0_u64;
    for worker in &mut workers {
        writeln!(worker.child.stdin.as_ref().ok_or("a process has no pipe")?, "go on")?;
    }
    for (number, worker) in (1..).zip(&mut workers) {
        let done: Done = worker.hear()?;
        calls = calls.saturating_add(done.calls);
        let also = if done.refreshes > 0 { ", and the refresh for all" } else { "" };
        println!("  process {number}: {} calls{also}", done.calls);
        worker.child.wait()?;
    }
    let seen = sandbox.requests(Endpoint::FlowAccountCompany);
    let refused = seen.saturating_sub(calls);
    println!("Calls: {calls} answered, {refused} of them at the second try, with the new token");
    let asked = sandbox.requests(Endpoint::FlowAccountToken);
    let refreshes = sandbox.refreshes().len();
    println!("Requests to the token endpoint: {asked}, the login and {refreshes} refresh");
    Ok(())
}

/// The user's login, which puts the session into Redis.
fn log_in(setup: &Setup) -> Result<(), Trouble> {
    let (client, transport) = (client(setup)?, transport(setup)?);
    let (redirect_uri, scope) = (REDIRECT_URI.parse()?, flow_account::SCOPE.parse()?);
    let login = client.authorization_code(redirect_uri, scope, entropy()?, now())?;
    let (url, browser) = (login.authorization_url()?, Browser::new(&setup.ca_pem));
    let callback = browser.log_in(url.as_str(), USERNAME, PASSWORD, BUSINESSES[0].support_code)?;
    let authorized = transport.perform(login.callback(&callback, now())?)?;
    let sessions = TokenSources::with_store(&transport, RedisStore::open(&setup.redis)?);
    sessions.login("somchai", authorized)?;
    Ok(())
}

/// One of the processes.
fn work() -> Result<(), Trouble> {
    let mut input = io::stdin().lock();
    let mut line = String::new();
    input.read_line(&mut line)?;
    let setup: Setup = serde_json::from_str(&line)?;

    let swaps = Arc::<AtomicU64>::default();
    let store = Counting { store: RedisStore::open(&setup.redis)?, swaps: Arc::clone(&swaps) };
    let sessions = TokenSources::with_store(&transport(&setup)?, store);
    let source = sessions.session("somchai", &client(&setup)?);
    let api = Authorize::new(&source, [setup.partner.parse()?]);
    let agent = clients::blocking_settings(&setup.ca_pem).middleware(api).build().new_agent();

    let mut done = Done { calls: 0, refreshes: 0 };
    for half in [CALLS / 2, CALLS] {
        while done.calls < half {
            let status = agent.get(format!("{}/test/company/info", setup.partner)).call()?.status();
            if !status.is_success() {
                return Err(format!("the API answers {status}").into());
            }
            done.calls = done.calls.saturating_add(1);
        }
        // A refresh is a mark in the record, and then the new tokens.
        done.refreshes = swaps.load(Ordering::Relaxed).div_euclid(2);
        println!("{}", serde_json::to_string(&done)?);
        if half < CALLS {
            input.read_line(&mut line)?;
        }
    }
    sessions.settle().map_err(|unsaved| format!("{} sessions are not saved", unsaved.len()))?;
    Ok(())
}

fn client(setup: &Setup) -> Result<Client, Trouble> {
    let at = |path: &str| format!("{}{path}", setup.partner).parse();
    let provider = Provider::new(at("/test/token")?)
        .with_authorization_endpoint(at("/connect/authorize")?)
        .with_dialect(flow_account::dialect());
    Ok(Client::new(FLOW_ACCOUNT.client_id, Secret::new(FLOW_ACCOUNT.client_secret)?, provider)?)
}

fn transport(setup: &Setup) -> Result<Transport, Trouble> {
    Ok(Transport::builder().root_certificates(setup.ca_pem.as_bytes())?.build())
}

/// This program again, as a process of its own.
struct Worker {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Worker {
    fn start(setup: &Setup) -> Result<Self, Trouble> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("worker").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.as_ref().ok_or("a process has no pipe")?;
        writeln!(stdin, "{}", serde_json::to_string(setup)?)?;
        let output = BufReader::new(child.stdout.take().ok_or("a process has no pipe")?);
        Ok(Self { child, output })
    }

    fn hear<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Trouble> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(serde_json::from_str(&line).map_err(|_| "a process has ended before its time")?)
    }
}

/// A store that counts what this process has changed in it.
struct Counting {
    store: RedisStore,
    swaps: Arc<AtomicU64>,
}

impl Store for Counting {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        self.store.load(key)
    }

    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        let is_swapped = self.store.compare_and_swap(key, expected, new)?;
        self.swaps.fetch_add(u64::from(is_swapped), Ordering::Relaxed);
        Ok(is_swapped)
    }
}
