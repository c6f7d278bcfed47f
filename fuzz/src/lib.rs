//! What the targets share: a setting with secrets that depend on the input, the input's layout, and
//! the models of what takes many steps.

pub mod cache;
pub mod conversation;
mod input;
pub mod rotation;
mod secrets;
mod setting;

use grantflow::Timestamp;

pub use input::{Answer, Input};
pub use secrets::Secrets;
pub use setting::{Setting, client};

pub const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

/// Pairs of a form, as whoever receives them reads them.
pub fn form(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// A value as it stands in a form.
pub fn form_value(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}
