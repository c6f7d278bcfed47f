//! Clients and servers as a vector describes them, and harmless choices for what it leaves out.

use grantflow::partner::{cover_genius, flow_account, meed};
use grantflow::{
    Client, ClientAuth, Dialect, Endpoint, Entropy, IssParameter, Provider, RedirectUri, Scope,
    Secret, Timestamp,
};

use super::members::Members;
use super::model::Vector;
use super::outcome::{Refused, Stop};

/// The dialects that vectors name.
#[derive(Clone, Copy)]
pub(super) enum Partner {
    Rfc,
    Meed,
    FlowAccount,
    CoverGenius,
}

impl Partner {
    pub(super) fn of(context: &Members) -> Result<Self, Stop> {
        match context.text_or("dialect", "rfc")? {
            "rfc" => Ok(Self::Rfc),
            "partner_form" => Ok(Self::Meed),
            "flowaccount" => Ok(Self::FlowAccount),
            "partner_json" => Ok(Self::CoverGenius),
            other => Err(Stop::Malformed(format!("no dialect is called {other}"))),
        }
    }

    pub(super) fn dialect(self) -> Dialect {
        match self {
            Self::Rfc => Dialect::default(),
            Self::Meed => meed::dialect(),
            Self::FlowAccount => flow_account::dialect(),
            Self::CoverGenius => cover_genius::dialect(),
        }
    }

    /// The server: at the endpoint that is given, or else at the partner's own path.
    pub(super) fn provider(self, input: &Members, loopback: bool) -> Result<Provider, Stop> {
        if input.get("token_endpoint").is_some() {
            let token_endpoint = endpoint(input, "token_endpoint", TOKEN_ENDPOINT, loopback)?;
            return Ok(Provider::new(token_endpoint).with_dialect(self.dialect()));
        }
        let host = input.text_or("host", "partner.example")?;
        Ok(match self {
            Self::Rfc => Provider::new(TOKEN_ENDPOINT.parse()?),
            Self::Meed => meed::provider(host)?,
            Self::CoverGenius => cover_genius::provider(host)?,
            Self::FlowAccount => {
                let environment = input.text_or("environment", "test")?;
                flow_account::provider(environment, "sandbox-auth.flowaccount.com")?
            }
        })
    }
}

/// The server that a vector describes, with a login page.
pub(super) fn provider(vector: &Vector) -> Result<Provider, Stop> {
    let input = &vector.input;
    let at = |name, default| endpoint(input, name, default, false);
    let provider = Partner::of(&vector.context)?
        .provider(input, false)?
        .with_device_authorization_endpoint(at("device_authorization_endpoint", DEVICE)?)
        .with_revocation_endpoint(at("revocation_endpoint", REVOCATION)?)
        .with_introspection_endpoint(at("introspection_endpoint", INTROSPECTION)?)
        .with_pushed_authorization_request_endpoint(at(
            "pushed_authorization_request_endpoint",
            PUSHED,
        )?);
    Ok(match provider.authorization_endpoint() {
        Some(_) => provider,
        None => provider.with_authorization_endpoint(AUTHORIZATION_ENDPOINT.parse()?),
    })
}

/// The same server with a change to its dialect.
pub(super) fn with_dialect(provider: Provider, change: impl FnOnce(&mut Dialect)) -> Provider {
    let mut dialect = provider.dialect().clone();
    change(&mut dialect);
    provider.with_dialect(dialect)
}

/// An endpoint from the input. The library's error calls it `endpoint`; here it has its own name.
pub(super) fn endpoint(
    input: &Members,
    name: &'static str,
    default: &str,
    loopback: bool,
) -> Result<Endpoint, Stop> {
    let url = input.text_or(name, default)?;
    let endpoint = if loopback { Endpoint::insecure_loopback(url) } else { url.parse() };
    endpoint.map_err(|error| named(&error.into(), name))
}

/// A refusal with the name that the input has for what the library could not name.
pub(super) fn named(error: &grantflow::Error, name: &str) -> Stop {
    let mut refused = Refused::new(error, error);
    refused.members.insert("field".to_owned(), name.into());
    refused.into()
}

/// A confidential client with the secret that the context names, or a harmless one.
pub(super) fn client(vector: &Vector, provider: Provider) -> Result<Client, Stop> {
    let id = vector.input.text_or("client_id", "c")?;
    let secret = match vector.context.text("client_secret")? {
        Some(secret) => secret,
        None => vector.input.text_or("client_secret", "s")?,
    };
    Ok(Client::new(id, Secret::new(secret)?, provider)?)
}

/// The client of a request: with the secret and the one way to send it that the input names.
pub(super) fn authenticated(input: &Members, provider: Provider) -> Result<Client, Stop> {
    let id = input.text_or("client_id", "c")?;
    let method = match input.texts("auth_method") {
        Ok(Some(methods)) => match methods.as_slice() {
            [method] => Some(*method),
            _ => return Err(Stop::Inexpressible("several authentication methods at once")),
        },
        _ => input.text("auth_method")?,
    };
    let secret = match (input.text("client_secret")?, method) {
        (_, Some("none")) => None,
        (None, Some(_)) => return Err(Stop::Inexpressible("a method without its secret")),
        (None, None) if input.is_null("client_secret") => None,
        (secret, _) => Some(Secret::new(secret.unwrap_or("s"))?),
    };
    let auth = match method {
        None | Some("none") => provider.dialect().client_auth,
        Some("client_secret_basic") => ClientAuth::Basic,
        Some("client_secret_post") => ClientAuth::Post,
        Some(_) => return Err(Stop::Lacking("client authentication by an assertion")),
    };
    let provider = with_dialect(provider, |dialect| dialect.client_auth = auth);
    Ok(match secret {
        Some(secret) => Client::new(id, secret, provider)?,
        None => Client::public(id, provider)?,
    })
}

/// Whether callbacks name the server, as its metadata say.
pub(super) fn iss(is_advertised: bool) -> IssParameter {
    if is_advertised { IssParameter::Always } else { IssParameter::Perhaps }
}

pub(super) fn redirect_uri(members: &Members) -> Result<RedirectUri, Stop> {
    Ok(members.text_or("redirect_uri", REDIRECT_URI)?.parse()?)
}

pub(super) fn scope(members: &Members, name: &str) -> Result<Scope, Stop> {
    Ok(members.scope(name)?.unwrap_or_default())
}

pub(super) fn entropy() -> Entropy {
    Entropy::from_bytes([7; 64])
}

/// No type of the library takes a `DPoP` key. A refusal is the same with a key and without.
pub(super) fn check_dpop(context: &Members, status: u16) -> Result<(), Stop> {
    match context.text("dpop")? {
        Some(_) if status < 400 => Err(Stop::Lacking("flow that is bound to a DPoP key")),
        _ => Ok(()),
    }
}

pub(super) const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
pub(super) const TOKEN_ENDPOINT: &str = "https://as.example.com/token";
pub(super) const AUTHORIZATION_ENDPOINT: &str = "https://as.example.com/authorize";
const DEVICE: &str = "https://as.example.com/device_authorization";
const REVOCATION: &str = "https://as.example.com/revoke";
const INTROSPECTION: &str = "https://as.example.com/introspect";
const PUSHED: &str = "https://as.example.com/par";
pub(super) const REDIRECT_URI: &str = "https://client.example.com/cb";
