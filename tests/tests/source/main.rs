//! Token sources under load and in trouble: the same stories for both adapters.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "tests say what they expect"
)]

#[cfg(target_os = "linux")]
mod alone;
mod asynchronous;
mod asynchronous_tenants;
mod blocking;
mod runtimes;
mod session;
mod tenants;
#[cfg(target_os = "linux")]
mod threads;
