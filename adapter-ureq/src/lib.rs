//! Carries the exchanges of [`grantflow`] over ureq: blocking, without a runtime.
//!
//! ```no_run
//! use grantflow_ureq::grantflow::{Client, Scope, Secret, partner::meed};
//! use grantflow_ureq::{Authorize, TokenSource, Transport};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = Secret::new(std::env::var("MEED_SECRET")?)?;
//! let client = Client::new("meed_0cb08343fffe4134", secret, meed::provider("partner.example")?)?;
//!
//! let transport = Transport::new(); // one for the whole program: it keeps connections
//! let source = TokenSource::new(&transport, client.client_credentials(Scope::default())?);
//!
//! let api = Authorize::new(&source, ["https://partner.example".parse()?]);
//! let agent = ureq::Agent::config_builder().middleware(api).build().new_agent(); // the program's own
//! let sales = agent.get("https://partner.example/api/partner/v1/sales").call()?;
//! # Ok(())
//! # }
//! ```
//!
//! - [`TokenSource`] has a valid token whenever one is needed: the first is asked for at the first
//!   request, each next one shortly before its time (facts M5, C7). [`TokenSources`] has one for
//!   each tenant or user, and keeps users' sessions in a store: see what is
//!   [promised](grantflow::sessions).
//! - [`Authorize`] puts it on the requests to an API, and renews it when the API says that it is no
//!   good (fact M6).
//! - [`Transport`] carries any single [`Exchange`]: a login, a refresh, a revocation.
//! - [`Loopback`] waits for the user's browser, in a program that has no server of its own.
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
//! - The proxy, HTTP or SOCKS, that `ALL_PROXY`, `HTTPS_PROXY` or `HTTP_PROXY` names (the first of
//!   them that is set, in either case) is used, unless `NO_PROXY` names the host. What goes
//!   through the proxy is TLS from end to end. Plain http to this very machine never goes to a
//!   proxy. A value that is no proxy's URL counts as none, and in a CGI program all of them do.
//!
//! # What a transport does not do
//! Waiting, trying again later, storing tokens: an error says what to do ([`Failed::advice`]) and
//! gives the exchange back ([`Failed::retry`]). There is no HTTP cache, no compression, and
//! there are no cookies (unless another crate in the build switches on ureq's feature `cookies`).
//! Bodies are zeroed when they are dropped; the buffers of the HTTP client and of TLS are theirs.
//!
//! # Mind
//! - Use the `now` of one adapter only: each counts its monotonic clock from a start of its own.
//! - At the log level `trace`, ureq writes what it sends and receives, secrets included, under the
//!   target `ureq_proto`. Where a program logs that, its level ([`log::max_level`]) is `debug` while
//!   an exchange, or a request of [`Authorize`], is on its way: trace lines of other threads are
//!   missing then, and a program that goes from `trace` to `debug` meanwhile is back at `trace`
//!   afterwards. Keep `ureq_proto` at `debug`, and the level stays alone.
//! - A proxy that answers byte by byte can hold a connection beyond both timeouts.
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

mod authorize;
mod builder;
mod error;
mod fetch;
mod loopback;
mod public;
mod quiet;
#[cfg(feature = "redis")]
mod redis_store;
mod source;
mod sources;
mod system;
pub mod telemetry;
mod transport;

pub use authorize::Authorize;
pub use builder::TransportBuilder;
pub use grantflow;
pub use loopback::{Loopback, LoopbackError};
#[cfg(feature = "redis")]
pub use redis_store::RedisStore;
pub use source::TokenSource;
pub use sources::TokenSources;
pub use system::{entropy, now};
pub use transport::Transport;
