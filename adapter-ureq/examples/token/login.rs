//! A user's login: the browser goes away, and comes back here or is pasted.

use std::error::Error;
use std::io::{self, BufRead, Read};

use grantflow_ureq::grantflow::flow::{Authorized, AwaitingCallback, Exchanging};
use grantflow_ureq::grantflow::{Client, Flow};
use grantflow_ureq::{Loopback, Transport, entropy, now};

use crate::options::Options;

pub(crate) fn authorization_code(
    options: &Options,
    client: &Client,
    transport: &Transport,
) -> Result<Flow<Authorized>, Box<dyn Error>> {
    // The listener is there before the browser can come.
    let given = options.redirect_uri.as_deref().unwrap_or_default();
    let loopback = Loopback::fits(given).then(|| Loopback::bind(given)).transpose()?;
    let redirect_uri = match &loopback {
        Some(loopback) => loopback.redirect_uri().clone(),
        None => given.parse()?,
    };
    let mut login =
        client.authorization_code(redirect_uri, options.scope.clone(), entropy()?, now())?;
    for (name, value) in &options.extra {
        login = login.parameter(name, value)?;
    }
    let (url, login) = match login.authorization_url() {
        Ok(url) => (url, login),
        // The server wants the parameters beforehand (RFC 9126 section 5).
        Err(_) => transport.perform(login.push()?)?.authorization_url(now())?,
    };
    eprintln!("Log in at {}", url.as_str());
    let exchanging = match loopback {
        Some(loopback) => {
            eprintln!("Waiting until the browser comes back to {}", loopback.redirect_uri());
            loopback.callback(login)?
        }
        None => pasted(login, io::stdin().lock())?,
    };
    Ok(transport.perform(exchanging)?)
}

/// The callback from standard input, one URL in a line.
fn pasted(
    mut login: Flow<AwaitingCallback>,
    mut input: impl BufRead,
) -> Result<Flow<Exchanging>, Box<dyn Error>> {
    eprintln!("Then paste the URL here that the browser ends at, and press Enter:");
    loop {
        let mut line = String::new();
        if input.by_ref().take(LONGEST).read_line(&mut line)? == 0 {
            return Err("standard input ended before the callback came; start again".into());
        }
        match login.callback(line.trim(), now()) {
            Ok(exchanging) => return Ok(exchanging),
            Err(failed) => {
                let said = failed.to_string();
                login = failed.retry()?;
                eprintln!("{said}");
            }
        }
    }
}

/// More than any callback has.
const LONGEST: u64 = 70_000;
