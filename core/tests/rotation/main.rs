//! Rotations as whoever drives them sees them: stories, one file per topic, and a model of several
//! processes on one store in every order.

#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

mod refreshed;
mod scenario;
