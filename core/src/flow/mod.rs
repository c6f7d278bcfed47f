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
//! [`AwaitingCallback`].
//!
//! # What does not compile
//! Each mistake stands below the lines that are right. The compiler names the state that a flow
//! is in and what is missing in it.
//!
//! Reading tokens before they are there:
//! ```
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let client = Client::new("id", secret()?, meed::provider("partner.example")?)?;
//! let flow = client.client_credentials(Scope::default())?;
//! let tokens = flow.receive(ok, now)?.into_tokens();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! ```compile_fail,E0599
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let client = Client::new("id", secret()?, meed::provider("partner.example")?)?;
//! let flow = client.client_credentials(Scope::default())?;
//! let tokens = flow.into_tokens(); // still Requesting
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Taking two answers to one request:
//! ```compile_fail,E0382
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let client = Client::new("id", secret()?, meed::provider("partner.example")?)?;
//! let flow = client.client_credentials(Scope::default())?;
//! let granted = flow.receive(ok, now)?;
//! let again = flow.receive(ok, now)?; // the flow is gone
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Refreshing what a client was granted for itself (facts M7, C7):
//! ```compile_fail,E0599
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let client = Client::new("id", secret()?, meed::provider("partner.example")?)?;
//! let flow = client.client_credentials(Scope::default())?;
//! let granted = flow.receive(ok, now)?;
//! let refreshing = granted.refresh(); // Granted has nothing to refresh
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sending before the callback was checked:
//! ```
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com")?;
//! # let client = Client::new("id", secret()?, provider)?;
//! # let (uri, scope) = ("https://localhost:3000".parse()?, flow_account::SCOPE.parse()?);
//! # let login = client.authorization_code(uri, scope, Entropy::from_bytes([7; 64]), now)?;
//! # let state = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
//! # let url = format!("https://localhost:3000/?code=c&state={state}");
//! let exchanging = login.callback(&url, now)?;
//! let request = exchanging.request();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! ```compile_fail,E0599
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com")?;
//! # let client = Client::new("id", secret()?, provider)?;
//! # let (uri, scope) = ("https://localhost:3000".parse()?, flow_account::SCOPE.parse()?);
//! # let login = client.authorization_code(uri, scope, Entropy::from_bytes([7; 64]), now)?;
//! # let state = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
//! # let url = format!("https://localhost:3000/?code=c&state={state}");
//! let request = login.request(); // AwaitingCallback: there is no code yet
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Using a code twice (fact F12), or one entropy for two logins:
//! ```
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com")?;
//! # let client = Client::new("id", secret()?, provider)?;
//! # let (uri, scope) = ("https://localhost:3000".parse()?, flow_account::SCOPE.parse()?);
//! # let login = client.authorization_code(uri, scope, Entropy::from_bytes([7; 64]), now)?;
//! # let state = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
//! # let url = format!("https://localhost:3000/?code=c&state={state}");
//! let authorized = login.callback(&url, now)?.receive(ok, now)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! ```compile_fail,E0382
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com")?;
//! # let client = Client::new("id", secret()?, provider)?;
//! # let (uri, scope) = ("https://localhost:3000".parse()?, flow_account::SCOPE.parse()?);
//! # let login = client.authorization_code(uri, scope, Entropy::from_bytes([7; 64]), now)?;
//! # let state = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
//! # let url = format!("https://localhost:3000/?code=c&state={state}");
//! let exchanging = login.callback(&url, now)?;
//! let authorized = exchanging.receive(ok, now)?;
//! let again = exchanging.request(); // the code is spent
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! ```compile_fail,E0382
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com")?;
//! # let client = Client::new("id", secret()?, provider)?;
//! # let (uri, scope) = ("https://localhost:3000".parse()?, flow_account::SCOPE.parse()?);
//! # let login = client.authorization_code(uri, scope, Entropy::from_bytes([7; 64]), now)?;
//! # let state = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
//! # let url = format!("https://localhost:3000/?code=c&state={state}");
//! let entropy = Entropy::from_bytes([7; 64]);
//! # let uri = || "https://localhost:3000".parse().unwrap();
//! let one = client.authorization_code(uri(), Scope::default(), entropy, now)?;
//! let other = client.authorization_code(uri(), Scope::default(), entropy, now)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Using an old refresh token, or going on before the new one is stored (fact F10):
//! ```
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com")?;
//! # let client = Client::new("id", secret()?, provider)?;
//! # let kept = r#"{"format":1,"access_token":"a","refresh_token":"r","sent_at":1}"#;
//! # let authorized = client.resume(serde_json::from_str::<TokenRecord>(kept)?)?;
//! let refreshed = authorized.refresh()?.receive(ok, now)?;
//! let record = serde_json::to_string(&refreshed.record())?; // store it
//! let refreshing = refreshed.stored().refresh()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! ```compile_fail,E0382
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com")?;
//! # let client = Client::new("id", secret()?, provider)?;
//! # let kept = r#"{"format":1,"access_token":"a","refresh_token":"r","sent_at":1}"#;
//! # let authorized = client.resume(serde_json::from_str::<TokenRecord>(kept)?)?;
//! let refreshing = authorized.refresh()?;
//! let again = authorized.refresh()?; // the refresh token is under way
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! ```compile_fail,E0599
//! # use grantflow::{Client, Entropy, Exchange, Secret, Scope, Timestamp, TokenRecord};
//! # use grantflow::{partner::{flow_account, meed}, wire::Response};
//! # let now = Timestamp::from_unix_seconds(1_700_000_000);
//! # let ok = Response::new(200, br#"{"access_token":"t","token_type":"Bearer","refresh_token":"r"}"#);
//! # let secret = || Secret::new("s3cr3t-s3cr3t");
//! # let provider = flow_account::provider("test", "sandbox-auth.flowaccount.com")?;
//! # let client = Client::new("id", secret()?, provider)?;
//! # let kept = r#"{"format":1,"access_token":"a","refresh_token":"r","sent_at":1}"#;
//! # let authorized = client.resume(serde_json::from_str::<TokenRecord>(kept)?)?;
//! let refreshed = authorized.refresh()?.receive(ok, now)?;
//! let refreshing = refreshed.refresh()?; // not stored yet
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Making up a state:
//! ```
//! use grantflow::flow::{Authorized, Flow};
//!
//! fn company(flow: &Flow<Authorized>) -> &str {
//!     flow.client().client_id()
//! }
//! ```
//! ```compile_fail,E0277
//! use grantflow::flow::{Flow, State};
//!
//! #[derive(Debug)]
//! struct Root;
//! impl State for Root {} // states are sealed
//! ```
//! ```compile_fail,E0451
//! # fn forge(client: grantflow::Client, state: grantflow::flow::Authorized) {
//! use grantflow::flow::Flow;
//!
//! let flow = Flow { client, state }; // its fields are private
//! # }
//! ```

mod authorization_code;
mod authorized;
mod callback;
mod client_credentials;
mod exchanging;
mod extension_grant;
mod failed;
mod parameters;
mod pending_login;
mod pushed;
mod refresh;
mod token_record;

use core::fmt;

pub use authorization_code::{AuthorizationUrl, AwaitingCallback};
pub use authorized::Authorized;
pub use client_credentials::{Granted, Requesting};
pub use exchanging::{AuthorizationCode, Exchanging};
pub use failed::Failed;
pub use pending_login::{PendingLogin, State as LoginState};
pub use pushed::{Pushed, Pushing};
pub use refresh::{Refreshed, Refreshing};
pub use token_record::TokenRecord;

use crate::client::Client;
use crate::exchange::sealed::Sealed;

/// A grant that is under way, in state `S`. The states and the steps between them are drawn in
/// the [module](self).
pub struct Flow<S: State> {
    pub(crate) client: Client,
    pub(crate) state: S,
}

/// A state of a [`Flow`]: one of those in this module.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a state of a flow",
    note = "the states are Requesting, Granted, AwaitingCallback, Pushing, Pushed, Exchanging, \
            Authorized, Refreshing and Refreshed"
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
