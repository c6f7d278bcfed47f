//! A token endpoint that rotates refresh tokens and punishes the reuse of one: plain http on
//! 127.0.0.1.
//!
//! A refresh token works once and is `<session>-<number>`; the access token beside it is
//! `at-<session>-<number>`. Whoever brings a refresh token that was used already ends the whole
//! session (RFC 9700 section 4.14.2), as a strict server does. What a request does is done when it
//! arrives; its answer can be held back, dropped or replaced.
//!
//! ```
//! use grantflow_tests::rotating_server::RotatingServer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let server = RotatingServer::start()?;
//! let session = server.log_in(&server.client()?, "anna")?;
//! assert_eq!(session.tokens().access_token().expose(), "at-anna-0");
//! assert!(server.is_live("anna-0") && !server.is_live("anna-1"));
//! assert_eq!((server.refreshes("anna"), server.reuses(), server.requests()), (0, 0, 0));
//! # Ok(())
//! # }
//! ```

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use grantflow::flow::Authorized;
use grantflow::{
    Client, ClientAuth, ConfigurationError, Dialect, Endpoint, Flow, Provider, Secret, TokenRecord,
};
use serde_json::json;

use crate::plain_server::{Answer, PlainServer};

/// A token endpoint. Dropping it ends it.
pub struct RotatingServer {
    port: u16,
    shared: Arc<Shared>,
    server: Option<PlainServer>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    sessions: HashMap<String, Session>,
    secret: String,
    expires_in: u64,
    requests: u64,
    reuses: u64,
    held: bool,
    faults: VecDeque<Fault>,
}

#[derive(Default)]
struct Session {
    /// The first refresh token of the last login.
    first: u64,
    /// The one that works.
    newest: u64,
    ended: bool,
    refreshes: u64,
}

/// What becomes of a request.
enum Fault {
    /// It is carried out, and its connection ends.
    Drop,
    /// It is not carried out; this is the answer.
    Answer(Answer),
}

impl RotatingServer {
    /// Starts one on a free port. Its access tokens are good for an hour.
    ///
    /// # Errors
    /// When the port or the thread cannot be had.
    pub fn start() -> io::Result<Self> {
        let state = State { secret: SECRET.into(), expires_in: 3_600, ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let own = Arc::clone(&shared);
        let server = PlainServer::start(move |request| own.pass(&form(&request)))?;
        Ok(Self { port: server.port(), shared, server: Some(server) })
    }

    /// `http://127.0.0.1:PORT/token`.
    pub fn token_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.port)
    }

    /// The client that it knows, with the secret that it has at first.
    ///
    /// # Errors
    /// Never in fact.
    pub fn client(&self) -> Result<Client, ConfigurationError> {
        client_of(&self.token_endpoint(), SECRET)
    }

    /// From here on, this is the client's secret, and no other is. Gives the client that has it.
    ///
    /// # Errors
    /// Where it cannot be a secret.
    pub fn replace_secret(&self, secret: &str) -> Result<Client, ConfigurationError> {
        secret.clone_into(&mut self.shared.state().secret);
        client_of(&self.token_endpoint(), secret)
    }

    /// A new login of this user, just now, without a request. What remains of the login before is
    /// dead.
    ///
    /// # Errors
    /// Where the client cannot have such a session.
    pub fn log_in(&self, client: &Client, session: &str) -> Result<Flow<Authorized>, LoginError> {
        self.log_in_at(client, session, now())
    }

    /// The same, where the access token was asked for at this time, in seconds since 1970.
    ///
    /// # Errors
    /// Where the client cannot have such a session.
    pub fn log_in_at(
        &self,
        client: &Client,
        session: &str,
        sent_at: u64,
    ) -> Result<Flow<Authorized>, LoginError> {
        let mut state = self.shared.state();
        let expires_in = state.expires_in;
        let newest = state.sessions.get(session).map_or(0, |old| old.newest.saturating_add(1));
        let entry = state.sessions.entry(session.to_owned()).or_default();
        (entry.first, entry.newest, entry.ended) = (newest, newest, false);
        drop(state);
        let record = json!({
            "format": 1,
            "client_id": client.client_id(),
            "token_endpoint": client.provider().token_endpoint().as_str(),
            "access_token": format!("at-{session}-{newest}"),
            "refresh_token": format!("{session}-{newest}"),
            "sent_at": sent_at,
            "expires_in": expires_in,
        });
        Ok(client.resume(serde_json::from_value::<TokenRecord>(record)?)?)
    }

    /// How long access tokens are good from now on, in seconds.
    pub fn expire_in(&self, seconds: u64) {
        self.shared.state().expires_in = seconds;
    }

    /// Ends this session, as a user may who does not trust the program any more.
    pub fn end(&self, session: &str) {
        if let Some(session) = self.shared.state().sessions.get_mut(session) {
            session.ended = true;
        }
    }

    /// Holds back every answer until [`let_go`](Self::let_go). What was asked is done all the same.
    pub fn hold(&self) {
        self.shared.state().held = true;
    }

    /// Gives the answers that were held back, and all others at once.
    pub fn let_go(&self) {
        self.shared.state().held = false;
        self.shared.changed.notify_all();
    }

    /// Does what the next request asks for, and ends its connection without an answer.
    pub fn drop_next(&self) {
        self.shared.state().faults.push_back(Fault::Drop);
    }

    /// Answers the next request with this, in JSON, and does nothing of what it asks for.
    pub fn answer_next(&self, status: u16, body: &str) {
        self.shared.state().faults.push_back(Fault::Answer((status, body.to_owned())));
    }

    /// Whether this refresh token would work.
    pub fn is_live(&self, refresh_token: &str) -> bool {
        let state = self.shared.state();
        let found = split(refresh_token).and_then(|(session, number)| {
            state.sessions.get(session).map(|session| !session.ended && session.newest == number)
        });
        found.unwrap_or(false)
    }

    /// How many requests brought this session new tokens.
    pub fn refreshes(&self, session: &str) -> u64 {
        self.shared.state().sessions.get(session).map_or(0, |session| session.refreshes)
    }

    /// How many requests brought a refresh token that was used already.
    pub fn reuses(&self) -> u64 {
        self.shared.state().reuses
    }

    /// How many requests came.
    pub fn requests(&self) -> u64 {
        self.shared.state().requests
    }

    /// Waits until this many requests were carried out, or some seconds have passed.
    pub fn wait_for_requests(&self, requests: u64) {
        let state = self.shared.state();
        let wait = |state: &mut State| state.requests < requests;
        drop(self.shared.changed.wait_timeout_while(state, PATIENCE, wait));
    }
}

