//! A login from the command line.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;

use grantflow_tests::sandbox::credentials::PASSWORD;

use crate::running::{Run, Running};

/// The parameters of the login page's URL.
fn query(url: &str) -> HashMap<String, String> {
    let (_, query) = url.split_once('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn is_logged_in(run: &Run) {
    assert!(run.succeeded, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("You are logged in, with a Bearer token"), "{}", run.stdout);
    let business = "The business FA100234 is connected. Its API answers 200 OK: Baan Kafae";
    assert!(run.stdout.contains(business), "{}", run.stdout);
}

/// The redirect URI's port is for one at a time.
static PORT: Mutex<()> = Mutex::new(());

#[test]
fn the_browser_of_this_machine_comes_back_by_itself() {
    let _port = PORT.lock();
    let mut running = Running::start("login_cli", &[("PLAY_THE_USER", "here")]);
    let state = query(&running.line("  https://"))["state"].clone();
    let run = running.end();
    if run.stderr.contains("standard input ended") {
        // The port is the one that is registered at the partner, and somebody else may have it.
        assert!(run.stdout.contains("is its port in use?"), "{}", run.stdout);
        return;
    }
    is_logged_in(&run);
    run.says_no_secret_but(&[&state, PASSWORD]);
}

#[test]
fn over_ssh_the_url_that_the_browser_ends_at_is_pasted() {
    let _port = PORT.lock();
    let mut running = Running::start("login_cli", &[("PLAY_THE_USER", "elsewhere")]);
    let state = query(&running.line("  https://"))["state"].clone();
    let callback = running.line("The browser ends at ");
    running.type_in("http://127.0.0.1:3000/callback?code=stolen&state=another");
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let place = other.local_addr().unwrap();
    running.type_in(&format!("http://{place}/callback?code=stolen&state=another"));
    running.type_in(&callback);
    let run = running.end();
    // What looks like a callback is brought nowhere else.
    other.set_nonblocking(true).unwrap();
    assert_eq!(other.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    is_logged_in(&run);
    let code = query(&callback)["code"].clone();
    run.says_no_secret_but(&[&state, &code, PASSWORD]);
}
