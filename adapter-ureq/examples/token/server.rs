//! The server that is asked, and the client that asks.

use std::error::Error;

use grantflow_ureq::Transport;
use grantflow_ureq::grantflow::{
    Advice, Client, ConfigurationErrorKind, Endpoint, Error as FlowError, Issuer,
    ProtocolErrorKind, Provider, Secret, ServerMetadata,
};

use crate::options::Options;
use crate::secret;
use crate::usage::Usage;

pub(crate) fn client(options: &Options, transport: &Transport) -> Result<Client, Box<dyn Error>> {
    // All that was given is looked at before anything is sent.
    let given = |option, url: &Option<String>| {
        url.as_deref().map(|url| endpoint(option, url, options.loopback_http)).transpose()
    };
    let token = given("--token-endpoint", &options.token_endpoint)?;
    let login = given("--authorization-endpoint", &options.authorization_endpoint)?;
    let device = given("--device-endpoint", &options.device_endpoint)?;
    let secret = options.secret_env.as_deref().map(|name| {
        Ok::<_, Box<dyn Error>>(Secret::new(secret(Some(name), "--client-secret-env")?)?)
    });
    let secret = secret.transpose()?;

    let found = options.issuer.as_deref().map(|issuer| {
        let metadata = discover(issuer, options.loopback_http, transport)?;
        Ok::<_, Box<dyn Error>>(metadata.provider()?)
    });
    let mut provider = match (found.transpose()?, token) {
        (Some(found), Some(token)) => found.with_token_endpoint(token),
        (Some(found), None) => found,
        (None, Some(token)) => Provider::new(token),
        (None, None) => return Err(Usage("--token-endpoint is missing".into()).into()),
    };
    if let Some(login) = login {
        provider = provider.with_authorization_endpoint(login);
    }
    if let Some(device) = device {
        provider = provider.with_device_authorization_endpoint(device);
    }
    let mut dialect = provider.dialect().clone();
    dialect.body = options.body;
    if let Some(auth) = options.auth {
        dialect.client_auth = auth;
    }
    let (id, provider) = (options.client_id.as_str(), provider.with_dialect(dialect));
    Ok(match secret {
        Some(secret) => Client::new(id, secret, provider)?,
        None => Client::public(id, provider)?,
    })
}

/// At the place of RFC 8414 first, and where there is nothing, at that of OpenID Connect.
fn discover(
    issuer: &str,
    loopback_http: bool,
    transport: &Transport,
) -> Result<ServerMetadata, Box<dyn Error>> {
    let issuer: Issuer = if loopback_http && is_http(issuer) {
        Issuer::insecure_loopback(issuer)
    } else {
        issuer.parse()
    }
    .map_err(|error| insecure("--issuer", error.kind(), &error, loopback_http))?;
    match transport.perform(issuer.discover()) {
        Ok(metadata) => Ok(metadata),
        Err(failed) if is_nothing(failed.error()) => {
            let found = transport.perform(issuer.discover().openid());
            Ok(found.map_err(|failed| match failed.error() {
                error if is_nothing(error) => Box::from(NOWHERE),
                _ => Box::<dyn Error>::from(failed),
            })?)
        }
        Err(failed) => Err(failed.into()),
    }
}

/// An answer that will not change by itself, and has no metadata in it: 404 mostly, or a web page.
fn is_nothing(error: &FlowError) -> bool {
    match error {
        FlowError::Unavailable(answer) => !matches!(answer.advice(), Advice::RetryAfter(_)),
        FlowError::Protocol(error) => {
            matches!(error.kind(), ProtocolErrorKind::ContentType | ProtocolErrorKind::Redirect)
        }
        _ => false,
    }
}

fn endpoint(option: &str, url: &str, loopback_http: bool) -> Result<Endpoint, Usage> {
    let endpoint =
        if loopback_http && is_http(url) { Endpoint::insecure_loopback(url) } else { url.parse() };
    endpoint.map_err(|error| insecure(option, error.kind(), &error, loopback_http))
}

/// The library names its own switch where a URL is not https; here it has another.
fn insecure(
    option: &str,
    kind: ConfigurationErrorKind,
    error: &dyn Error,
    loopback_http: bool,
) -> Usage {
    Usage(match (kind, loopback_http) {
        (ConfigurationErrorKind::InsecureUrl, false) => format!(
            "{option} is not https, and credentials travel over TLS only (a server on 127.0.0.1 \
             or [::1] may go without, by --insecure-loopback-http)"
        ),
        (ConfigurationErrorKind::InsecureUrl, true) => {
            format!("{option} is not https, and its host is neither 127.0.0.1 nor [::1]")
        }
        _ => format!("{option}: {error}"),
    })
}

fn is_http(url: &str) -> bool {
    url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"))
}

const NOWHERE: &str = "the issuer has no metadata, neither at the place of RFC 8414 nor at that of \
                       OpenID Connect; check --issuer, or give the endpoints themselves";
