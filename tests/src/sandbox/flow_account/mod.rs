//! `FlowAccount` Open API: authorization code and rotating refresh tokens (F1 to F15).
//!
//! ```text
//! GET /connect/authorize ──▶ login form ──▶ choice of business ──▶ 302 redirect_uri?code=…
//!                                                │                       │
//!                                              refuse           POST /{environment}/token
//!                                                ▼                       ▼
//!                               302 redirect_uri?error=access_denied   tokens ◀──┐
//!                                                                        └─refresh┘
//! ```

mod authorize;
mod company;
mod grants;
mod refreshes;
mod token;

pub(super) use self::authorize::{authorize, choose_business, log_in};
pub(super) use self::company::company;
pub(super) use self::grants::FlowAccount;
pub use self::refreshes::{Loss, Refresh};
pub(super) use self::token::token;

/// The two environments in public use (F6). Nothing of one works in the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Environment {
    V1,
    Test,
}
