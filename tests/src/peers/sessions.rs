//! Sessions in a store, and API calls with their tokens, by either adapter.

use std::sync::Arc;

use bytes::Bytes;
use grantflow::flow::{Authorized, Requesting};
use grantflow::{AccessToken, Client, Flow, MemoryStore, NotRepeated, TokenError, Tokens};
use http_body_util::Empty;
use tokio::runtime::Runtime;

use super::Trouble;
use super::scene::{Scene, change};
use crate::clients;
use crate::hostile::Carrier;

/// A source of tokens: the one session of a user, if it is not a client's own.
pub(super) enum Session<'a> {
    Ureq(grantflow_ureq::TokenSource),
    Hyper(grantflow_hyper::TokenSource, &'a Runtime),
}

/// What the server's own resource said to a request with the session's token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) status: u16,
    pub(super) not_repeated: Option<NotRepeated>,
}

impl<'a> Session<'a> {
    /// Puts it into a store.
    pub(super) fn store(scene: &Scene<'a>, session: Flow<Authorized>) -> Result<Self, Trouble> {
        Ok(match scene.carrier {
            Carrier::Ureq(transport) => {
                let sessions =
                    grantflow_ureq::TokenSources::with_store(transport, MemoryStore::new());
                Self::Ureq(sessions.login("anna", session)?)
            }
            Carrier::Hyper(hyper) => {
                let (transport, runtime) = &**hyper;
                let sessions =
                    grantflow_hyper::TokenSources::with_store(transport, MemoryStore::new());
                Self::Hyper(runtime.block_on(sessions.login("anna", session))?, runtime)
            }
        })
    }

    /// No user's, but a client's own tokens.
    pub(super) fn of_client(scene: &Scene<'a>, request: Flow<Requesting>) -> Self {
        match scene.carrier {
            Carrier::Ureq(transport) => {
                Self::Ureq(grantflow_ureq::TokenSource::new(transport, request))
            }
            Carrier::Hyper(hyper) => {
                let (transport, runtime) = &**hyper;
                Self::Hyper(grantflow_hyper::TokenSource::new(transport, request), runtime)
            }
        }
    }

    pub(super) fn token(&self) -> Result<Arc<Tokens>, TokenError> {
        match self {
            Self::Ureq(source) => source.token(),
            Self::Hyper(source, runtime) => runtime.block_on(source.token()),
        }
    }

    pub(super) fn reject(&self, token: &AccessToken) {
        match self {
            Self::Ureq(source) => source.reject(token),
            Self::Hyper(source, _) => source.reject(token),
        }
    }

    /// Calls the server's own resource, by the adapter's middleware.
    pub(super) fn call(&self, scene: &Scene<'_>) -> Result<Called, Trouble> {
        let front = &scene.server.front;
        let (url, origin) = (format!("{}/me", front.url), front.url.parse()?);
        let (status, not_repeated) = match self {
            Self::Ureq(source) => {
                let settings = clients::blocking_settings(&front.ca_pem);
                let middleware = grantflow_ureq::Authorize::new(source, [origin]);
                let agent: ureq::Agent = settings.middleware(middleware).build().into();
                let answer = agent.get(url).call()?;
                (answer.status(), answer.extensions().get().copied())
            }
            Self::Hyper(source, runtime) => {
                let client = clients::async_client_for(&front.ca_pem)?;
                let api = grantflow_hyper::AuthorizeLayer::new(source, [origin]).layer(client);
                let request = http::Request::get(url).body(Empty::<Bytes>::new())?;
                let answer = runtime.block_on(api.request(request))?;
                (answer.status(), answer.extensions().get().copied())
            }
        };
        Ok(Called { status: status.as_u16(), not_repeated })
    }
}

/// The same tokens, had so long ago.
pub(super) fn aged(
    client: &Client,
    session: &Flow<Authorized>,
    seconds: u64,
) -> Result<Flow<Authorized>, Trouble> {
    let mut record = serde_json::to_value(session.record())?;
    let sent_at = record.get("sent_at").and_then(serde_json::Value::as_u64).ok_or("no sent_at")?;
    change(&mut record, "sent_at", sent_at.saturating_sub(seconds))?;
    Ok(client.resume(serde_json::from_value(record)?)?)
}
