//! What this library holds, and nobody is to see: in what is printed and logged, and in memory that
//! was given back.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests say what they expect"
)]

mod examples;
#[cfg(target_os = "linux")]
mod freed;
mod heard;
mod panics;
#[cfg(target_os = "linux")]
mod planted;
mod search;
mod vectors;
