//! Logs a user in from the command line: `cargo run --example login_cli`
//!
//! The system browser comes back to a port of this machine. Where the browser is on another one, as
//! over SSH, the URL that it ends at is pasted. With `PLAY_THE_USER=here`, nobody has to do anything;
//! with `PLAY_THE_USER=elsewhere`, it prints what to paste.

use std::error::Error;
use std::io::{self, BufRead};
use std::{env, thread};

use grantflow_tests::browser::Browser;
use grantflow_tests::clients;
use grantflow_tests::sandbox::Sandbox;
use grantflow_tests::sandbox::credentials::{BUSINESSES, FLOW_ACCOUNT, PASSWORD, USERNAME};
use grantflow_tests::story::{answer, describe};
use grantflow_ureq::grantflow::flow::{AwaitingCallback, Exchanging};
use grantflow_ureq::grantflow::partner::flow_account::{self, Business};
use grantflow_ureq::grantflow::{Client, Flow, Provider, Secret};
use grantflow_ureq::{Authorize, Loopback, TokenSource, Transport, entropy, now};

/// As it is registered at the partner. Where any port will do, take `http://127.0.0.1:0/callback`.
const REDIRECT_URI: &str = "http://127.0.0.1:3000/callback";

fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start()?; // plays the partner, with a certificate authority of its own
    let provider = Provider::new(sandbox.url("/test/token").parse()?)
        .with_authorization_endpoint(sandbox.url("/connect/authorize").parse()?)
        .with_dialect(flow_account::dialect());
    let secret = Secret::new(FLOW_ACCOUNT.client_secret)?;
    let client = Client::new(FLOW_ACCOUNT.client_id, secret, provider)?;
    let transport = Transport::builder().root_certificates(sandbox.ca_pem().as_bytes())?.build();

    // Somebody listens before the browser can come.
    let loopback = Loopback::bind(REDIRECT_URI);
    let scope = flow_account::SCOPE.parse()?;
    let login = client.authorization_code(REDIRECT_URI.parse()?, scope, entropy()?, now())?;
    let url = login.authorization_url()?.as_str().to_owned();
    println!("Log in as {USERNAME} with the password {PASSWORD} at\n\n  {url}\n");
    println!("Nothing there is real; the browser warns of the sandbox's own certificate: go on.");
    open(&sandbox, url);

    let exchanging = match loopback {
        Ok(loopback) => {
            println!("Waiting until the browser comes back to {REDIRECT_URI}.");
            println!("If it cannot come here, paste the URL that it ends at, and press Enter:");
            bring_pasted();
            loopback.callback(login)?
        }
        Err(error) => {
            println!("Paste the URL that the browser ends at, and press Enter: {error}");
            pasted(login)?
        }
    };
    let authorized = transport.perform(exchanging)?;
    let business: Business = authorized.tokens().extra()?;
    println!("You are logged in, with {}", describe(authorized.tokens()));

    // From here on, tokens come by themselves.
    let source = TokenSource::new(&transport, authorized);
    let api = Authorize::new(&source, [sandbox.url("").parse()?]);
    let agent = clients::blocking_settings(sandbox.ca_pem()).middleware(api).build().new_agent();
    let mut company = agent.get(sandbox.url("/test/company/info")).call()?;
    let said = answer(company.status(), &company.body_mut().read_to_vec()?);
    println!("The business {} is connected. Its API answers {said}", business.support_code);
    Ok(())
}

/// Opens the login page in the browser of whoever sits here, if anybody does.
fn open(sandbox: &Sandbox, url: String) {
    match env::var("PLAY_THE_USER") {
        Ok(place) => {
            let browser = Browser::new(sandbox.ca_pem());
            let business = BUSINESSES[0].support_code;
            thread::spawn(move || match browser.log_in(&url, USERNAME, PASSWORD, business) {
                Ok(callback) if place == "here" => drop(bring(&callback)),
                Ok(callback) => println!("The browser ends at {callback}"),
                Err(error) => println!("The user does not get through: {error}"),
            });
        }
        // A browser that does not open is no reason to end: the URL stands above.
        Err(_) if has_display() => drop(open::that_detached(url)),
        Err(_) => {}
    }
}

/// Without a display, a browser in the terminal may open, and take the keyboard.
fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let has_own = cfg!(any(windows, target_os = "macos"));
    (has_own || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) && !is_set("SSH_CONNECTION")
}

/// What is pasted goes to the port, as the browser would go there.
fn bring_pasted() {
    thread::spawn(|| {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            // A code goes nowhere else.
            let is_here = line.trim().starts_with(REDIRECT_URI);
            if is_here && bring(line.trim()).is_ok_and(|status| status.is_success()) {
                return;
            }
            println!("This is not the answer to this login; paste the whole URL:");
        }
    });
}

fn bring(callback: &str) -> Result<http::StatusCode, ureq::Error> {
    Ok(clients::blocking("").get(callback).call()?.status())
}

/// The callback from standard input, where the port is somebody else's.
fn pasted(mut login: Flow<AwaitingCallback>) -> Result<Flow<Exchanging>, Box<dyn Error>> {
    for line in io::stdin().lock().lines() {
        match login.callback(line?.trim(), now()) {
            Ok(exchanging) => return Ok(exchanging),
            Err(failed) => {
                println!("{failed}");
                login = failed.retry()?;
            }
        }
    }
    Err("standard input ended before the callback came; start again".into())
}
