//! The token cache as its users see it: a model of it in every order, and stories, one file per
//! topic.

#![cfg(feature = "http")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test says what is wrong by failing, and how much it did by printing"
)]

mod clock;
mod every_order;
mod hidden;
mod keys;
mod late;
mod lifetime;
mod model;
mod overlapping;
mod pauses;
mod rejected;
mod replaced;
mod scenario;
mod session;
mod shared;
