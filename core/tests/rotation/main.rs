//! Rotations as whoever drives them sees them: stories, one file per topic, and a model of several
//! processes on one store in every order.

#![cfg(feature = "http")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says what is wrong by failing"
)]

mod changes;
mod concluded;
mod faults;
mod good_tokens;
mod hidden;
mod kept;
mod logins;
mod looks;
mod lost;
mod marks;
mod model;
mod own_token;
mod race;
mod records;
mod refreshed;
mod refused;
mod replaced;
mod scenario;
mod shelf;
mod takeover;
mod told;
mod world;
