//! What arrives at the redirect URI.

use grantflow::flow::{AwaitingCallback, Exchanging};
use grantflow::{Failed, Flow, Provider};
use serde_json::{Map, Value};

use super::generate::MAX_BYTES;
use super::login::Given;
use super::members::Members;
use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::setup::{self, NOW};

pub(super) fn parse_callback(vector: &Vector) -> Result<Accepted, Stop> {
    let login = login(vector)?;
    let (flow, sent) = if let Some(form) = vector.input.text("body_form")? {
        let content_type = vector.input.text_or("content_type", FORM)?;
        (login.callback_form(content_type, form, NOW)?, form.to_owned())
    } else {
        let url = vector.input.text_or_generated("url", "url_gen")?;
        let query = url.split_once('?').map_or("", |(_, query)| query);
        (login.callback(&url, NOW)?, query.to_owned())
    };
    let code = flow.code().expose();
    let mut accepted = Accepted::new([
        ("code", code.into()),
        ("code_len", code.len().into()),
        ("extra", extra(&flow, &sent).into()),
    ]);
    accepted.shown.debug(&flow);
    Ok(accepted)
}

pub(super) fn callback_reuse(vector: &Vector) -> Result<Accepted, Stop> {
    let callbacks = vector.input.texts("callbacks")?.unwrap_or_default();
    let mut pending = Some(login(vector)?);
    let mut outcomes = Vec::new();
    for url in callbacks {
        outcomes.push(match pending.take().map(|login| login.callback(url, NOW)) {
            Some(Ok(_)) => "accepted",
            Some(Err(failed)) => {
                pending = Failed::retry(failed).ok();
                "refused"
            }
            None => "refused",
        });
    }
    let second = outcomes.get(1).copied();
    let second = second.ok_or_else(|| Stop::Malformed("there is no second callback".to_owned()))?;
    Ok(Accepted::new([("second", second.into())]))
}

/// The login that the context describes.
fn login(vector: &Vector) -> Result<Flow<AwaitingCallback>, Stop> {
    let context = &vector.context;
    let provider = with_issuer(setup::provider(vector)?, context)?;
    let client = setup::client(vector, provider)?;
    let given = Given {
        state: context.text("expected_state")?,
        form_post: match context.text_or("response_mode", "query")? {
            "query" => false,
            "form_post" => true,
            other => return Err(Stop::Malformed(format!("no response mode {other}"))),
        },
        ..Given::default()
    };
    given.start(&client, setup::redirect_uri(context)?)
}

fn with_issuer(provider: Provider, context: &Members) -> Result<Provider, Stop> {
    let required = context.flag("iss_required")?;
    Ok(match context.text("expected_issuer")? {
        Some(issuer) => provider.with_issuer(issuer, setup::iss(required)),
        None if required => provider.with_issuer("https://as.example.com", setup::iss(true)),
        None => provider,
    })
}

/// The parameters that the protocol does not need, asked for by the names that were sent.
fn extra(flow: &Flow<Exchanging>, sent: &str) -> Map<String, Value> {
    form_urlencoded::parse(sent.as_bytes())
        .take(MAX_BYTES)
        .filter_map(|(name, _)| {
            let value = flow.callback_parameter(&name)?;
            Some((name.clone().into_owned(), value.into()))
        })
        .collect()
}

const FORM: &str = "application/x-www-form-urlencoded";
