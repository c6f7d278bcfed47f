//! Gets an access token from any OAuth 2.0 server, and prints it:
//! `cargo run -q -p grantflow-ureq --example token -- --help`

mod login;
mod options;
mod output;
mod server;
mod usage;

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;

use grantflow_ureq::grantflow::flow::Authorized;
use grantflow_ureq::grantflow::{Client, Flow, RefreshToken};
use grantflow_ureq::{Transport, now};

use crate::options::{Grant, Options};
use crate::usage::Usage;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", sentence(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let Some(options) = Options::read(lexopt::Parser::from_env())? else {
        return Ok(write!(io::stdout(), "{}", usage::HELP)?);
    };
    let transport = Transport::new();
    let client = server::client(&options, &transport)?;
    match options.grant {
        Grant::ClientCredentials => {
            let mut flow = client.client_credentials(options.scope.clone())?;
            for (name, value) in &options.extra {
                flow = flow.parameter(name, value)?;
            }
            output::tell(&options, transport.perform(flow)?.tokens(), None)
        }
        Grant::AuthorizationCode => {
            let authorized = login::authorization_code(&options, &client, &transport)?;
            output::tell(&options, authorized.tokens(), None)
        }
        Grant::Device => {
            let authorized = device(&options, &client, &transport)?;
            output::tell(&options, authorized.tokens(), None)
        }
        Grant::RefreshToken => {
            let token = secret(options.refresh_token_env.as_deref(), "--refresh-token-env")?;
            let mut flow = client.refresh(RefreshToken::new(&*token)?)?;
            for (name, value) in &options.extra {
                flow = flow.parameter(name, value)?;
            }
            output::tell(&options, transport.perform(flow)?.tokens(), Some(&token))
        }
    }
}

/// Shows the code, and waits until the user is done with it.
fn device(
    options: &Options,
    client: &Client,
    transport: &Transport,
) -> Result<Flow<Authorized>, Box<dyn Error>> {
    let mut request = client.device_authorization(options.scope.clone())?;
    for (name, value) in &options.extra {
        request = request.parameter(name, value)?;
    }
    let mut device = transport.perform(request)?;
    eprintln!("Go to {} and type {}", device.verification_uri(), device.user_code());
    if let Some(url) = device.verification_uri_complete() {
        eprintln!("(or go to {url} and compare the code)");
    }
    loop {
        thread::sleep(device.pause(now())?);
        match transport.perform(device) {
            Ok(authorized) => return Ok(authorized),
            Err(failed) => device = failed.retry()?,
        }
    }
}

/// The value of an environment variable. Its name is not repeated: somebody may have put the secret
/// itself there.
fn secret(name: Option<&str>, option: &str) -> Result<String, Usage> {
    let missing = || Usage(format!("{option} is missing"));
    env::var(name.ok_or_else(missing)?)
        .map_err(|_| Usage(format!("the environment variable that {option} names is not set")))
}

/// The error and what is behind it, as one sentence.
fn sentence(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error} ({cause})"),
        None => error.to_string(),
    }
}
