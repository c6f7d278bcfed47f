//! The flows as their users see them: stories over the public API, one file per topic.

#![cfg(feature = "http")]
#![expect(clippy::result_large_err, reason = "the tests hand failures on as they come")]

mod callback;
mod client_credentials;
mod errors;
mod login;
mod redaction;
mod refresh;
mod scenario;
mod token_answer;
