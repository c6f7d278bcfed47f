//! What a row has at hand: a server, an adapter, clients.

use grantflow::flow::{Authorized, AwaitingCallback};
use grantflow::{
    AccessToken, Client, ClientAuth, Dialect, Endpoint, Exchange, Failed, Flow, Issuer,
    PendingLogin, Provider, Scope, Secret, Timestamp,
};
use serde_json::Value;

use super::Trouble;
use super::peer::Peer;
use super::server::Server;
use super::user::{Mind, User};
use crate::clients;
use crate::hostile::Carrier;

/// One server, by one adapter.
pub(super) struct Scene<'a> {
    pub(super) server: &'a Server,
    pub(super) carrier: &'a Carrier,
}

impl<'a> Scene<'a> {
    pub(super) fn new(server: &'a Server, carrier: &'a Carrier) -> Self {
        Self { server, carrier }
    }

    pub(super) fn peer(&self) -> Peer {
        self.server.peer
    }

    pub(super) fn now(&self) -> Timestamp {
        match self.carrier {
            Carrier::Ureq(_) => grantflow_ureq::now(),
            Carrier::Hyper(_) => grantflow_hyper::now(),
        }
    }

    pub(super) fn perform<E: Exchange>(&self, exchange: E) -> Result<E::Output, Failed<E>> {
        self.carrier.perform(exchange)
    }

    /// As the server says of itself, where it does.
    pub(super) fn provider(&self) -> Result<Provider, Trouble> {
        if self.peer() != Peer::NodeOauth2 {
            let issuer = Issuer::insecure_loopback(&self.server.url)?;
            return Ok(self.perform(issuer.discover())?.provider()?);
        }
        Ok(Provider::new(self.endpoint("/token")?)
            .with_authorization_endpoint(self.endpoint("/authorize")?)
            .with_dialect(raw_basic()))
    }

    pub(super) fn endpoint(&self, path: &str) -> Result<Endpoint, Trouble> {
        Ok(Endpoint::insecure_loopback(&format!("{}{path}", self.server.url))?)
    }

    /// The client of this name, whose secret is well known.
    pub(super) fn client(&self, id: &str) -> Result<Client, Trouble> {
        let mut provider = self.provider()?;
        if id == "poster" {
            let mut dialect = Dialect::default();
            dialect.client_auth = ClientAuth::Post;
            provider = provider.with_dialect(dialect);
        }
        if id == "keeper" && self.peer() == Peer::NodeOauth2 {
            // Whether refresh tokens are kept is this server's affair, and not its client's.
            provider = Provider::new(self.endpoint("/keeping/token")?)
                .with_authorization_endpoint(self.endpoint("/authorize")?)
                .with_dialect(raw_basic());
        }
        match id {
            "native" | "device" => Ok(Client::public(id, provider)?),
            _ => Ok(Client::new(id, Secret::new(format!("{id}-secret"))?, provider)?),
        }
    }

    /// What a login asks for: a refresh token too.
    pub(super) fn scope(&self) -> Result<Scope, Trouble> {
        Ok(match self.peer() {
            Peer::OidcProvider => "openid offline_access profile".parse()?,
            Peer::Authlib | Peer::NodeOauth2 => "profile".parse()?,
        })
    }

    pub(super) fn login(&self, client: &Client) -> Result<Flow<AwaitingCallback>, Trouble> {
        self.login_for(client, REDIRECT_URI, self.scope()?)
    }

    pub(super) fn login_for(
        &self,
        client: &Client,
        redirect_uri: &str,
        scope: Scope,
    ) -> Result<Flow<AwaitingCallback>, Trouble> {
        let (entropy, now) = (grantflow_ureq::entropy()?, self.now());
        let login = client.authorization_code(redirect_uri.parse()?, scope, entropy, now)?;
        Ok(match self.peer() {
            // Otherwise it gives no refresh token (OpenID Connect Core section 11).
            Peer::OidcProvider => login.parameter("prompt", "consent")?,
            Peer::Authlib | Peer::NodeOauth2 => login,
        })
    }

    /// A login as it is stored, and the URL at which its user comes back.
    pub(super) fn callback(&self, client: &Client) -> Result<(Stored, String), Trouble> {
        let login = self.login(client)?;
        let callback = agrees(&login)?;
        Ok((Stored(serde_json::to_value(login.pending())?), callback))
    }

    /// A user logs in.
    pub(super) fn log_in(&self, client: &Client) -> Result<Flow<Authorized>, Trouble> {
        self.log_in_for(client, self.scope()?)
    }

    pub(super) fn log_in_for(
        &self,
        client: &Client,
        scope: Scope,
    ) -> Result<Flow<Authorized>, Trouble> {
        let login = self.login_for(client, REDIRECT_URI, scope)?;
        let callback = agrees(&login)?;
        Ok(self.perform(login.callback(&callback, self.now())?)?)
    }

    /// What the server's own resource says to a token.
    pub(super) fn status_of(&self, token: &AccessToken) -> Result<u16, Trouble> {
        let request = clients::blocking("").get(format!("{}/me", self.server.url));
        Ok(request.header("authorization", token.header()).call()?.status().as_u16())
    }
}

/// A login in a user's session: it can be changed there, and taken out twice.
pub(super) struct Stored(Value);

impl Stored {
    pub(super) fn with(mut self, member: &str, value: impl Into<Value>) -> Result<Self, Trouble> {
        change(&mut self.0, member, value)?;
        Ok(self)
    }

    pub(super) fn resume(&self, client: &Client) -> Result<Flow<AwaitingCallback>, Trouble> {
        let pending: PendingLogin = serde_json::from_value(self.0.clone())?;
        Ok(client.resume_login(pending)?)
    }
}

/// The URL at which a user comes back who agrees.
fn agrees(login: &Flow<AwaitingCallback>) -> Result<String, Trouble> {
    User::who(Mind::Agrees).log_in(login.authorization_url()?.as_str(), REDIRECT_URI)
}

/// Changes what stands there already.
pub(super) fn change(
    record: &mut Value,
    member: &str,
    value: impl Into<Value>,
) -> Result<(), Trouble> {
    *record.get_mut(member).ok_or_else(|| format!("there is no {member}"))? = value.into();
    Ok(())
}

fn raw_basic() -> Dialect {
    let mut dialect = Dialect::default();
    dialect.client_auth = ClientAuth::BasicRaw;
    dialect
}

pub(super) const REDIRECT_URI: &str = "https://app.example/cb";
