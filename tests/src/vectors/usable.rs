//! Whether a token may still be used.

use std::time::Duration;

use grantflow::{Client, Exchange, Scope, Secret, Timestamp, Tokens, Validity};
use serde_json::{Map, Value, json};

use super::login::{self, Given};
use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::replies::Reply;
use super::setup;

pub(super) fn token_usable(vector: &Vector) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let mut sent_at = Timestamp::from_unix_seconds(input.number("sent_at")?.unwrap_or_default());
    let mut now = Timestamp::from_unix_seconds(input.number("now")?.unwrap_or_default());
    if let Some(elapsed) = input.number("monotonic_elapsed")? {
        // Any point of a monotonic clock will do for the start.
        sent_at = sent_at.with_monotonic(Duration::ZERO);
        now = now.with_monotonic(Duration::from_secs(elapsed));
    }
    let margin = Duration::from_secs(input.number("skew")?.unwrap_or_default());
    let mut body = Map::new();
    body.insert("access_token".to_owned(), "t".into());
    body.insert("token_type".to_owned(), "Bearer".into());
    if let Some(lifetime) = input.get("expires_in") {
        body.insert("expires_in".to_owned(), lifetime.clone());
    }
    let reply = Reply::json(&Value::Object(body));
    let client = Client::new("c", Secret::new("s")?, setup::provider(vector)?)?;
    let validity = if input.flag("restored")? {
        restored(&client, &reply, sent_at, |tokens| tokens.validity(now, margin))?
    } else {
        let flow = client.client_credentials(Scope::default())?;
        let flow = flow.receive(reply.response(), sent_at)?;
        flow.tokens().validity(now, margin)
    };
    let usable = match validity {
        Validity::Valid => json!(true),
        Validity::Unknown => json!("unknown"),
        _ => json!(false),
    };
    Ok(Accepted::new([("usable", usable), ("no_panic", true.into())]))
}

/// Asks tokens that went through a store.
fn restored<T>(
    client: &Client,
    reply: &Reply,
    sent_at: Timestamp,
    ask: impl FnOnce(&Tokens) -> T,
) -> Result<T, Stop> {
    let redirect_uri: grantflow::RedirectUri = setup::REDIRECT_URI.parse()?;
    let login = Given::default().start(client, redirect_uri.clone())?;
    let flow =
        login::back_with(login, &redirect_uri, "a-code")?.receive(reply.response(), sent_at)?;
    let record = serde_json::to_value(flow.record())
        .map_err(|error| Stop::Wrong(format!("tokens cannot be stored: {error}")))?;
    Ok(ask(login::held(client, record)?.tokens()))
}
