//! The partner sandbox behaves as the partner pages say.

#![expect(clippy::expect_used, reason = "a test's helper that cannot go on ends the test")]

mod caller;
mod cover_genius;
mod login;
mod meed;
mod server;
mod tokens;
