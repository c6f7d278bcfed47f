//! Proxies that the environment names. Each test runs itself again as a process of its own, with
//! that environment.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::{env, thread};

use grantflow::{Client, Issuer, Scope, Secret, TransportErrorKind, partner::meed};
use grantflow_tests::hostile::{Hostile, HostileServer};
use grantflow_tests::sandbox::{Endpoint, Sandbox, credentials::MEED};

use crate::carrier::{Carrier, Settings, ask, client};
use crate::hostile::transport;

#[test]
fn a_proxy_of_the_environment_carries_tls_and_nothing_else() {
    let (sandbox, proxy) = (Sandbox::start().unwrap(), Proxy::start().unwrap());
    let url = format!("http://a-user:PROXYMARK@127.0.0.1:{}", proxy.port);
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        run("three_tokens_from_meed", &sandbox, &[(variable, &url)]);
        let connect = format!("CONNECT {} HTTP/1.1", sandbox.host());
        for head in proxy.take_heads(3) {
            assert_eq!(head.first(), Some(&connect), "{variable}");
            let credentials = "Proxy-Authorization: Basic YS11c2VyOlBST1hZTUFSSw==";
            assert!(head.iter().any(|line| line == credentials), "{variable}: {head:?}");
        }
    }
    assert_eq!(sandbox.requests(Endpoint::MeedToken), 12);
}

#[test]
fn hosts_that_no_proxy_names_are_reached_directly() {
    let (sandbox, proxy) = (Sandbox::start().unwrap(), Proxy::start().unwrap());
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let environment = [("HTTPS_PROXY", &*url), ("NO_PROXY", "elsewhere.example,localhost")];
    run("three_tokens_from_meed", &sandbox, &environment);
    assert_eq!(sandbox.requests(Endpoint::MeedToken), 3);
    proxy.take_heads(0);
}

#[test]
fn plain_http_never_goes_to_a_proxy() {
    let (sandbox, proxy) = (Sandbox::start().unwrap(), Proxy::start().unwrap());
    let url = format!("http://127.0.0.1:{}", proxy.port);
    run("a_token_from_this_machine", &sandbox, &[("ALL_PROXY", &url), ("HTTP_PROXY", &url)]);
    proxy.take_heads(0);
}

#[test]
fn a_proxy_that_is_not_there_is_no_connection() {
    let (sandbox, closed) =
        (Sandbox::start().unwrap(), HostileServer::start(Hostile::ClosedPort).unwrap());
    let url = format!("http://a-user:PROXYMARK@127.0.0.1:{}", closed.port());
    run("no_token_from_meed", &sandbox, &[("HTTPS_PROXY", &url)]);
    assert_eq!(sandbox.requests(Endpoint::MeedToken), 0);
}

#[test]
fn a_proxy_may_be_inside_though_what_it_is_asked_for_may_not() {
    let (sandbox, proxy) = (Sandbox::start().unwrap(), Proxy::start().unwrap());
    let url = format!("http://localhost:{}", proxy.port);
    run("no_document_of_a_stranger", &sandbox, &[("HTTPS_PROXY", &url)]);
    for head in proxy.take_heads(3) {
        assert_eq!(head.first().unwrap(), "CONNECT as.example.invalid:443 HTTP/1.1");
    }
}

#[test]
#[ignore = "needs an environment that the other tests make"]
fn no_document_of_a_stranger() {
    let issuer: Issuer = "https://as.example.invalid".parse().unwrap();
    for (name, carrier) in Carrier::all(Settings::default()).unwrap() {
        let failed = carrier.perform(issuer.clone().untrusted().unwrap().discover()).unwrap_err();
        assert_eq!(transport(failed.error()), TransportErrorKind::Connect, "{name}");
    }
}

#[test]
#[ignore = "needs an environment that the other tests make"]
fn three_tokens_from_meed() {
    let (client, roots) = from_environment();
    for (name, carrier) in
        Carrier::all(Settings { roots: Some(&roots), ..Settings::default() }).unwrap()
    {
        let granted = carrier.perform(ask(&client)).unwrap();
        assert!(granted.tokens().expires_at().is_some(), "{name}");
    }
}

#[test]
#[ignore = "needs an environment that the other tests make"]
fn no_token_from_meed() {
    let (client, roots) = from_environment();
    for (name, carrier) in
        Carrier::all(Settings { roots: Some(&roots), ..Settings::default() }).unwrap()
    {
        let failed = carrier.perform(ask(&client)).unwrap_err();
        assert_eq!(transport(failed.error()), TransportErrorKind::Connect, "{name}");
        assert!(!format!("{failed} {failed:?}").contains("PROXYMARK"), "{name}: {failed:?}");
    }
}

#[test]
#[ignore = "needs an environment that the other tests make"]
fn a_token_from_this_machine() {
    let server = HostileServer::start(Hostile::KeepAlive).unwrap();
    for (_, carrier) in Carrier::all(Settings::default()).unwrap() {
        let _ = carrier.perform(ask(&client(&server))).unwrap();
    }
    assert_eq!(server.requests(), 3);
}

/// Runs one of the tests above in a process with this environment.
fn run(test: &str, sandbox: &Sandbox, environment: &[(&str, &str)]) {
    let mut command = Command::new(env::current_exe().unwrap());
    for variable in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command.env_remove(variable).env_remove(variable.to_lowercase());
    }
    let output = command
        .args(["--exact", &format!("proxy::{test}"), "--ignored"])
        .envs(environment.iter().copied())
        .env("SANDBOX_HOST", sandbox.host())
        .env("SANDBOX_CA", sandbox.ca_pem())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn from_environment() -> (Client, String) {
    let provider = meed::provider(&env::var("SANDBOX_HOST").unwrap()).unwrap();
    let secret = Secret::new(MEED.client_secret).unwrap();
    let client = Client::new(MEED.client_id, secret, provider).unwrap();
    assert!(client.client_credentials(Scope::default()).is_ok());
    (client, env::var("SANDBOX_CA").unwrap())
}

/// A proxy that opens tunnels and remembers what it was told.
struct Proxy {
    port: u16,
    heads: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Proxy {
    fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let heads = Arc::<Mutex<Vec<_>>>::default();
        let own = Arc::clone(&heads);
        // It ends with the tests' process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = Arc::clone(&own);
                thread::spawn(move || tunnel(&stream, &own));
            }
        });
        Ok(Self { port, heads })
    }

    fn take_heads(&self, count: usize) -> Vec<Vec<String>> {
        let heads = std::mem::take(&mut *self.heads.lock().unwrap());
        assert_eq!(heads.len(), count, "{heads:?}");
        heads
    }
}

fn tunnel(client: &TcpStream, heads: &Mutex<Vec<Vec<String>>>) -> io::Result<()> {
    // The client waits for the answer before it says more, so nothing is read too far.
    let head: Vec<_> = BufReader::new(client)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let target = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    // Nobody looks for a host that nobody has.
    let is_nowhere = target.ends_with(".invalid:443");
    let server =
        if is_nowhere { Err(io::ErrorKind::NotFound.into()) } else { TcpStream::connect(target) };
    heads.lock().unwrap().push(head);
    let server = server?;
    (&*client).write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    thread::scope(|scope| {
        scope.spawn(|| pump(client, &server));
        pump(&server, client)
    })
}

fn pump(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}
