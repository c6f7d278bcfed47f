//! What is true of every public type of the three crates, as `docs/api` lists them.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::any::type_name;
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use grantflow::flow;

/// Can go to another thread, be used by many at once, and be looked at.
fn shared<T: Debug + Send + Sync + 'static>() -> String {
    name(type_name::<T>())
}

/// Fits in every `Box<dyn Error + Send + Sync>`.
fn error<T: Error + Send + Sync + 'static>() -> String {
    name(type_name::<T>())
}

macro_rules! names {
    ($what:ident: $($named:ty),+ $(,)?) => { BTreeSet::from([$($what::<$named>()),+]) };
}

#[test]
fn every_type_can_be_sent_shared_and_looked_at() {
    let core = names! { shared:
        grantflow::AccessToken, grantflow::ActiveToken, grantflow::Advice, grantflow::Authorization,
        grantflow::BodyFormat, grantflow::CallbackError, grantflow::Challenge, grantflow::Client,
        grantflow::ClientAuth, grantflow::ConfigurationError, grantflow::ConfigurationErrorKind,
        grantflow::Deviation, grantflow::DeviceAuthorizationRequest, grantflow::DeviceCode,
        grantflow::Dialect, grantflow::Discovery, grantflow::Endpoint, grantflow::Entropy,
        grantflow::Error, grantflow::Event, grantflow::ExchangedToken,
        grantflow::Failed<grantflow::Ticket>, grantflow::Fetched, grantflow::FileStore,
        grantflow::Flow<flow::Granted>, grantflow::Introspection, grantflow::IssParameter,
        grantflow::Issuer, grantflow::Login, grantflow::Logout, grantflow::Lookup,
        grantflow::MalformedChallenge, grantflow::MemoryStore, grantflow::NotRepeated,
        grantflow::Origin, grantflow::PendingDevice, grantflow::PendingLogin,
        grantflow::PkceVerifier, grantflow::ProtocolError, grantflow::ProtocolErrorKind,
        grantflow::Provider, grantflow::Reading, grantflow::RedirectUri, grantflow::RefreshPolicy,
        grantflow::RefreshToken, grantflow::Refusal, grantflow::ResourceDiscovery,
        grantflow::ResourceMetadata, grantflow::Revocation, grantflow::Rotation, grantflow::Scope,
        grantflow::Secret, grantflow::ServerMetadata, grantflow::SessionError,
        grantflow::SessionErrorKind, grantflow::SessionRecord, grantflow::SharedTokenCache,
        grantflow::SharedTokenCaches<Entry>, grantflow::Step<'static>, grantflow::Stored,
        grantflow::Ticket, grantflow::TicketId, grantflow::Timestamp, grantflow::TokenCache,
        grantflow::TokenError, grantflow::TokenExchange, grantflow::TokenKey,
        grantflow::TokenRecord, grantflow::TokenRefusal, grantflow::TokenType,
        grantflow::TokenVerdict, grantflow::Tokens, grantflow::TransportError,
        grantflow::TransportErrorKind, grantflow::TypedToken, grantflow::Unavailable,
        grantflow::Validity, grantflow::Waiting,
        grantflow::conformance::Finding, grantflow::conformance::Report,
        flow::AuthorizationCode, flow::AuthorizationUrl, flow::Authorized, flow::AwaitingCallback,
        flow::AwaitingUser, flow::Exchanging, flow::Granted, flow::LoginState, flow::Pushed,
        flow::Pushing, flow::Refreshed, flow::Refreshing, flow::Requesting,
        grantflow::partner::flow_account::Business,
        grantflow::wire::Body, grantflow::wire::Request<'static>,
        grantflow::wire::Response<'static>,
    };
    assert_eq!(core, listed("grantflow", item));

    let blocking = names! { shared:
        grantflow_ureq::Authorize, grantflow_ureq::Loopback, grantflow_ureq::LoopbackError,
        grantflow_ureq::RedisStore, grantflow_ureq::TokenSource, grantflow_ureq::TokenSources,
        grantflow_ureq::Transport, grantflow_ureq::TransportBuilder,
        grantflow_ureq::telemetry::Stats,
    };
    assert_eq!(blocking, listed("grantflow-ureq", item));

    let asynchronous = names! { shared:
        grantflow_hyper::Authorize<()>, grantflow_hyper::AuthorizeError<std::io::Error>,
        grantflow_hyper::AuthorizeLayer, grantflow_hyper::BlockingStore<grantflow::MemoryStore>,
        grantflow_hyper::RedisStore, grantflow_hyper::RepeatableBody<String>,
        grantflow_hyper::ResponseBody<String>, grantflow_hyper::TokenSource,
        grantflow_hyper::TokenSources, grantflow_hyper::Transport,
        grantflow_hyper::TransportBuilder, grantflow_hyper::telemetry::Stats,
    };
    assert_eq!(asynchronous, listed("grantflow-hyper", item));
}

