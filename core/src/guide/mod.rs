//! The guide, in chapters of a screen or two. Each stands by itself.
//!
//! | what you have | where to begin |
//! |---|---|
//! | credentials for a partner's API, and a program with ureq | [your first token](first_token) |
//! | a service on tokio (axum, tonic, hyper) | [your first token](first_token#in-a-service), then [many tenants](many_tenants) and [a fleet of processes](fleets) |
//! | users who connect their accounts | [logging a user in](logging_in), then [keeping sessions](crate::sessions) |
//! | a partner that nobody here knows | [a partner of your own](own_partner) |
//! | an error in your log | [errors, and what to do about each](errors) |
//! | a build that must not call the partner | [testing your integration](testing) |
//! | an HTTP client or a runtime of your own | [embedding the core](embedding) |
//! | a microcontroller | [without std](without_std) |
//!
//! The chapters use three packages: this one, the core, which does no I/O; `grantflow-ureq`, which
//! carries its requests blocking; and `grantflow-hyper`, which does so in a tokio runtime. Each of the
//! two has the core in it, as `grantflow_ureq::grantflow` and `grantflow_hyper::grantflow`, so a program
//! names one package only.

#[doc = include_str!("embedding.md")]
pub mod embedding {}
#[expect(clippy::doc_markdown, reason = "the sentences stand there as the library says them")]
#[doc = include_str!("errors.md")]
pub mod errors {}
#[doc = include_str!("first_token.md")]
pub mod first_token {}
#[doc = include_str!("fleets.md")]
pub mod fleets {}
#[doc = include_str!("logging_in.md")]
pub mod logging_in {}
#[doc = include_str!("many_tenants.md")]
pub mod many_tenants {}
#[doc = include_str!("own_partner.md")]
pub mod own_partner {}
#[doc = include_str!("testing.md")]
pub mod testing {}
#[doc = include_str!("without_std.md")]
pub mod without_std {}
