//! What the tests of grantflow stand on: the partner [`sandbox`], a [`browser`] for the users who
//! log in there, a [`gate`] for answers that come when a test says so, [`hostile`] servers, and
//! [`peers`] that somebody else wrote.

pub mod browser;
pub mod by_hand;
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

/// The code of the guide, compiled as doctests here, where both adapters are.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../core/src/guide/embedding.md")]
    pub struct Embedding;
    #[doc = include_str!("../../core/src/guide/errors.md")]
    pub struct Errors;
    #[doc = include_str!("../../core/src/guide/first_token.md")]
    pub struct FirstToken;
    #[doc = include_str!("../../core/src/guide/fleets.md")]
    pub struct Fleets;
    #[doc = include_str!("../../core/src/guide/logging_in.md")]
    pub struct LoggingIn;
    #[doc = include_str!("../../core/src/guide/many_tenants.md")]
    pub struct ManyTenants;
    #[doc = include_str!("../../core/src/guide/own_partner.md")]
    pub struct OwnPartner;
    #[doc = include_str!("../../core/src/guide/testing.md")]
    pub struct Testing;
    #[doc = include_str!("../../core/src/guide/without_std.md")]
    pub struct WithoutStd;
}
