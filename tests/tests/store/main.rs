//! Stores: the conformance kit over those that are here and over broken ones, and the stories of
//! sessions in files.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "tests say what they expect"
)]

mod broken;
mod conformance;
mod damage;
mod directory;
#[cfg(unix)]
mod guarded;
mod processes;
