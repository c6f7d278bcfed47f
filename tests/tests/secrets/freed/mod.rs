//! What is left of secrets when nobody has them any more: nothing.
//!
//! Each story is told twice. The first time, what the story says to be held is looked for at that
//! point, and is there: so the search knows how it is spelled. The second time, the whole process is
//! searched when the story is over and all of its values are dropped.

mod caches;
mod conversations;
mod errors;
mod others;
mod stored;
mod values;

use std::hint::black_box;
use std::sync::{Barrier, Mutex};
use std::thread;

use grantflow::wire::{Body, Response};
use grantflow::{
    BodyFormat, Client, ClientAuth, Dialect, Entropy, Exchange, Failed, Flow, Provider, Secret,
    Timestamp, flow,
};

use crate::planted::{Found, Planted, find};

/// The secrets of a story.
#[derive(Clone, Copy)]
struct Cast {
    secret: Planted,
    /// The same, as the header `Authorization` has it.
    basic: Planted,
    access: Planted,
    refresh: Planted,
    id_token: Planted,
    code: Planted,
    state: Planted,
    verifier: Planted,
    /// What the latter two are made from.
    entropy: [Planted; 2],
}

impl Cast {
    fn new(story: u64) -> Self {
        let planted = |part| Planted::new(story * 16 + part);
        let entropy = [planted(8), planted(9)].map(|it| it.of_length(32));
        Self {
            secret: planted(0),
            basic: planted(0).as_base64("client:"),
            access: planted(1),
            refresh: planted(2),
            id_token: planted(3),
            code: planted(4),
            state: entropy[0].as_base64_url(),
            verifier: entropy[1].as_base64_url(),
            entropy,
        }
    }

