//! Secrets must not be seen: build what holds them, print it, search.

use base64ct::{Base64, Encoding};
use grantflow::{Client, ClientAuth, Exchange, Scope, Secret};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::generate;
use super::login::{self, Given};
use super::model::Vector;
use super::outcome::{Accepted, Refused, Shown, Stop};
use super::replies::Reply;
use super::setup::{self, NOW};
use super::world::World;

pub(super) fn redaction_scan(vector: &Vector) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let markers = input.texts("markers")?.unwrap_or_else(|| vector.markers());
    let mut sensitive = None;
    let shown = match input.text("object")? {
        Some("http_request") => {
            let (shown, marked) = http_request(vector)?;
            sensitive = Some(marked);
            shown
        }
        Some(_) => return Err(Stop::Lacking("such an object")),
        None if input.get("body").is_some() => error_of_body(vector)?,
        None => world(vector, &markers)?,
    };
    let mut accepted = scanned(shown, &markers)?;
    if let Some(sensitive) = sensitive {
        accepted.set("authorization_is_sensitive", sensitive);
    }
    Ok(accepted)
}

pub(super) fn authorization_url_scan(vector: &Vector) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let client = setup::client(vector, setup::provider(vector)?)?;
    let given = Given { verifier: input.text("pkce_verifier")?, ..Given::default() };
    let login = given.start(&client, setup::REDIRECT_URI.parse()?)?;
    let url = login.authorization_url()?;
    let mut shown = Shown(vec![url.as_str().to_owned()]);
    shown.debug(&url);
    shown.debug(&login);
    scanned(shown, &vector.markers())
}

fn scanned(shown: Shown, markers: &[&str]) -> Result<Accepted, Stop> {
    if markers.is_empty() {
        return Err(Stop::Malformed("there is nothing to search for".to_owned()));
    }
    let found = markers.iter().any(|marker| shown.contain(marker));
    let mut accepted = Accepted::new([("clean", (!found).into())]);
    accepted.shown = shown;
    Ok(accepted)
}

/// All public types that hold one of the fields, each marker in turn as the secret.
fn world(vector: &Vector, markers: &[&str]) -> Result<Shown, Stop> {
    let fields = vector.input.texts("fields")?.unwrap_or_default();
    let provider = setup::provider(vector)?;
    let client_id = vector.input.text_or("client_id", "c")?;
    let mut shown = Shown::default();
    for marker in markers {
        let world = World { provider: &provider, client_id, fields: &fields, marker };
        world.render(&mut shown)?;
    }
    Ok(shown)
}

/// The error that the body gives with status 200, and its sources.
fn error_of_body(vector: &Vector) -> Result<Shown, Stop> {
    let reply = Reply::with_status(200, generate::body(vector.input.get("body"))?);
    let client = setup::client(vector, setup::provider(vector)?)?;
    let flow = client.client_credentials(Scope::default())?;
    let mut shown = Shown::default();
    shown.debug(&reply.response());
    match flow.receive(reply.response(), NOW) {
        Ok(flow) => shown.debug(&flow),
        Err(failed) => shown.0.extend(Refused::new(failed.error(), &failed).shown.0),
    }
    Ok(shown)
}

/// A request with the given fields, its `Authorization` put there by the library.
fn http_request(vector: &Vector) -> Result<(Shown, bool), Stop> {
    let mut authorization = None;
    let mut plain = Vec::new();
    for (name, value) in vector.input.pairs("headers")? {
        if name.eq_ignore_ascii_case("authorization") {
            authorization = Some(value);
        } else {
            plain.push((name, value));
        }
    }
    let value = authorization
        .ok_or_else(|| Stop::Malformed("no Authorization among the headers".to_owned()))?;
    let provider = setup::provider(vector)?;
    let mut shown = Shown::default();
    let is_sensitive = match value.split_once(' ') {
        Some(("Bearer", token)) => {
            let client = Client::new("c", Secret::new("s")?, provider)?;
            let held = login::held(&client, login::record(token, "r", &Scope::default()))?;
            let mut request = http::Request::new(());
            *request.uri_mut() = http::Uri::from_static("https://api.example.com/x");
            for (name, value) in plain {
                let name = http::HeaderName::try_from(name);
                if let (Ok(name), Ok(value)) = (name, value.parse()) {
                    request.headers_mut().insert(name, value);
                }
            }
            let api = "https://api.example.com".parse()?;
            held.tokens().authorize(&mut request, &[api])?;
            shown.debug(&request);
            is_sensitive(request.headers())
        }
        Some(("Basic", pair)) => {
            let pair = Base64::decode_vec(pair).ok();
            let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
            let malformed = || Stop::Malformed("no Basic credential".to_owned());
            let pair = pair.ok_or_else(malformed)?;
            let (id, secret) = pair.split_once(':').ok_or_else(malformed)?;
            let basic = |dialect: &mut grantflow::Dialect| dialect.client_auth = ClientAuth::Basic;
            let provider = setup::with_dialect(provider, basic);
            let client = Client::new(id, Secret::new(secret)?, provider)?;
            let flow = client.client_credentials(Scope::default())?;
            shown.debug(&flow.wire_request());
            shown.debug(&flow.request());
            is_sensitive(flow.request().headers())
        }
        _ => return Err(Stop::Lacking("authorization of this kind")),
    };
    Ok((shown, is_sensitive))
}

fn is_sensitive(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(AUTHORIZATION).iter().peekable();
    values.peek().is_some() && values.all(http::HeaderValue::is_sensitive)
}
