//! The examples that talk to people and to other processes, run as somebody runs them. The others
//! are run where their words are searched for secrets.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect")]

mod fleet;
mod login_cli;
mod login_web;
mod new_partner;
mod running;
