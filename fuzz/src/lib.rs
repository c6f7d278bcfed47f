//! What the targets share: a client, a login, and the search for secrets that show.

pub mod rotation;

use grantflow::flow::AwaitingCallback;
use grantflow::{BodyFormat, Client, Dialect, Entropy, Flow, Provider, Scope, Secret, Timestamp};

pub const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
/// The state of [`login`].
pub const STATE: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

/// A secret that cannot stand in the input by chance or by search, for it depends on all of it
/// (FNV-1a).
pub fn secret(input: &[u8]) -> String {
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("secret-{hash:016x}")
}

/// A client whose server has one of the accents that `choice` picks.
pub fn client(choice: u8, secret: &str) -> Client {
    let mut dialect = Dialect::default();
    dialect.accept_created = choice & 1 != 0;
    dialect.assume_bearer = choice & 2 != 0;
    dialect.scope_array = choice & 4 != 0;
    if choice & 8 != 0 {
        dialect.body = BodyFormat::Json;
    }
    let provider = Provider::new("https://as.example.com/token".parse().unwrap())
        .with_authorization_endpoint("https://as.example.com/authorize".parse().unwrap())
        .with_issuer("https://as.example.com", choice & 16 != 0)
        .with_dialect(dialect);
    Client::new("app", Secret::new(secret).unwrap(), provider).unwrap()
}

/// A login that waits for its callback at `https://app.example/cb`.
pub fn login(client: &Client) -> Flow<AwaitingCallback> {
    let redirect_uri = "https://app.example/cb".parse().unwrap();
    let entropy = Entropy::from_bytes([7; 64]);
    client.authorization_code(redirect_uri, Scope::default(), entropy, NOW).unwrap()
}

/// Panics if a rendering of `value` contains the secret.
pub fn assert_hides(value: &dyn core::fmt::Debug, secret: &str) {
    let printed = format!("{value:?} {value:#?}");
    assert!(!printed.contains(secret), "a secret shows in {printed}");
}

/// Renders an error with all its sources; it may not show the secret.
pub fn assert_error_hides(error: &dyn core::error::Error, secret: &str) {
    let mut next = Some(error);
    while let Some(error) = next {
        assert!(!format!("{error} {error:?}").contains(secret));
        next = error.source();
    }
}
