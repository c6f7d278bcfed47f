//! Plays the new partner, on a port of this machine and without TLS.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::{Value, json};

pub(crate) const SECRET: &str = "k3y:of&the+shop";

pub(crate) struct Server {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    token_requests: AtomicU64,
    /// Tokens up to this number are dead.
    forgotten: AtomicU64,
}

impl Server {
    /// Starts it; it ends with the process.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (port, state) = (listener.local_addr()?.port(), Arc::<State>::default());
        let own = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                // A client that goes away is no matter of the server's.
                let _ = serve(&stream, &own);
            }
        });
        Ok(Self { port, state })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn token_requests(&self) -> u64 {
        self.state.token_requests.load(Ordering::Relaxed)
    }

    pub(crate) fn forget_tokens(&self) {
        self.state.forgotten.store(self.token_requests(), Ordering::Relaxed);
    }
}

/// One request for each connection.
fn serve(mut stream: &TcpStream, state: &State) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (Vec::new(), String::new());
    while reader.read_line(&mut line)? > 2 {
        head.push(line.trim_end().to_owned());
        line.clear();
    }
    let field = |wanted: &str| {
        let mut fields = head.iter().filter_map(|line| line.split_once(": "));
        fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map_or("", |(_, value)| value)
    };
    let mut body = vec![0; field("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let is_login = head.first().is_some_and(|line| line.starts_with("POST /v2/login "));
    let (status, answer) = if is_login {
        state.log_in(field("authorization"), &body)
    } else {
        state.parcels(field("authorization"))
    };
    let length = answer.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all((head + &answer).as_bytes())
}

impl State {
    /// JSON, the secret in a header and not encoded, 201, no `token_type`, no `expires_in`, a list of
    /// scopes, and reasons of its own.
    fn log_in(&self, authorization: &str, body: &[u8]) -> (&'static str, String) {
        let number = self.token_requests.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        if authorization != BASIC {
            let reason = "this key was replaced; look for the new one in your account";
            let answer = json!({"error": "invalid_client", "reason": reason});
            return ("401 Unauthorized", answer.to_string());
        }
        if asked.get("grant_type") != Some(&"client_credentials".into()) {
            return ("400 Bad Request", json!({"error": "unsupported_grant_type"}).to_string());
        }
        let scope: Vec<&str> =
            asked.get("scope").and_then(Value::as_str).unwrap_or_default().split(' ').collect();
        let token = format!("{TOKEN}{number}");
        ("201 Created", json!({"access_token": token, "scope": scope}).to_string())
    }

    /// A 401 that says nothing more.
    fn parcels(&self, authorization: &str) -> (&'static str, String) {
        let number = authorization.strip_prefix("Bearer ").and_then(|it| it.strip_prefix(TOKEN));
        let number = number.and_then(|number| number.parse().ok()).unwrap_or(0);
        if number > self.forgotten.load(Ordering::Relaxed) {
            ("200 OK", json!([{"parcel": "TH-0001"}]).to_string())
        } else {
            ("401 Unauthorized", "{}".into())
        }
    }
}

/// `shop`, a colon and the secret, in base64.
const BASIC: &str = "Basic c2hvcDprM3k6b2YmdGhlK3Nob3A=";
const TOKEN: &str = "parcel-token-";
