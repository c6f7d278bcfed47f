//! The token on an agent's requests: where it goes, and what a refusal brings about.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says what is wrong by failing"
)]

mod answers;
mod crowd;
mod forms;
mod origins;
mod partner;
mod renewal;
mod repeats;
mod script;