#[test]
fn every_error_goes_into_a_boxed_one() {
    let core = names! { error:
        grantflow::CallbackError, grantflow::ConfigurationError, grantflow::Error,
        grantflow::Failed<grantflow::Ticket>, grantflow::MalformedChallenge,
        grantflow::ProtocolError, grantflow::ProtocolErrorKind, grantflow::Refusal,
        grantflow::SessionError, grantflow::TokenError, grantflow::TransportError,
        grantflow::Unavailable,
    };
    assert_eq!(core, listed("grantflow", error_of));
    let asynchronous = names! { error: grantflow_hyper::AuthorizeError<std::io::Error> };
    assert_eq!(asynchronous, listed("grantflow-hyper", error_of));
    let blocking = names! { error: grantflow_ureq::LoopbackError };
    assert_eq!(blocking, listed("grantflow-ureq", error_of));
}

#[test]
fn every_enum_may_grow_but_for_those_of_which_all_has_to_be_dealt_with() {
    let closed = |line: &str| item(line).filter(|_| line.starts_with("pub enum "));
    let names = ["Event", "Lookup", "Step", "TokenVerdict"].map(str::to_owned);
    assert_eq!(BTreeSet::from(names), listed("grantflow", closed));
    assert_eq!(BTreeSet::new(), listed("grantflow-ureq", closed));
    assert_eq!(BTreeSet::new(), listed("grantflow-hyper", closed));
}

#[test]
fn what_is_in_a_signature_is_ours_or_of_http_serde_and_the_adapters_own_client() {
    let foreign = |krate: &str, known: &[&str]| {
        let text = listing(krate);
        let heads = text.split(|character: char| !is_path(character));
        let heads = heads.filter_map(|path| path.split_once("::").map(|(head, _)| head));
        let heads: BTreeSet<&str> = heads.filter(|head| is_crate(head)).collect();
        let known = ["alloc", "core", "std", "grantflow", "http"].into_iter().chain(known.to_vec());
        assert_eq!(heads, known.collect(), "{krate}");
    };
    foreign("grantflow", &["serde_core"]);
    foreign("grantflow-ureq", &["grantflow_ureq", "ureq"]);
    // A body's type is written in `bytes` and `http_body`, a middleware's in tower's.
    let hyper = ["bytes", "grantflow_hyper", "http_body", "tower_layer", "tower_service"];
    foreign("grantflow-hyper", &hyper);
}

/// Whatever a program keeps beside a cache.
#[derive(Debug)]
struct Entry(grantflow::SharedTokenCache);

impl AsRef<grantflow::SharedTokenCache> for Entry {
    fn as_ref(&self) -> &grantflow::SharedTokenCache {
        &self.0
    }
}

fn listing(krate: &str) -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(tests.join(format!("../docs/api/{krate}.txt"))).unwrap()
}

fn listed(krate: &str, find: impl Fn(&str) -> Option<String>) -> BTreeSet<String> {
    listing(krate).lines().filter_map(find).collect()
}

/// A struct's or an enum's name.
fn item(line: &str) -> Option<String> {
    let line = line.strip_prefix("#[non_exhaustive] ").unwrap_or(line);
    line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum ")).map(name)
}

fn error_of(line: &str) -> Option<String> {
    let line = line.strip_prefix("impl")?;
    line.split_once("core::error::Error for ").map(|(_, named)| name(named))
}

/// The last part of a path, without what is between brackets.
fn name(path: &str) -> String {
    let path = path.split(['<', '(', ' ']).next().unwrap();
    path.rsplit("::").next().unwrap().to_owned()
}

fn is_path(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | ':')
}

fn is_crate(head: &str) -> bool {
    head.starts_with(|first: char| first.is_ascii_lowercase())
}
