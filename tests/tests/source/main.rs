//! Token sources under load and in trouble: the same stories for both adapters.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "tests say what they expect"
)]

mod asynchronous;
mod blocking;
mod session;
mod tenants;
