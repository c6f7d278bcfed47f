//! A program over either adapter, as the stories see it.

use std::panic;
use std::sync::Arc;
use std::thread;

use grantflow::flow::Authorized;
use grantflow::{
    AsyncStore, Client, Error, Failed, Flow, Scope, Store, TokenError, TokenKey, Tokens,
};
use tokio::runtime::{Builder, Runtime};

use crate::world::{NAME, World};

pub(crate) trait Program: Send + Sync + Sized {
    /// A program that keeps its sessions in this store.
    fn new(store: impl Store + AsyncStore + 'static, client: &Client) -> Self;

    fn login(&self, name: &str, session: Flow<Authorized>) -> Result<(), Failed<Flow<Authorized>>>;

    fn logout(&self, name: &str) -> Result<Option<Flow<Authorized>>, Error>;

    /// The session's tokens.
    fn tokens(&self, name: &str) -> Result<Arc<Tokens>, TokenError>;

    /// What an API request is sent with. It has a way of its own, past all locks.
    fn authorization(&self, name: &str) -> Result<String, TokenError>;

    /// The client's own token.
    fn own_tokens(&self) -> Result<Arc<Tokens>, TokenError>;

    fn reject(&self, name: &str, tokens: &Tokens);

    fn settle(&self, name: &str) -> Result<(), TokenError>;

    /// All sessions.
    fn settle_all(&self) -> Result<(), Vec<(TokenKey, TokenError)>>;

    fn unsaved(&self, name: &str) -> Option<TokenError>;

    /// Asks for the session's token, and goes on; whoever asks is gone when this is called.
    fn begin_to_ask(&self, name: &str) -> Box<dyn FnOnce()>;

    /// The session is asked for by this client from here on.
    fn ask_as(&mut self, client: &Client);

    /// All that it prints.
    fn debug(&self) -> String;

    fn token(&self, name: &str) -> Result<String, TokenError> {
        self.tokens(name).map(|tokens| tokens.access_token().expose().to_owned())
    }

    /// The session's next token.
    fn next(&self, name: &str) -> Result<String, TokenError> {
        self.reject(name, &*self.tokens(name)?);
        self.token(name)
    }
}

/// With ureq.
pub(crate) struct Threads {
    sources: grantflow_ureq::TokenSources,
    client: Client,
}

impl Threads {
    pub(crate) fn over(store: impl Store + 'static, client: &Client) -> Self {
        let transport = grantflow_ureq::Transport::new();
        let sources = grantflow_ureq::TokenSources::with_store(&transport, store);
        Self { sources, client: client.clone() }
    }

    fn source(&self, name: &str) -> grantflow_ureq::TokenSource {
        self.sources.session(name, &self.client)
    }
}

impl Program for Threads {
    fn new(store: impl Store + AsyncStore + 'static, client: &Client) -> Self {
        Self::over(store, client)
    }

    fn login(&self, name: &str, session: Flow<Authorized>) -> Result<(), Failed<Flow<Authorized>>> {
        self.sources.login(name, session).map(drop)
    }

    fn logout(&self, name: &str) -> Result<Option<Flow<Authorized>>, Error> {
        self.sources.logout(name, &self.client)
    }

    fn tokens(&self, name: &str) -> Result<Arc<Tokens>, TokenError> {
        self.source(name).token()
    }

    fn authorization(&self, name: &str) -> Result<String, TokenError> {
        self.source(name).authorization().map(|header| header.to_str().unwrap().to_owned())
    }

    fn own_tokens(&self) -> Result<Arc<Tokens>, TokenError> {
        let request = self.client.client_credentials(Scope::default()).unwrap();
        self.sources.tenant("acme", request).token()
    }

    fn reject(&self, name: &str, tokens: &Tokens) {
        self.source(name).reject(tokens.access_token());
    }

    fn settle(&self, name: &str) -> Result<(), TokenError> {
        self.source(name).settle()
    }

    fn settle_all(&self) -> Result<(), Vec<(TokenKey, TokenError)>> {
        self.sources.settle()
    }

    fn unsaved(&self, name: &str) -> Option<TokenError> {
        self.source(name).unsaved()
    }

    /// The thread panics as soon as it can: when it has its answer.
    fn begin_to_ask(&self, name: &str) -> Box<dyn FnOnce()> {
        let source = self.source(name);
        let asking = thread::spawn(move || {
            let _ = source.token();
            panic::resume_unwind(Box::new("gone"))
        });
        Box::new(move || drop::<thread::JoinHandle<()>>(asking))
    }

