//! How a client proves who it is.

use base64ct::{Base64, Encoding};
use grantflow::{Client, ClientAuth, Exchange, Scope, Secret};

use super::model::Vector;
use super::outcome::{Accepted, Stop};
use super::setup;

pub(super) fn basic_auth_header(vector: &Vector) -> Result<Accepted, Stop> {
    let id = vector.input.required("client_id")?;
    let secret = vector.input.required("client_secret")?;
    let raw = vector.context.flag("raw_basic")?;
    let provider = setup::with_dialect(setup::provider(vector)?, |dialect| {
        dialect.client_auth = if raw { ClientAuth::BasicRaw } else { ClientAuth::Basic };
    });
    let client = Client::new(id, Secret::new(secret)?, provider)?;
    let flow = client.client_credentials(Scope::default())?;
    let request = flow.wire_request();
    let header = request.headers().find(|(name, _)| *name == "authorization");
    let header = header.map_or("", |(_, value)| value);
    if credentials(header, raw) != Some((id.to_owned(), secret.to_owned())) {
        return Err(Stop::Wrong(format!("a header that reads otherwise: {header}")));
    }
    Ok(Accepted::new([("header_any", header.into())]).showing(&request))
}

/// What a server reads in a Basic header: base64, cut at the first colon, form-decoded.
fn credentials(header: &str, raw: bool) -> Option<(String, String)> {
    let pair = Base64::decode_vec(header.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decoded = |text: &str| {
        if raw {
            return text.to_owned();
        }
        let form = format!("{text}=");
        let first = form_urlencoded::parse(form.as_bytes()).next();
        first.map(|(name, _)| name.into_owned()).unwrap_or_default()
    };
    Some((decoded(id), decoded(secret)))
}

pub(super) fn select_auth_method(vector: &Vector) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let offered = input.texts("token_endpoint_auth_methods_supported")?;
    let offers = |method: &str| offered.as_ref().is_some_and(|all| all.contains(&method));
    if input.flag("has_key")? && (offers("private_key_jwt") || !input.flag("has_secret")?) {
        return Err(Stop::Lacking("client authentication by an assertion"));
    }
    let method = if input.flag("has_secret")? {
        ClientAuth::choose(offered.as_deref())?.name()
    } else if offered.is_none() || offers("none") {
        // A public client proves nothing; its identifier goes in the body, whatever is offered.
        "none"
    } else {
        return Err(Stop::Lacking("choice for a client without a secret"));
    };
    Ok(Accepted::new([("method", method.into())]))
}
