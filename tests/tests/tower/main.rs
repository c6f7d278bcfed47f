//! The tower layer that puts tokens on requests.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test says what is wrong by failing"
)]

mod answers;
mod bodies;
mod cancelled;
mod origins;
mod partner;
mod refused;
mod script;
mod world;
