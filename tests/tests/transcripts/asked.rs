//! What the library would have asked where a recorded request was sent.

use grantflow::flow::{AwaitingCallback, Exchanging, Pushing, Refreshing};
use grantflow::{
    AccessToken, Client, Discovery, Endpoint, Entropy, Flow, IssParameter, Issuer, PendingLogin,
    Provider, RedirectUri, Scope, Secret, TokenType, TypedToken,
};
use serde_json::{Value, json};

use crate::NOW;
use crate::recording::Recording;

/// Which of the library's doors the recorded answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    ClientCredentials,
    Code,
    Refresh,
    DeviceToken,
    TokenExchange,
    /// A grant that the library does not have, or none that could be read.
    OtherGrant,
    DeviceCodes,
    Introspection,
    Revocation,
    Push,
    Metadata,
    /// The user's browser is sent back.
    Callback,
    Api,
    /// HTML or a redirect on the user's side, which no program reads.
    Page,
    /// A key set, a registration.
    NoExchange,
}

impl Asked {
    pub(crate) fn by(recording: &Recording) -> Self {
        let is_post = recording.method == "POST";
        match recording.path.as_str() {
            "/token" => match recording.parameter("grant_type") {
                Some("client_credentials") => Self::ClientCredentials,
                Some("authorization_code") => Self::Code,
                Some("refresh_token") => Self::Refresh,
                Some("urn:ietf:params:oauth:grant-type:device_code") => Self::DeviceToken,
                Some("urn:ietf:params:oauth:grant-type:token-exchange") => Self::TokenExchange,
                _ => Self::OtherGrant,
            },
            "/device/auth" => Self::DeviceCodes,
            // The page where the user types the code has the same path at another server.
            "/device" if is_post && recording.parameter("client_id").is_some() => Self::DeviceCodes,
            "/introspect" | "/token/introspection" => Self::Introspection,
            "/revoke" | "/token/revocation" => Self::Revocation,
            "/request" => Self::Push,
            "/me" | "/admin" => Self::Api,
            "/jwks" | "/reg" => Self::NoExchange,
            path if path.starts_with("/.well-known/") => Self::Metadata,
            _ if recording.field("location").is_some_and(|url| is_callback(recording, url)) => {
                Self::Callback
            }
            _ => Self::Page,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client credentials",
            Self::Code => "code",
            Self::Refresh => "refresh",
            Self::DeviceToken => "device token",
            Self::TokenExchange => "token exchange",
            Self::OtherGrant => "other grant",
            Self::DeviceCodes => "device codes",
            Self::Introspection => "introspection",
            Self::Revocation => "revocation",
            Self::Push => "pushed request",
            Self::Metadata => "metadata",
            Self::Callback => "callback",
            Self::Api => "API",
            Self::Page => "a page for the user",
            Self::NoExchange => "no exchange",
        }
    }
}

/// The client that asked: public where no secret was recorded.
pub(crate) fn client(recording: &Recording) -> Client {
    let (id, secret) = recording.client();
    let id = id.unwrap_or_else(|| "app".into());
    match secret.and_then(|secret| Secret::new(secret).ok()) {
        Some(secret) => Client::new(id, secret, provider(recording)).unwrap(),
        None => Client::public(id, provider(recording)).unwrap(),
    }
}

/// The same for what the library lets only clients with a secret do: one is made up where the
/// request had none.
pub(crate) fn confidential(recording: &Recording) -> Client {
    let (id, secret) = recording.client();
    let secret = secret.and_then(|secret| Secret::new(secret).ok());
    let secret = secret.unwrap_or_else(|| Secret::new("a-secret").unwrap());
    Client::new(id.unwrap_or_else(|| "app".into()), secret, provider(recording)).unwrap()
}

