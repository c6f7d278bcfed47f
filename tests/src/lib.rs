//! What the tests of grantflow stand on: the partner [`sandbox`], a [`browser`] for the users who
//! log in there, a [`gate`] for answers that come when a test says so, [`hostile`] servers, and
//! [`peers`] that somebody else wrote.

pub mod browser;
pub mod clients;
pub mod collector;
pub mod crashes;
pub mod gate;
pub mod hostile;
pub mod peers;
mod plain_server;
pub mod redis_server;
pub mod rotating_server;
pub mod sandbox;
pub mod scratch;
pub mod slow_store;
pub mod story;
pub mod vectors;

/// The README's code, compiled as doctests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
