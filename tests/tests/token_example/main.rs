//! The example `token` of `grantflow-ureq`, run as a person or a script runs it, against small servers
//! on this machine.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect"
)]

mod device;
mod discovery;
mod grants;
mod login;
mod run;
mod server;
mod wrong;