/// The server as its metadata describe it: two of the three say that they always name themselves in
/// a callback.
fn provider(recording: &Recording) -> Provider {
    let host = recording.host();
    let at = |path: &str| Endpoint::insecure_loopback(&format!("http://{host}{path}")).unwrap();
    let provider = Provider::new(at("/token"))
        .with_authorization_endpoint(at("/authorize"))
        .with_device_authorization_endpoint(at("/device"))
        .with_introspection_endpoint(at("/introspect"))
        .with_pushed_authorization_request_endpoint(at("/request"))
        .with_revocation_endpoint(at("/revoke"));
    if recording.name.starts_with("node-oauth2") {
        return provider;
    }
    provider.with_issuer(format!("http://{host}"), IssParameter::Always)
}

/// The server's name is its origin. One of them was recorded with TLS as well.
pub(crate) fn discovery(recording: &Recording) -> Discovery {
    let host = recording.host();
    let issuer: Issuer = if recording.name.contains("-tls-") {
        format!("https://{host}").parse().unwrap()
    } else {
        Issuer::insecure_loopback(&format!("http://{host}")).unwrap()
    };
    let discovery = issuer.discover();
    if recording.path.ends_with("openid-configuration") { discovery.openid() } else { discovery }
}

/// The scope that was asked for, as far as it is one.
pub(crate) fn scope(recording: &Recording) -> Scope {
    recording.parameter("scope").and_then(|scope| scope.parse().ok()).unwrap_or_default()
}

/// The token that was asked about.
pub(crate) fn token(recording: &Recording) -> AccessToken {
    AccessToken::new(recording.parameter("token").unwrap_or("a-token")).unwrap()
}

pub(crate) fn subject() -> TypedToken {
    TypedToken::new("a-subject-token", TokenType::ACCESS_TOKEN).unwrap()
}

/// The login that waits for the recorded callback. Where the request was made in the middle of one,
/// the login is that of most recordings.
pub(crate) fn login(recording: &Recording) -> Flow<AwaitingCallback> {
    let client = client(recording);
    let uri: RedirectUri = redirect_uri(recording).parse().unwrap();
    let login = client.authorization_code(uri, scope(recording), entropy(), NOW).unwrap();
    let state = recording.state().unwrap_or_else(|| "st-9".into());
    let mut stored: Value = serde_json::to_value(login.pending()).unwrap();
    stored["state"] = state.into();
    let pending: PendingLogin = serde_json::from_value(stored).unwrap();
    client.resume_login(pending).unwrap()
}

pub(crate) fn pushing(recording: &Recording) -> Flow<Pushing> {
    login(recording).push().unwrap()
}

/// A login that came back with the recorded code.
pub(crate) fn exchanging(recording: &Recording) -> Flow<Exchanging> {
    let login = login(recording);
    let issuer = login.client().provider().issuer().unwrap_or_default().to_owned();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", recording.parameter("code").unwrap_or("a-code"))
        .append_pair("state", login.pending().state().expose())
        .append_pair("iss", &issuer)
        .finish();
    let url = format!("{}?{query}", redirect_uri(recording));
    login.callback(&url, NOW).unwrap()
}

/// A session with the recorded refresh token, and the scope that was asked for.
pub(crate) fn refreshing(recording: &Recording) -> Flow<Refreshing> {
    let client = client(recording);
    let stored = json!({
        "format": 1,
        "client_id": client.client_id(),
        "token_endpoint": client.provider().token_endpoint().as_str(),
        "access_token": "an-access-token",
        "refresh_token": recording.parameter("refresh_token").unwrap_or("a-refresh-token"),
        "sent_at": NOW.unix_seconds() - 3_600,
        "expires_in": 3_600,
        "scope": scope(recording).as_str(),
    });
    client.resume(serde_json::from_value(stored).unwrap()).unwrap().refresh().unwrap()
}

fn is_callback(recording: &Recording, url: &str) -> bool {
    url.starts_with(&redirect_uri(recording))
}

fn redirect_uri(recording: &Recording) -> String {
    recording.parameter("redirect_uri").unwrap_or("http://127.0.0.1:9999/cb").to_owned()
}

fn entropy() -> Entropy {
    Entropy::from_bytes([7; 64])
}