    fn all(&self) -> [(&'static str, Planted); 10] {
        [
            ("the client's secret", self.secret),
            ("the Basic credential", self.basic),
            ("the access token", self.access),
            ("the refresh token", self.refresh),
            ("the ID token", self.id_token),
            ("the code", self.code),
            ("the state", self.state),
            ("the verifier", self.verifier),
            ("what the state is made from", self.entropy[0]),
            ("what the verifier is made from", self.entropy[1]),
        ]
    }

    fn client(&self, client_auth: ClientAuth, body: BodyFormat) -> Client {
        let mut dialect = Dialect::default();
        (dialect.client_auth, dialect.body) = (client_auth, body);
        let provider = Provider::new("https://as.example.com/token".parse().unwrap())
            .with_authorization_endpoint("https://as.example.com/authorize".parse().unwrap())
            .with_device_authorization_endpoint("https://as.example.com/device".parse().unwrap())
            .with_introspection_endpoint("https://as.example.com/look".parse().unwrap())
            .with_revocation_endpoint("https://as.example.com/end".parse().unwrap())
            .with_dialect(dialect);
        Client::new("client", Secret::new(self.secret.text()).unwrap(), provider).unwrap()
    }

    fn login(&self, client: &Client) -> Flow<flow::AwaitingCallback> {
        let redirect_uri = "https://app.example/cb".parse().unwrap();
        let scope = "a b".parse().unwrap();
        client.authorization_code(redirect_uri, scope, self.drawn(), NOW).unwrap()
    }

    fn drawn(&self) -> Entropy {
        let mut bytes = [0; 64];
        let own = self.entropy.iter().flat_map(Planted::bytes);
        bytes.iter_mut().zip(own).for_each(|(byte, own)| *byte = own);
        let entropy = Entropy::from_bytes(bytes);
        bytes.fill(0);
        black_box(&bytes);
        entropy
    }

    fn back(&self, login: Flow<flow::AwaitingCallback>) -> Flow<flow::Exchanging> {
        let url = text(&["https://app.example/cb?code=", "&state="], &[self.code, self.state]);
        login.callback(str::from_utf8(url.as_ref()).unwrap(), NOW).unwrap()
    }

    /// An answer with all kinds of tokens, and so long that a buffer which grows is moved.
    fn answer(&self) -> Body {
        let end = format!(r#""}}],"then":"{}"}}"#, "x".repeat(600));
        let parts = [ACCESS, REFRESH, r#"","all":[{"id_token":""#, &end];
        text(&parts, &[self.access, self.refresh, self.id_token])
    }

    /// An answer without fields that are not ours.
    fn short_answer(&self) -> Body {
        text(&[ACCESS, REFRESH, END], &[self.access, self.refresh])
    }

    /// All the way to a user's tokens.
    fn session(&self, client: &Client) -> Flow<flow::Authorized> {
        receive(self.back(self.login(client)), 200, &self.short_answer()).unwrap()
    }
}

/// Says that these are held now.
type Held<'a> = &'a dyn Fn(&[Planted]);

/// Tells a story, and expects that nothing is left of its secrets.
fn leaves_nothing(number: u64, story: impl Fn(&Cast, Held<'_>) + Sync) {
    let left = left_of(number, story);
    assert!(left.is_empty(), "story {number}: {left:#?}");
}

/// The same of a story in which JSON is malformed. `serde_json` then looks for line breaks in it, and
/// in a build without optimisation, what is looked at passes over the stack.
fn leaves_nothing_in_the_heap(number: u64, story: impl Fn(&Cast, Held<'_>) + Sync) {
    let left = left_of(number, story).into_iter().filter(|it| !it.ends_with(STACK));
    let left: Vec<_> = left.collect();
    assert!(left.is_empty(), "story {number}: {left:#?}");
}

/// Tells a story, and says what is left.
fn left_of(number: u64, story: impl Fn(&Cast, Held<'_>) + Sync) -> Vec<String> {
    let held_somewhere = Mutex::new(false);
    story(&Cast::new(2 * number), &|held| {
        *held_somewhere.lock().unwrap() = true;
        let found = find(held, 0);
        for (index, planted) in held.iter().enumerate() {
            let is_found = found.iter().any(|found| found.secret == index);
            assert!(is_found, "{planted:?} is held, and is not found");
        }
    });
    assert!(held_somewhere.into_inner().unwrap(), "nothing is held in this story");
    let cast = Cast::new(2 * number + 1);
    let (names, planted): (Vec<_>, Vec<_>) = cast.all().into_iter().unzip();
    let (told, looked, stack) = (Barrier::new(2), Barrier::new(2), Mutex::new(0));
    let left = thread::scope(|scope| {
        // It stands still until all is looked at: nobody else gets its memory or its stack.
        scope.spawn(|| {
            let here = 0_u8;
            *stack.lock().unwrap() = (&raw const here).addr();
            further_down(|| story(&cast, &|_| {}));
            told.wait();
            looked.wait();
        });
        told.wait();
        let left = find(&planted, *stack.lock().unwrap());
        looked.wait();
        left
    });
    let words = |it: Found| format!("{} of {} in {}", it.length, names[it.secret], it.place);
    let mut left: Vec<_> = left.into_iter().map(words).collect();
    // What lies where two windows overlap is found in both.
    left.dedup();
    left
}

/// So far down the stack that waiting does not write over what the story has left there.
fn further_down(story: impl FnOnce()) {
    let room = [0_u8; 8 * 1024];
    black_box(&room);
    story();
    black_box(&room);
}

/// These parts with the secrets between them, in a buffer that does not grow and that is zeroed.
fn text(parts: &[&str], secrets: &[Planted]) -> Body {
    let mut bytes = Vec::with_capacity(4096);
    for (index, part) in parts.iter().enumerate() {
        bytes.extend_from_slice(part.as_bytes());
        secrets.iter().skip(index).take(1).for_each(|secret| bytes.extend(secret.spelled()));
    }
    Body::new(bytes)
}

fn receive<E: Exchange>(exchange: E, status: u16, body: &Body) -> Result<E::Output, Failed<E>> {
    let response = Response::new(status, body.as_ref());
    exchange.receive(response.with_header("content-type", b"application/json"), NOW)
}

/// What a caller writes into a store, and zeroes.
fn written(record: &impl serde::Serialize) -> Body {
    let mut bytes = Vec::with_capacity(64 * 1024);
    serde_json::to_writer(&mut bytes, record).unwrap();
    Body::new(bytes)
}

const STACK: &str = "in the stack";
const ACCESS: &str = r#"{"access_token":""#;
const REFRESH: &str = r#"","token_type":"Bearer","expires_in":3600,"refresh_token":""#;
const END: &str = r#""}"#;
const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
