//! OAuth 2.0 for partner APIs as they really are.
#![no_std]

extern crate alloc;

mod client;
mod dialect;
mod entropy;
mod error;
mod exchange;
pub mod flow;
pub mod partner;
mod pkce;
mod provider;
mod scope;
mod secret;
mod time;
mod tokens;
mod url;
pub mod wire;

pub use client::Client;
pub use dialect::{BodyFormat, ClientAuth, Dialect, RefreshPolicy};
pub use entropy::Entropy;
pub use error::{
    Advice, CallbackError, ConfigurationError, ConfigurationErrorKind, Error, ProtocolError,
    ProtocolErrorKind, Refusal, TransportError, TransportErrorKind, Unavailable,
};
pub use exchange::Exchange;
pub use flow::{Failed, Flow, PendingLogin, TokenRecord};
pub use pkce::{PkceVerifier, pkce_confirmed};
pub use provider::Provider;
pub use scope::Scope;
pub use secret::Secret;
pub use time::Timestamp;
pub use tokens::{AccessToken, Deviation, RefreshToken, Tokens, Validity};
pub use url::{Endpoint, Origin, RedirectUri};
