//! Sessions that were stored at a time of the test's choice.

use std::time::{SystemTime, UNIX_EPOCH};

use grantflow::flow::Authorized;
use grantflow::{Client, Flow};
use serde_json::json;

/// A session whose access token `old` was asked for so many seconds ago, to live for ten minutes:
/// its renewal is due at 570 s at the earliest, and at 585 s at the latest.
pub(crate) fn of_age(client: &Client, seconds: u64) -> Flow<Authorized> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let record = json!({
        "format": 1,
        "client_id": client.client_id(),
        "token_endpoint": client.provider().token_endpoint().as_str(),
        "access_token": "old",
        "refresh_token": "refresh-0",
        "sent_at": now - seconds,
        "expires_in": 600,
    });
    client.resume(serde_json::from_value(record).unwrap()).unwrap()
}

/// Their access token is good, and a renewal is due.
pub(crate) const DUE: u64 = 590;