    fn ask_as(&mut self, client: &Client) {
        self.client = client.clone();
    }

    fn debug(&self) -> String {
        format!("{:?} {:?}", self.sources, self.source(NAME))
    }
}

/// With hyper, in a runtime of its own.
pub(crate) struct Tasks {
    sources: grantflow_hyper::TokenSources,
    client: Client,
    runtime: Option<Runtime>,
}

impl Tasks {
    pub(crate) fn over(store: impl AsyncStore + 'static, client: &Client) -> Self {
        let transport = grantflow_hyper::Transport::new();
        let sources = grantflow_hyper::TokenSources::with_store(&transport, store);
        Self { sources, client: client.clone(), runtime: Some(runtime()) }
    }

    /// Ends the runtime, with all its tasks; the program lives on in another.
    pub(crate) fn change_runtime(&mut self) {
        drop(self.runtime.replace(runtime()));
    }

    /// Begins a login, and drops its future when the store is about to take it.
    pub(crate) fn begin_to_log_in(&self, world: &World, session: Flow<Authorized>) {
        world.store.hold_swaps(1);
        let sources = self.sources.clone();
        let login = async move { drop(sources.login(NAME, session).await) };
        let login = self.runtime.as_ref().unwrap().spawn(login);
        world.store.wait_for_held(1);
        login.abort();
        assert!(self.wait_for(login).unwrap_err().is_cancelled());
    }

    /// The same for a logout.
    pub(crate) fn begin_to_log_out(&self, world: &World) {
        world.store.hold_swaps(1);
        let (sources, client) = (self.sources.clone(), self.client.clone());
        let logout = async move { drop(sources.logout(NAME, &client).await) };
        let logout = self.runtime.as_ref().unwrap().spawn(logout);
        world.store.wait_for_held(1);
        logout.abort();
        assert!(self.wait_for(logout).unwrap_err().is_cancelled());
    }

    fn source(&self, name: &str) -> grantflow_hyper::TokenSource {
        self.sources.session(name, &self.client)
    }

    fn wait_for<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.as_ref().unwrap().block_on(future)
    }
}

impl Program for Tasks {
    fn new(store: impl Store + AsyncStore + 'static, client: &Client) -> Self {
        Self::over(store, client)
    }

    fn login(&self, name: &str, session: Flow<Authorized>) -> Result<(), Failed<Flow<Authorized>>> {
        self.wait_for(self.sources.login(name, session)).map(drop)
    }

    fn logout(&self, name: &str) -> Result<Option<Flow<Authorized>>, Error> {
        self.wait_for(self.sources.logout(name, &self.client))
    }

    fn tokens(&self, name: &str) -> Result<Arc<Tokens>, TokenError> {
        self.wait_for(self.source(name).token())
    }

    fn authorization(&self, name: &str) -> Result<String, TokenError> {
        let header = self.wait_for(self.source(name).authorization())?;
        Ok(header.to_str().unwrap().to_owned())
    }

    fn own_tokens(&self) -> Result<Arc<Tokens>, TokenError> {
        let request = self.client.client_credentials(Scope::default()).unwrap();
        self.wait_for(self.sources.tenant("acme", request).token())
    }

    fn reject(&self, name: &str, tokens: &Tokens) {
        self.source(name).reject(tokens.access_token());
    }

    fn settle(&self, name: &str) -> Result<(), TokenError> {
        self.wait_for(self.source(name).settle())
    }

    fn settle_all(&self) -> Result<(), Vec<(TokenKey, TokenError)>> {
        self.wait_for(self.sources.settle())
    }

    fn unsaved(&self, name: &str) -> Option<TokenError> {
        self.source(name).unsaved()
    }

    /// The future is dropped.
    fn begin_to_ask(&self, name: &str) -> Box<dyn FnOnce()> {
        let source = self.source(name);
        let asking =
            self.runtime.as_ref().unwrap().spawn(async move { drop(source.token().await) });
        Box::new(move || asking.abort())
    }

    fn ask_as(&mut self, client: &Client) {
        self.client = client.clone();
    }

    fn debug(&self) -> String {
        format!("{:?} {:?}", self.sources, self.source(NAME))
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        // What is still held somewhere does not hold up the test.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
