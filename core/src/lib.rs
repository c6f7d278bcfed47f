//! OAuth 2.0 for partner APIs as they really are: a client core without I/O, clock or randomness
//! of its own, whose flows are state machines that the compiler checks.
//!
//! A partner documents a token endpoint with its own accent: form or JSON, `message` or
//! `error_description`, rotating refresh tokens or none. Here an accent is a value, [`Dialect`],
//! and a flow is a type, [`Flow`], whose states come in the only order that the protocol has.
//! Whatever is sent is an [`Exchange`]: it makes an `http::Request` and takes the response. Who
//! carries the two is nobody's business: `grantflow-ureq` does it blocking, `grantflow-hyper`
//! async, and any other program in a few lines. The [guide] begins with your first token.
//!
//! ```text
//!            client_credentials(scope)
//!  Client ─────────────────────────────▶ Requesting ──receive──▶ Granted
//!    │
//!    │ authorization_code(redirect_uri, scope, entropy, now)
//!    └──────▶ AwaitingCallback ──callback──▶ Exchanging ──receive──▶ Authorized ◀──stored── Refreshed
//!                   │  ▲                                               │    ▲                   ▲
//!           pending │  │ resume_login                          refresh │    │ cancel            │ receive
//!                   ▼  │                                               └──▶ Refreshing ─────────┘
//!               PendingLogin
//! ```
//!
//! # A login, with every byte
//! ```
//! use grantflow::{Client, Entropy, Exchange, Secret, Timestamp, partner::flow_account};
//!
//! let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com")?;
//! let client = Client::new("my-app", Secret::new("s3cr3t-s3cr3t")?, provider)?;
//!
//! // 1. Send the user to the login page, with a state and a PKCE challenge.
//! let now = Timestamp::from_unix_seconds(1_700_000_000);
//! let entropy = Entropy::from_bytes([7; 64]); // random bytes in earnest
//! let redirect_uri = "https://app.example/callback".parse()?;
//! let login = client.authorization_code(redirect_uri, flow_account::SCOPE.parse()?, entropy, now)?;
//! assert_eq!(
//!     login.authorization_url()?.as_str(),
//!     "https://sandbox-auth.flowaccount.com/connect/authorize?response_type=code&client_id=my-app\
//!      &redirect_uri=https%3A%2F%2Fapp.example%2Fcallback\
//!      &scope=flowaccount-api%20offline_access\
//!      &state=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc\
//!      &code_challenge=3Ev4DHdHPRMPoN6GukAY_pi7IUAF5qWJHRK6kURvnoE&code_challenge_method=S256",
//! );
//!
//! // 2. The user is back. Only a callback with this login's state gets further.
//! let callback = "https://app.example/callback?code=c-1&scope=flowaccount-api%20offline_access\
//!                 &state=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
//! let exchanging = login.callback(callback, now)?;
//!
//! // 3. Exchange the code: send the request, take the response.
//! let request = exchanging.request();
//! assert_eq!(request.uri(), "https://openapi.flowaccount.com/test/token");
//! assert_eq!(
//!     request.body().as_ref(),
//!     b"grant_type=authorization_code&code=c-1\
//!       &redirect_uri=https%3A%2F%2Fapp.example%2Fcallback\
//!       &code_verifier=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc\
//!       &client_id=my-app&client_secret=s3cr3t-s3cr3t",
//! );
//! let response = http::Response::builder().header("content-type", "application/json").body(
//!     r#"{"access_token":"at-1","expires_in":3600,"token_type":"bearer",
//!         "supportCode":"FA-1","refresh_token":"rt-1"}"#,
//! )?;
//! let authorized = exchanging.receive(&response, now)?;
//!
//! // 4. Tokens, with the partner's own field beside them.
//! let tokens = authorized.tokens();
//! assert_eq!(tokens.access_token().expose(), "at-1");
//! assert_eq!(tokens.extra::<flow_account::Business>()?.support_code, "FA-1");
//! assert_eq!(format!("{:?}", tokens.access_token()), "AccessToken([redacted])");
//!
//! // 5. Refresh: the old token dies, so the new one is stored before anything else happens.
//! let refreshing = authorized.refresh()?;
//! assert_eq!(
//!     refreshing.request().body().as_ref(),
//!     b"grant_type=refresh_token&refresh_token=rt-1&client_id=my-app&client_secret=s3cr3t-s3cr3t",
//! );
//! let response = http::Response::builder().header("content-type", "application/json").body(
//!     r#"{"access_token":"at-2","expires_in":3600,"token_type":"bearer","refresh_token":"rt-2"}"#,
//! )?;
//! let refreshed = refreshing.receive(&response, now)?;
//! let record = serde_json::to_string(&refreshed.record())?; // for the store
//! let authorized = refreshed.stored();
//! # assert!(record.contains("rt-2"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A token at hand
//! A flow is short; a program is long. [`TokenCache`] keeps a token as long as it is good, says when
//! to ask for the next one, and sees to it that one caller asks and all have the answer. Most
//! programs hold it in their hands as `TokenSource`, which both adapters have.
//!
//! A user's session is more than a token at hand: where the server rotates its refresh tokens, losing
//! one means a new login. Kept in a [`Store`], a session outlives crashes and is shared by any number
//! of processes: see [sessions].
//!
//! # A server that describes itself
//! Where a server publishes its metadata (RFC 8414, OpenID Connect Discovery), its name is enough:
//! an [`Issuer`] is asked for them, and [`ServerMetadata::provider`] is whom a [`Client`] talks to,
//! with its endpoints, its way to take a secret, and what it says of its logins. What such a document
//! names is not believed for being named: issuers are compared to the letter, endpoints are https and
//! lead into no private network, and nothing is weakened.
//!
//! # What it promises
//! - Order is a matter of types: see what does [not compile](flow#what-does-not-compile).
//! - Nothing is lost on an error: [`Failed`] holds the flow, and says by [`Advice`] what to do.
//! - No secret is printed: not by `{:?}`, not in an error, not in an error's sources. Secrets are
//!   zeroed when dropped and compared in constant time.
//! - A refresh token that has reached this program is kept until it is stored, for as long as the
//!   program lives: see what is [promised](sessions), and what cannot be.
//! - One request for a token at a time, none that is needless, none while a refusal is fresh.
//! - Nothing from outside is trusted: sizes, depths, encodings, numbers, doubled parameters.
//! - `#![no_std]` with `alloc`, always. The default feature `http` adds `http::Request` and
//!   `http::Response` at the border, typed extra fields, and a cache that threads share; it needs
//!   std and changes nothing else. So do `file-store`, for sessions in files, and `conformance`, for
//!   the tests of whoever writes a store.
//!
//! # What it does not do
//! - No I/O (but for the feature `file-store`), no clock, no randomness: [`Timestamp`] and [`Entropy`]
//!   are arguments, and [`wire`] has the requests and answers for those who go without crate `http`.
//! - No look into a token: access tokens are opaque, JWTs too.
//! - No password grant and no implicit grant (RFC 9700 sections 2.1.2 and 2.4).
//! - No trial and error: one way to authenticate, chosen beforehand; no redirect is followed; no
//!   refused credential is sent again.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]

