//! A device's login that waits for its user, as data to store.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::awaiting_user::AwaitingUser;
use super::device_authorization::DeviceCode;
use super::pending_login::check_pins;
use crate::client::Client;
use crate::error::ConfigurationError;
use crate::flow::Flow;
use crate::scope::Scope;
use crate::secret::{Hidden, exposed, stored_record};
use crate::time::Timestamp;
use crate::url::Parts;
use crate::wire::Extra;
use crate::wire::text::{Shown, is_harmful};

/// All that has to be known to show the codes again and to go on asking after a restart: plain data.
/// The interval in it is the one that has grown, so store it again after a pause that was longer.
///
/// Serialising shows its secrets, both codes, on purpose; `{:?}` does not. It also pins the client
/// and the server: resumed by another client or for another server, it is refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct PendingDevice {
    /// The version of this format.
    pub(super) format: u8,
    #[serde(with = "exposed")]
    pub(super) device_code: DeviceCode,
    pub(super) user_code: Hidden,
    pub(super) verification_uri: String,
    #[serde(default)]
    pub(super) verification_uri_complete: Option<Hidden>,
    pub(super) scope: Scope,
    /// When the codes were asked for.
    pub(super) sent_at: Timestamp,
    /// This and the next two are in seconds.
    pub(super) expires_in: u64,
    pub(super) interval: u64,
    /// What the server asked for the last time, beyond the interval.
    #[serde(default)]
    pub(super) retry_after: u64,
    /// What the caller added to the token request.
    #[serde(with = "parameters", default)]
    pub(super) extra: Extra,
    pub(super) client_id: Hidden,
    pub(super) token_endpoint: String,
}

stored_record!(
    PendingDevice,
    "this is not a device's login that this library stored",
    Self::is_sound
);

impl PendingDevice {
    /// When the codes are over.
    pub fn expires_at(&self) -> Timestamp {
        self.sent_at.saturating_add(Duration::from_secs(self.expires_in))
    }

    pub(super) fn pause(&self) -> Duration {
        Duration::from_secs(self.interval.max(self.retry_after))
    }

    /// A store can be tampered with: what is shown to people is checked as it was when it came.
    fn is_sound(&self) -> bool {
        let Self { verification_uri, verification_uri_complete, user_code, .. } = self;
        let complete = verification_uri_complete.as_ref().map(Hidden::expose);
        let is_page = |url| is_page(url, &self.token_endpoint);
        is_visible(user_code.expose())
            && is_page(verification_uri)
            && complete.is_none_or(is_page)
            && (1..=DAY).contains(&self.interval)
            && self.retry_after <= DAY
            && check_parameters(&self.extra).is_ok()
    }

    fn check_client(&self, client: &Client) -> Result<(), ConfigurationError> {
        let token_endpoint = client.provider().token_endpoint.as_str();
        check_pins(
            self.format == FORMAT,
            &[
                ("client_id", self.client_id.expose() == client.client_id()),
                ("token_endpoint", self.token_endpoint == token_endpoint),
            ],
        )
    }
}

impl Client {
    /// Goes on with a device's login that was stored: the way back from [`Flow::pending`].
    ///
    /// # Errors
    /// [`ConfigurationError`] where the login was started by another client or at another server.
    pub fn resume_device(
        &self,
        pending: PendingDevice,
    ) -> Result<Flow<AwaitingUser>, ConfigurationError> {
        pending.check_client(self)?;
        let state = AwaitingUser { pending, deviations: Vec::new() };
        Ok(Flow { client: self.clone(), state })
    }
}

/// Without the codes: who reads a log has no business at the user's page.
impl fmt::Debug for PendingDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingDevice")
            .field("device_code", &self.device_code)
            .field("user_code", &self.user_code)
            .field("verification_uri", &format_args!("{}", Shown(&self.verification_uri)))
            .field("expires_at", &self.expires_at())
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// The parameters of a token request may be of any type, where its body is JSON. Each is written as a
/// text, which is zeroed.
mod parameters {
    use alloc::string::String;
    use alloc::vec::Vec;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::secret::Hidden;
    use crate::wire::Extra;

    pub(super) fn serialize<S: Serializer>(
        extra: &Extra,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(extra.members().iter().map(|(name, value)| (name, value.to_text())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Extra, D::Error> {
        let mut extra = Extra::default();
        for (name, text) in &Vec::<(String, Hidden)>::deserialize(deserializer)? {
            let value = serde_json::from_str(text.expose()).map_err(D::Error::custom)?;
            extra.add_value(name, value).map_err(D::Error::custom)?;
        }
        Ok(extra)
    }
}

/// The flow brings its code itself.
pub(super) fn check_parameters(extra: &Extra) -> Result<(), ConfigurationError> {
    let own = "device_code";
    if extra.members().iter().any(|(name, _)| name == own) {
        let message = "is set by the flow itself and cannot be an extra parameter";
        return Err(ConfigurationError::invalid(own, message));
    }
    Ok(())
}

/// Whether there is something in a code to be seen, and nothing that would do something to a terminal.
pub(super) fn is_visible(code: &str) -> bool {
    !code.trim().is_empty() && !code.contains(is_harmful)
}

/// An https URL, strictly read, so that nothing in it can deceive whoever reads it: the server may not
/// be what it seems (RFC 8628 section 5.4). A server that is tried out on this machine without TLS has
/// its page there too.
pub(super) fn is_page(url: &str, token_endpoint: &str) -> bool {
    let is_tried_out = || Parts::read(token_endpoint).is_ok_and(|parts| !parts.https);
    let is_good =
        |parts: &Parts<'_>| parts.https || (parts.is_loopback_address() && is_tried_out());
    Parts::read(url).is_ok_and(|parts| is_good(&parts))
}

pub(super) const FORMAT: u8 = 1;

/// In seconds: no code lives that long.
pub(super) const DAY: u64 = 24 * 60 * 60;

#[cfg(test)]
mod tests;
