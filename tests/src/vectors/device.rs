//! A device's login: its codes, and how it asks for the token.

use grantflow::flow::AwaitingUser;
use grantflow::{
    Client, Error, Exchange, Failed, Flow, Scope, Timestamp, TransportError, TransportErrorKind,
};
use serde_json::{Value, json};

use super::model::Vector;
use super::outcome::{Accepted, Shown, Stop};
use super::replies::Reply;
use super::setup::{self, NOW};

pub(super) fn parse_device_authorization(vector: &Vector) -> Result<Accepted, Stop> {
    let client = setup::client(vector, setup::provider(vector)?)?;
    let reply = Reply::read(&vector.input)?;
    let request = client.device_authorization(setup::scope(&vector.input, "scope")?)?;
    let device = request.receive(reply.response(), NOW)?;
    let clean = !device.user_code().chars().any(char::is_control);
    Ok(Accepted::new([
        ("device_code", device.device_code().expose().into()),
        ("user_code", device.user_code().into()),
        ("user_code_display_clean", clean.into()),
        ("verification_uri", device.verification_uri().into()),
        ("verification_uri_complete", json!(device.verification_uri_complete())),
        ("expires_in", device.lifetime().as_secs().into()),
        ("interval", device.interval().as_secs().into()),
    ])
    .showing(&device))
}

/// A device that waits for its user, with codes in which these members are other ones.
pub(super) fn started(
    client: &Client,
    scope: Scope,
    members: &[(&str, Value)],
    now: Timestamp,
) -> Result<Flow<AwaitingUser>, Stop> {
    let mut codes = json!({
        "device_code": "a-device-code",
        "user_code": "ABCD-EFGH",
        "verification_uri": "https://as.example.com/device",
        "expires_in": 600,
    });
    if let Some(codes) = codes.as_object_mut() {
        codes.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    let request = client.device_authorization(scope)?;
    Ok(request.receive(Reply::json(&codes).response(), now)?)
}

/// Asks until it is known what comes of it, by a clock that is moved.
pub(super) fn device_poll(vector: &Vector) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let client = setup::client(vector, setup::provider(vector)?)?;
    let given = ["interval", "expires_in"].map(|name| (name, input.get(name).cloned()));
    let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let given: Vec<(&str, Value)> = given.collect();
    let mut device = started(&client, Scope::default(), &given, NOW)?;

    let mut events = Vec::new();
    for event in input.objects("events")? {
        let is_lost = event.flag("timeout")?;
        events.push(if is_lost { None } else { Some(Reply::read(&event)?) });
    }
    let (mut now, mut waits, mut shown) = (NOW, Vec::new(), Shown::default());
    let result = loop {
        shown.debug(&device);
        let pause = match device.pause(now) {
            Ok(pause) => pause,
            Err(error) => break judged(&error),
        };
        now = now.saturating_add(pause);
        let event = events.get(waits.len()).or(events.last());
        waits.push(pause.as_secs());
        let performed = match event {
            Some(Some(reply)) => device.receive(reply.response(), now),
            Some(None) => {
                let error = TransportError::new(TransportErrorKind::Timeout, "no answer came");
                Err(Failed::unanswered(device, error))
            }
            None => return Err(Stop::Malformed("events are missing".to_owned())),
        };
        match performed {
            Ok(authorized) => {
                shown.debug(&authorized);
                break "token";
            }
            Err(failed) => {
                shown.error(&failed);
                match failed.retry() {
                    Ok(again) => device = again,
                    Err(failed) => break judged(failed.error()),
                }
            }
        }
    };
    let total: u64 = waits.iter().sum();
    let mut accepted = Accepted::new([
        ("waits", waits.into()),
        ("total_wait", total.into()),
        ("result", result.into()),
    ]);
    accepted.shown = shown;
    Ok(accepted)
}

fn judged(error: &Error) -> &'static str {
    match error {
        Error::Callback(grantflow::CallbackError::Expired) => "expired",
        Error::Refused(refusal) if refusal.code() == "expired_token" => "expired",
        Error::Refused(refusal) if refusal.code() == "access_denied" => "access_denied",
        _ => "error",
    }
}
