//! The flows as their users see them: stories over the public API, one file per topic.

#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

mod callback;
mod client_credentials;
mod errors;
mod login;
mod redaction;
mod refresh;
mod scenario;
mod token_answer;
