//! A client at a server with one of all accents, and what is secret between them.

use grantflow::flow::AwaitingCallback;
use grantflow::partner::{cover_genius, flow_account, meed};
use grantflow::{
    BodyFormat, Client, ClientAuth, Dialect, Entropy, Exchange, Flow, IssParameter, PkceVerifier,
    Provider, RefreshPolicy, Scope, Secret,
};

use crate::{NOW, Secrets};

pub struct Setting {
    pub client: Client,
    /// What a request may bring: a refresh token, a code, an assertion.
    pub grant: String,
    pub state: String,
    pub verifier: String,
    client_secret: String,
    entropy: [u8; 64],
}

impl Setting {
    /// The accent that `choice` picks, and secrets that `input` is the seed of.
    pub fn new(choice: u16, input: &[u8]) -> Self {
        // Characters that each encoding writes in another way.
        let client_secret = format!("s& é/+%*{}", number(input, 0));
        let mut entropy = [0; 64];
        for (bytes, salt) in entropy.chunks_mut(8).zip(2..) {
            bytes.copy_from_slice(&hash(input, salt).to_be_bytes());
        }
        let text = |octets: &[u8]| {
            let octets = octets.try_into().unwrap();
            PkceVerifier::from_octets(&octets).expose().to_owned()
        };
        Self {
            client: client(choice, &client_secret),
            grant: format!("g&/+~{}", number(input, 1)),
            state: text(&entropy[..32]),
            verifier: text(&entropy[32..]),
            client_secret,
            entropy,
        }
    }

    /// What every request of the client has in it.
    pub fn secrets(&self) -> Secrets {
        let Ok(request) = self.client.client_credentials(Scope::default()) else {
            return Secrets::default();
        };
        let request = request.wire_request();
        let basic = request.headers().find(|(name, _)| *name == "authorization");
        let basic = basic.and_then(|(_, value)| value.split_once(' '));
        let basic = basic.map(|(_, credentials)| credentials.to_owned());
        Secrets::new([self.client_secret.clone()].into_iter().chain(basic))
    }

    /// A login that waits for its callback at `https://app.example/cb`.
    pub fn login(&self, scope: Scope) -> Flow<AwaitingCallback> {
        let redirect_uri = "https://app.example/cb".parse().unwrap();
        let entropy = Entropy::from_bytes(self.entropy);
        assert!(!format!("{entropy:?}").contains(char::is_numeric));
        self.client.authorization_code(redirect_uri, scope, entropy, NOW).unwrap()
    }
}

/// A client whose server has the accent that `choice` picks, and an endpoint for everything.
pub fn client(choice: u16, secret: &str) -> Client {
    let is = |bit: u32| choice >> bit & 1 != 0;
    let mut dialect = match choice >> 12 & 3 {
        0 => Dialect::default(),
        1 => meed::dialect(),
        2 => flow_account::dialect(),
        _ => cover_genius::dialect(),
    };
    dialect.accept_created |= is(0);
    dialect.assume_bearer = is(1);
    dialect.scope_array = is(2);
    if is(3) {
        dialect.body = BodyFormat::Json;
    }
    match choice >> 5 & 3 {
        1 => dialect.client_auth = ClientAuth::Basic,
        2 => dialect.client_auth = ClientAuth::BasicRaw,
        3 => dialect.client_auth = ClientAuth::Post,
        _ => {}
    }
    match choice >> 7 & 3 {
        1 => dialect.refresh = RefreshPolicy::MayRotate,
        2 => dialect.refresh = RefreshPolicy::Never,
        3 => dialect.refresh = RefreshPolicy::Rotates,
        _ => {}
    }
    dialect.default_expires_in = is(10).then_some(60);
    dialect.pkce = is(9) || !is(11);
    let at = |path: &str| format!("https://as.example.com/{path}").parse().unwrap();
    let provider = Provider::new(at("token"))
        .with_authorization_endpoint(at("authorize"))
        .with_pushed_authorization_request_endpoint(at("par"))
        .with_device_authorization_endpoint(at("device"))
        .with_revocation_endpoint(at("revoke"))
        .with_introspection_endpoint(at("introspect"))
        .with_issuer(
            "https://as.example.com",
            if is(4) { IssParameter::Always } else { IssParameter::Perhaps },
        )
        .with_dialect(dialect);
    match is(9) {
        true => Client::public("app", provider).unwrap(),
        false => Client::new("app", Secret::new(secret).unwrap(), provider).unwrap(),
    }
}

fn number(input: &[u8], salt: u8) -> String {
    format!("{:016x}", hash(input, salt))
}

/// FNV-1a.
fn hash(input: &[u8], salt: u8) -> u64 {
    input.iter().chain([&salt]).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
