//! A user's session that several programs share, and that is not lost: `cargo run --example session`

use std::error::Error;
use std::{env, fs, process, thread};

use grantflow_tests::browser::Browser;
use grantflow_tests::sandbox::credentials::{
    BUSINESSES, FLOW_ACCOUNT, PASSWORD, REDIRECT_URI, USERNAME,
};
use grantflow_tests::sandbox::{Endpoint, Sandbox};
use grantflow_tests::story::fingerprint;
use grantflow_ureq::grantflow::partner::flow_account;
use grantflow_ureq::grantflow::{AccessToken, Client, FileStore, Provider, Secret, TokenError};
use grantflow_ureq::{TokenSource, TokenSources, Transport, entropy, now};

fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start()?; // plays the partner, with a certificate authority of its own
    let provider = Provider::new(sandbox.url("/test/token").parse()?)
        .with_authorization_endpoint(sandbox.url("/connect/authorize").parse()?)
        .with_dialect(flow_account::dialect());
    let secret = Secret::new(FLOW_ACCOUNT.client_secret)?;
    let client = Client::new(FLOW_ACCOUNT.client_id, secret, provider)?;
    let transport = Transport::builder().root_certificates(sandbox.ca_pem().as_bytes())?.build();

    // Two programs that use the same folder. In earnest, they are processes.
    let folder = env::temp_dir().join(format!("grantflow-session-{}", process::id()));
    let first = TokenSources::with_store(&transport, FileStore::open(&folder)?);
    let second = TokenSources::with_store(&transport, FileStore::open(&folder)?);

    // The user logs in, in one of them.
    let (redirect_uri, scope) = (REDIRECT_URI.parse()?, flow_account::SCOPE.parse()?);
    let login = client.authorization_code(redirect_uri, scope, entropy()?, now())?;
    let (url, browser) = (login.authorization_url()?, Browser::new(sandbox.ca_pem()));
    let callback = browser.log_in(url.as_str(), USERNAME, PASSWORD, BUSINESSES[0].support_code)?;
    let authorized = transport.perform(login.callback(&callback, now())?)?;
    first.login("anna", authorized)?;
    let programs = [first.session("anna", &client), second.session("anna", &client)];
    println!("The user has logged in. Both programs have token {}", have(&programs)?);

    // Sixteen threads need a new token at once, half of them in each program.
    let asked = || sandbox.requests(Endpoint::FlowAccountToken);
    let before = asked();
    reject(&programs)?;
    println!("It is rejected. Both programs have token {}", have(&programs)?);
    println!("Refreshes that were sent for that: {}", asked().saturating_sub(before));

    // A logout counts for all.
    let removed = second.logout("anna", &client)?;
    println!("The user has logged out. To be revoked at the server: {}", removed.is_some());
    reject(&programs)?;
    let errors: Vec<_> = ask(&programs).into_iter().filter_map(Result::err).collect();
    println!("{} of 16 threads are told: {}", errors.len(), errors.first().ok_or("none is")?);
    for program in [first, second] {
        program.settle().map_err(|unsaved| format!("{} sessions are not saved", unsaved.len()))?;
    }
    Ok(fs::remove_dir_all(folder)?)
}

/// What sixteen threads get.
fn ask(programs: &[TokenSource; 2]) -> Vec<Result<String, TokenError>> {
    thread::scope(|scope| {
        let token = |source: &TokenSource| {
            let tokens = source.token()?;
            Ok(fingerprint(tokens.access_token().expose()))
        };
        let threads: Vec<_> = (0..8)
            .flat_map(|_| programs.each_ref().map(|source| scope.spawn(move || token(source))))
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

/// The token that all of them have.
fn have(programs: &[TokenSource; 2]) -> Result<String, Box<dyn Error>> {
    let mut tokens = ask(programs).into_iter().collect::<Result<Vec<_>, _>>()?;
    tokens.dedup();
    Ok(tokens.join(", "))
}

/// As after an API's `401 invalid_token`.
fn reject(programs: &[TokenSource; 2]) -> Result<(), Box<dyn Error>> {
    for source in programs {
        if let Ok(header) = source.authorization() {
            source.reject(&AccessToken::try_from(&header)?);
        }
    }
    Ok(())
}
