//! Several servers, which must not be taken for each other.

use grantflow::{Client, Exchange, Provider, RedirectUri, Secret};
use serde_json::{Value, json};

use super::login::Given;
use super::members::Members;
use super::model::Vector;
use super::outcome::{Accepted, Refused, Stop};
use super::setup::{self, NOW};

struct Server {
    name: String,
    provider: Provider,
    redirect_uri: RedirectUri,
}

impl Server {
    fn read(server: &Members) -> Result<Self, Stop> {
        let endpoint = |name, default| setup::endpoint(server, name, default, false);
        let token_endpoint = endpoint("token_endpoint", setup::TOKEN_ENDPOINT)?;
        let login_page = endpoint("authorization_endpoint", setup::AUTHORIZATION_ENDPOINT)?;
        let provider = Provider::new(token_endpoint).with_authorization_endpoint(login_page);
        Ok(Self {
            name: server.required("name")?.to_owned(),
            provider: match server.text("issuer")? {
                Some(issuer) => {
                    provider.with_issuer(issuer, setup::iss(server.flag("iss_supported")?))
                }
                None => provider,
            },
            redirect_uri: setup::redirect_uri(server)?,
        })
    }

    fn all(vector: &Vector) -> Result<Vec<Self>, Stop> {
        let servers = vector.input.objects("servers")?;
        servers.iter().map(Self::read).collect()
    }
}

pub(super) fn register_servers(vector: &Vector) -> Result<Accepted, Stop> {
    let servers = Server::all(vector)?;
    let pairs: Vec<(&Provider, &RedirectUri)> =
        servers.iter().map(|server| (&server.provider, &server.redirect_uri)).collect();
    Provider::check_apart(&pairs)?;
    Ok(Accepted::default())
}

pub(super) fn mixup(vector: &Vector) -> Result<Accepted, Stop> {
    let started_with = vector.input.required("started_with")?;
    let mut callback = vector.input.required("callback")?.to_owned();
    let mut started = None;
    for server in Server::all(vector)? {
        let client = Client::new("c", Secret::new("s")?, server.provider)?;
        // Each flow has a state of its own, as it would from fresh entropy.
        let state = format!("the-state-of-the-flow-started-at-{}", server.name);
        let given = Given { state: Some(&state), ..Given::default() };
        let login = given.start(&client, server.redirect_uri)?;
        let marker = format!("STATE_OF_{}", server.name);
        callback = callback.replace(&marker, login.pending().state().expose());
        if server.name == started_with {
            started = Some(login);
        }
    }
    let login =
        started.ok_or_else(|| Stop::Malformed(format!("no server is called {started_with}")))?;
    Ok(match login.callback(&callback, NOW) {
        Ok(exchange) => Accepted::new([
            ("error_kind", Value::Null),
            ("token_requests_to", json!([exchange.wire_request().url()])),
        ]),
        Err(failed) => {
            let refused = Refused::new(failed.error(), &failed);
            let mut accepted = Accepted::new([
                ("error_kind", refused.kind.into()),
                ("token_requests_to", json!([])),
            ]);
            accepted.shown = refused.shown;
            accepted
        }
    })
}
