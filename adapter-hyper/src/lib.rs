//! Carries the exchanges of [`grantflow`] over hyper: async, in any tokio runtime.
//!
//! ```no_run
//! use grantflow_hyper::grantflow::{Client, Scope, Secret, partner::meed};
//! use grantflow_hyper::{AuthorizeLayer, TokenSource, Transport};
//! use hyper_util::{client::legacy, rt::TokioExecutor};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = Secret::new(std::env::var("MEED_SECRET")?)?;
//! let client = Client::new("meed_0cb08343fffe4134", secret, meed::provider("partner.example")?)?;
//!
//! let transport = Transport::new(); // one for the whole program: it keeps connections
//! let source = TokenSource::new(&transport, client.client_credentials(Scope::default())?);
//!
//! # let https = hyper_rustls::HttpsConnectorBuilder::new();
//! # let https = https.with_webpki_roots().https_only().enable_http1().build();
//! let http = legacy::Client::builder(TokioExecutor::new()).build(https); // the program's own
//! let api = AuthorizeLayer::new(&source, ["https://partner.example".parse()?]).layer(http);
//!
//! let sales = hyper::Request::get("https://partner.example/api/partner/v1/sales");
//! let sales = api.request(sales.body(String::new())?).await?;
//! # Ok(())
//! # }
//! ```
//!
//! - [`TokenSource`] has a valid token whenever one is needed: the first is asked for at the first
//!   request, each next one shortly before its time (facts M5, C7). [`TokenSources`] has one for
//!   each tenant or user, and keeps users' sessions in a store: see what is
//!   [promised](grantflow::sessions).
//! - [`AuthorizeLayer`] puts it on the requests to an API, and renews it when the API says that it
//!   is no good (fact M6).
//! - [`Transport`] carries any single [`Exchange`]: a login, a refresh, a revocation.
//!
//! The facts are those of the [partners](grantflow::partner).
//!
//! # Features
//! - `redis`: `RedisStore`, which keeps sessions for many machines. `redis-tls` is that with
//!   `rediss://`.
//! - `tracing`: [events and spans](telemetry) for that crate.
//!
//! [`Exchange`]: grantflow::Exchange
//!
//! # What a transport does
//! - TLS by rustls; certificate and host name are always checked (RFC 6749 section 10.9). The
//!   trusted roots are Mozilla's, or [those you give](TransportBuilder::root_certificates).
//! - A connection gets 10 s, the whole exchange 30 s, an answer 1 MiB: see [`TransportBuilder`]. Its
//!   head gets 16 KiB. Redirects are not followed; every status is an answer.
//! - An answer that does not say in one way where it ends (RFC 9112 section 6.3) is none; nor is what
//!   has come unasked on a kept connection when the next request is sent.
//! - An endpoint that was [discovered](grantflow::Endpoint::discovered) is asked at public addresses
//!   only, and has a new connection each time. Where a proxy resolves names, the proxy decides.
//! - What may be sent twice goes over connections that are kept, and once more over a new one
//!   where a kept one is found broken. What holds a code or a refresh token always has a new
//!   connection of its own and is sent once ([`Exchange::may_repeat`], RFC 9700 section 4.14).
//! - The HTTP proxy that `HTTPS_PROXY` names, or else `ALL_PROXY` (in either case), is used,
//!   unless `NO_PROXY` names the host. What goes through the proxy is TLS from end to end. Plain
//!   http to this very machine never goes to a proxy. A SOCKS proxy is an error. A value that is no
//!   proxy's URL counts as none, and in a CGI program all of them do.
//!
//! # What a transport does not do
//! Waiting, trying again later, storing tokens: an error says what to do ([`Failed::advice`]) and
//! gives the exchange back ([`Failed::retry`]). There are no cookies, no HTTP cache, no
//! compression and no HTTP/2.
//! Bodies are zeroed when they are dropped; the buffers of the HTTP client and of TLS are theirs.
//!
//! # Mind
//! Use the `now` of one adapter only: each counts its monotonic clock from a start of its own.
//!
//! # Runtime
//! The runtime needs its I/O and time drivers (`enable_all`). A future may be dropped at any
//! point. With that of [`Transport::perform`] goes its connection, and the exchange; a source's
//! fetch is a task of its own, and goes on.
//!
//! # Errors
//! A [`TransportError`] says whether the request may have arrived. Whatever fails before the first
//! byte of the body has left, a timeout too, is [`Connect`] or [`Tls`]: nothing happened at the
//! server.
//!
//! [`Connect`]: grantflow::TransportErrorKind::Connect
//! [`Tls`]: grantflow::TransportErrorKind::Tls
//! [`Exchange::may_repeat`]: grantflow::Exchange::may_repeat
//! [`Failed::advice`]: grantflow::Failed::advice
//! [`Failed::retry`]: grantflow::Failed::retry
//! [`TransportError`]: grantflow::TransportError
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attentive;
mod authorize;
mod builder;
mod connector;
mod error;
mod fetch;
mod pool;
mod public;
#[cfg(feature = "redis")]
mod redis_store;
mod source;
mod sources;
mod store;
mod system;
pub mod telemetry;
mod transport;

pub use authorize::{Authorize, AuthorizeError, AuthorizeLayer, RepeatableBody, ResponseBody};
pub use builder::TransportBuilder;
pub use grantflow;
#[cfg(feature = "redis")]
pub use redis_store::RedisStore;
pub use source::TokenSource;
pub use sources::TokenSources;
pub use store::BlockingStore;
pub use system::{entropy, now};
pub use transport::Transport;
