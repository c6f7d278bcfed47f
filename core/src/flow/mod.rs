//! Grants as state machines. Each state is a type of its own, so that what comes too early, twice
//! or out of order does not compile.
//!
//! ```text
//!            client_credentials(scope)
//!  Client ─────────────────────────────▶ Requesting ──receive──▶ Granted
//!    │
//!    │ authorization_code(redirect_uri, scope, entropy, now)
//!    └──────▶ AwaitingCallback ──callback──▶ Exchanging ──receive──▶ Authorized ◀──stored── Refreshed
//!                   │  ▲                                               │    ▲                   ▲
//!           pending │  │ resume_login                          refresh │    │ cancel            │ receive
//!                   ▼  │                                               └──▶ Refreshing ─────────┘
//!               PendingLogin
//! ```
//! A client that brings a grant of another kind goes the first way
//! ([`extension_grant`](Client::extension_grant)). A login whose parameters are
//! [pushed](Flow::push) goes round by [`Pushing`] and [`Pushed`] and comes back to
//! [`AwaitingCallback`]. A device without a browser gets its codes, and as [`AwaitingUser`] asks again and
//! again whether its user is done; when that is so, it is [`Authorized`], as after any login:
//!
//! ```text
//!                                         not yet, or no answer: pause, retry
//!                                                   ┌────┐
//!  device_authorization(scope)                      ▼    │
//!  Client ──▶ DeviceAuthorizationRequest ──receive──▶ AwaitingUser ──receive──▶ Authorized
//!                                                     │  ▲
//!                                             pending │  │ resume_device
//!                                                     ▼  │
//!                                                 PendingDevice
//! ```
//!
#![doc = include_str!("does_not_compile.md")]

mod authorization_code;
mod authorized;
mod awaiting_user;
mod callback;
mod client_credentials;
mod device_authorization;
mod exchanging;
mod extension_grant;
mod failed;
mod parameters;
mod pending_device;
mod pending_login;
mod pushed;
mod refresh;
mod token_record;

use core::fmt;

pub use authorization_code::{AuthorizationUrl, AwaitingCallback};
pub use authorized::Authorized;
pub use awaiting_user::AwaitingUser;
pub use client_credentials::{Granted, Requesting};
pub use device_authorization::{DeviceAuthorizationRequest, DeviceCode};
pub use exchanging::{AuthorizationCode, Exchanging};
pub use failed::Failed;
pub use pending_device::PendingDevice;
pub use pending_login::{LoginState, PendingLogin};
pub use pushed::{Pushed, Pushing};
pub use refresh::{Refreshed, Refreshing};
pub use token_record::TokenRecord;

use crate::client::Client;
use crate::exchange::sealed::Sealed;

/// A grant that is under way, in state `S`. The states and the steps between them are drawn in
/// the [module](self).
#[must_use = "a flow does nothing by itself: send it, answer it, or store what it holds"]
pub struct Flow<S: State> {
    pub(crate) client: Client,
    pub(crate) state: S,
}

/// A state of a [`Flow`]: one of those in this module.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a state of a flow",
    note = "the states are Requesting, Granted, AwaitingCallback, Pushing, Pushed, Exchanging, \
            AwaitingUser, Authorized, Refreshing and Refreshed"
)]
pub trait State: Sealed + fmt::Debug {}

impl<S: State> Flow<S> {
    /// The client whose flow this is.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl<S: State> fmt::Debug for Flow<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow").field("state", &self.state).field("client", &self.client).finish()
    }
}
