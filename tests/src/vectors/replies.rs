//! Answers of the token endpoint.

use bytes::Bytes;
use grantflow::wire::Response;
use grantflow::{
    Client, Exchange, ExchangedToken, RefreshToken, Scope, Timestamp, TokenType, Tokens, TypedToken,
};
use http_body_util::Full;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::device;
use super::generate;
use super::login::{self, Given};
use super::members::Members;
use super::model::Vector;
use super::outcome::{Accepted, Refused, Stop};
use super::primitives::hex;
use super::setup::{self, NOW};

/// An answer as a vector gives it.
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Reply {
    pub(super) fn read(members: &Members) -> Result<Self, Stop> {
        let status = members.number("status")?.unwrap_or(200);
        let status = u16::try_from(status)
            .map_err(|_| Stop::Malformed("status is not a status".to_owned()))?;
        let body = members.get("body");
        let mut headers: Vec<(String, Vec<u8>)> = members
            .pairs("headers")?
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
            .collect();
        if members.get("headers").is_none() && generate::is_plain_object(body) {
            headers.push(("content-type".to_owned(), b"application/json".to_vec()));
        }
        Ok(Self { status, headers, body: generate::body(body)? })
    }

    pub(super) fn json(body: &Value) -> Self {
        Self::with_status(200, body.to_string().into_bytes())
    }

    /// An answer that says it is JSON.
    pub(super) fn with_status(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
            body,
        }
    }

    pub(super) fn response(&self) -> Response<'_> {
        let plain = Response::new(self.status, &self.body);
        let headers = self.headers.iter();
        headers.fold(plain, |response, (name, value)| response.with_header(name, value))
    }
}

impl Reply {
    /// The answer of an API.
    pub(super) fn http(&self) -> http::Response<Full<Bytes>> {
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value.as_slice());
        }
        response.body(Full::new(self.body.clone().into())).unwrap_or_default()
    }
}

pub(super) fn parse_token_response(vector: &Vector) -> Result<Accepted, Stop> {
    let reply = Reply::read(&vector.input)?;
    setup::check_dpop(&vector.context, reply.status)?;
    let client = setup::client(vector, setup::provider(vector)?)?;
    let scope = setup::scope(&vector.context, "requested_scope")?;
    let now = vector.context.number("now")?;
    let now = now.map_or(NOW, Timestamp::from_unix_seconds);
    match vector.context.text_or("flow", "client_credentials")? {
        "client_credentials" => {
            let flow = client.client_credentials(scope)?.receive(reply.response(), now)?;
            Ok(accepted(flow.tokens())?.showing(&flow))
        }
        "authorization_code" => {
            let redirect_uri = setup::redirect_uri(&vector.context)?;
            let given = Given { scope, ..Given::default() };
            let login = given.start(&client, redirect_uri.clone())?;
            let flow =
                login::back_with(login, &redirect_uri, "a-code")?.receive(reply.response(), now)?;
            Ok(accepted(flow.tokens())?.showing(&flow))
        }
        "refresh_token" => {
            let current = vector.context.text_or("current_refresh_token", "a-refresh-token")?;
            refreshed(&client, current, &scope, &reply, now)
        }
        "token_exchange" => {
            let subject = TypedToken::new("a-subject-token", TokenType::ACCESS_TOKEN)?;
            let exchange = client.token_exchange(subject, scope);
            exchanged(&exchange.receive(reply.response(), now)?, now)
        }
        "device_code" => {
            let device = device::started(&client, scope, &[], now)?;
            let flow = device.receive(reply.response(), now)?;
            Ok(accepted(flow.tokens())?.showing(&flow))
        }
        other => Err(Stop::Malformed(format!("no flow is called {other}"))),
    }
}

fn refreshed(
    client: &Client,
    current: &str,
    scope: &Scope,
    reply: &Reply,
    now: Timestamp,
) -> Result<Accepted, Stop> {
    let held = login::held(client, login::record("an-access-token", current, scope))?;
    match held.refresh()?.receive(reply.response(), now) {
        Ok(flow) => {
            let mut accepted = accepted(flow.tokens())?.showing(&flow);
            let effective = flow.tokens().refresh_token().map(RefreshToken::expose);
            accepted.set("refresh_token_effective", effective);
            Ok(accepted)
        }
        Err(failed) => {
            let mut refused = Refused::new(failed.error(), &failed);
            let left = failed.into_authorized();
            let tokens = left.as_ref().map(|(flow, _)| flow.tokens());
            let effective = tokens.ok().and_then(Tokens::refresh_token);
            refused.members.insert(
                "refresh_token_effective".to_owned(),
                json!(effective.map(RefreshToken::expose)),
            );
            refused.shown.debug(&left);
            Err(refused.into())
        }
    }
}

/// What an exchange of tokens brought; of a token that is no Bearer token, less is known.
fn exchanged(token: &ExchangedToken, sent_at: Timestamp) -> Result<Accepted, Stop> {
    let mut members = if let Some(tokens) = token.bearer() {
        accepted(tokens)?
    } else {
        let lifetime = token.expires_at().and_then(|end| end.elapsed_since(sent_at));
        let scope: Vec<&str> = token.scope().tokens().collect();
        let extra: Map<String, Value> = token.extra()?;
        Accepted::new([
            ("token_type", "n_a".into()),
            ("usable_as_bearer", false.into()),
            ("expires_in", json!(lifetime.map(|lifetime| lifetime.as_secs()))),
            ("scope", scope.into()),
            ("extra", extra.into()),
        ])
    };
    members.set("access_token", token.expose());
    members.set("access_token_len", token.expose().len());
    members.set("access_token_sha256", hex(&Sha256::digest(token.expose())));
    members.set("issued_token_type", token.issued_token_type().as_str());
    Ok(members.showing(token))
}

/// The tokens under the neutral names.
fn accepted(tokens: &Tokens) -> Result<Accepted, Stop> {
    let access_token = tokens.access_token().expose();
    let extra: Map<String, Value> = tokens.extra()?;
    let details = extra.get("authorization_details").and_then(Value::as_array);
    let types = details.map(|items| {
        let types = items.iter().map(|detail| detail.get("type").cloned());
        types.map(Option::unwrap_or_default).collect::<Vec<Value>>()
    });
    let scope: Vec<&str> = tokens.scope().tokens().collect();
    // Tokens of another type than Bearer are refused, so these are usable as such.
    let authorization = tokens.access_token().authorization();
    let bearer = authorization.expose().strip_prefix("Bearer ") == Some(access_token);
    Ok(Accepted::new([
        ("access_token", access_token.into()),
        ("access_token_len", access_token.len().into()),
        ("access_token_sha256", hex(&Sha256::digest(access_token)).into()),
        ("token_type", json!(bearer.then_some("bearer"))),
        ("usable_as_bearer", bearer.into()),
        ("expires_in", json!(tokens.lifetime().map(|lifetime| lifetime.as_secs()))),
        ("refresh_token", json!(tokens.refresh_token().map(RefreshToken::expose))),
        ("scope", scope.into()),
        ("scope_differs", tokens.scope_differs().into()),
        ("issued_token_type", extra.get("issued_token_type").cloned().unwrap_or_default()),
        ("authorization_details_types", json!(types)),
        ("extra", extra.into()),
    ])
    .showing(tokens))
}