/// The client that the server at this endpoint knows, in whatever process.
///
/// # Errors
/// Where the endpoint is not on this machine.
pub fn client_of(token_endpoint: &str, secret: &str) -> Result<Client, ConfigurationError> {
    let mut dialect = Dialect::default();
    dialect.client_auth = ClientAuth::Post;
    let provider = Provider::new(Endpoint::insecure_loopback(token_endpoint)?);
    Client::new("client", Secret::new(secret)?, provider.with_dialect(dialect))
}

/// The secret that the server's client has at first.
pub const SECRET: &str = "s3cr3t-s3cr3t";

/// Why there is no such session.
pub type LoginError = Box<dyn std::error::Error + Send + Sync>;

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries a request out, and gives its answer when that is not held back.
    fn pass(&self, form: &HashMap<String, String>) -> Option<Answer> {
        let mut state = self.state();
        let answer = match state.faults.pop_front() {
            Some(Fault::Answer(answer)) => Some(answer),
            Some(Fault::Drop) => {
                state.carry_out(form);
                None
            }
            None => Some(state.carry_out(form)),
        };
        state.requests = state.requests.saturating_add(1);
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |state| state.held));
        answer
    }
}

impl State {
    fn carry_out(&mut self, form: &HashMap<String, String>) -> Answer {
        let value = |name| form.get(name).map_or("", String::as_str);
        if value("client_secret") != self.secret {
            return (401, r#"{"error":"invalid_client"}"#.into());
        }
        match value("grant_type") {
            "client_credentials" => {
                let number = self.requests.saturating_add(1);
                self.tokens(&format!("at-client-{number}"), None)
            }
            "refresh_token" => match self.rotate(value("refresh_token")) {
                Some(new) => self.tokens(&format!("at-{new}"), Some(&new)),
                None => (400, r#"{"error":"invalid_grant"}"#.into()),
            },
            _ => (400, r#"{"error":"unsupported_grant_type"}"#.into()),
        }
    }

    /// The refresh token that comes after this one, where it works.
    fn rotate(&mut self, refresh_token: &str) -> Option<String> {
        let (name, number) = split(refresh_token)?;
        let session = self.sessions.get_mut(name)?;
        if number == session.newest && !session.ended {
            session.newest = number.saturating_add(1);
            session.refreshes = session.refreshes.saturating_add(1);
            return Some(format!("{name}-{}", session.newest));
        }
        if (session.first..session.newest).contains(&number) {
            session.ended = true;
            self.reuses = self.reuses.saturating_add(1);
        }
        None
    }

    fn tokens(&self, access_token: &str, refresh_token: Option<&str>) -> Answer {
        let answer = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "refresh_token": refresh_token,
        });
        (200, answer.to_string())
    }
}

/// The session of a refresh token, and its number.
fn split(refresh_token: &str) -> Option<(&str, u64)> {
    let (session, number) = refresh_token.rsplit_once('-')?;
    Some((session, number.parse().ok()?))
}

/// The form of a request.
fn form(request: &[u8]) -> HashMap<String, String> {
    let request = String::from_utf8_lossy(request);
    let (_, body) = request.split_once("\r\n\r\n").unwrap_or_default();
    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

impl Drop for RotatingServer {
    fn drop(&mut self) {
        // First, so that what is held back is not answered any more.
        drop(self.server.take());
        self.let_go();
    }
}

impl fmt::Debug for RotatingServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotatingServer").field("port", &self.port).finish_non_exhaustive()
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
