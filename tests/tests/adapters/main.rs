//! The two adapters, side by side: every story is told over both.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

mod attacks;
mod carrier;
mod connections;
mod discovery;
mod hostile;
mod partners;
mod proxy;
mod secrets;
mod twins;