extern crate alloc;
#[cfg(any(feature = "http", feature = "file-store", feature = "conformance"))]
extern crate std;

mod about_token;
mod cache;
mod client;
mod dialect;
mod digest;
mod discovery;
mod entropy;
mod error;
mod exchange;
pub mod flow;
#[cfg(not(doctest))] // its code needs the adapters: the tests' doctests compile it
pub mod guide;
mod introspection;
mod not_repeated;
pub mod partner;
mod pkce;
mod provider;
mod revocation;
mod rotation;
mod scope;
mod secret;
#[doc = include_str!("sessions.md")]
pub mod sessions {}
#[cfg(feature = "http")]
mod shared;
mod store;
mod time;
mod token_exchange;
mod token_refusal;
mod token_type;
mod tokens;
mod url;
mod wiping;
pub mod wire;

pub use cache::{Fetched, Lookup, Ticket, TicketId, TokenCache, TokenError, TokenKey, Waiting};
pub use client::Client;
pub use dialect::{BodyFormat, ClientAuth, Dialect, RefreshPolicy};
pub use discovery::{Discovery, Issuer, ResourceDiscovery, ResourceMetadata, ServerMetadata};
pub use entropy::Entropy;
pub use error::{
    Advice, CallbackError, ConfigurationError, ConfigurationErrorKind, Error, ProtocolError,
    ProtocolErrorKind, Refusal, SessionError, SessionErrorKind, TransportError, TransportErrorKind,
    Unavailable,
};
pub use exchange::Exchange;
pub use flow::{
    DeviceAuthorizationRequest, DeviceCode, Failed, Flow, PendingDevice, PendingLogin, TokenRecord,
};
pub use introspection::{ActiveToken, Introspection};
pub use not_repeated::NotRepeated;
pub use pkce::{PkceVerifier, pkce_confirmed};
pub use provider::{IssParameter, Provider};
pub use revocation::Revocation;
pub use rotation::{Event, Login, Logout, Rotation, SessionRecord, Step, Stepwise};
pub use scope::Scope;
pub use secret::Secret;
#[cfg(feature = "http")]
pub use shared::{Reading, SharedTokenCache, SharedTokenCaches};
#[cfg(feature = "file-store")]
pub use store::FileStore;
#[cfg(feature = "http")]
pub use store::MemoryStore;
#[cfg(feature = "conformance")]
pub use store::conformance;
pub use store::{AsyncStore, Store, StoreError, Stored};
pub use time::Timestamp;
pub use token_exchange::{ExchangedToken, TokenExchange};
pub use token_refusal::{TokenRefusal, TokenVerdict};
pub use token_type::{TokenType, TypedToken};
pub use tokens::{AccessToken, Authorization, Deviation, RefreshToken, Tokens, Validity};
pub use url::{Endpoint, Origin, RedirectUri};
pub use wire::challenge::{Challenge, MalformedChallenge};
