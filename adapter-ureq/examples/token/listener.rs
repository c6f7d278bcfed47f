//! Waits for the user's browser at a redirect URI of this machine (RFC 8252 section 7.3).

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use grantflow_ureq::grantflow::flow::{AwaitingCallback, Exchanging};
use grantflow_ureq::grantflow::{Error as FlowError, Flow};
use grantflow_ureq::now;
use ureq::http::Uri;
use ureq::http::uri::Scheme;

pub(crate) struct Listener {
    listener: TcpListener,
    redirect_uri: String,
}

impl Listener {
    /// None where the browser will not come back to a port of this machine.
    pub(crate) fn at(redirect_uri: &str) -> Result<Option<Self>, Box<dyn Error>> {
        let Some((host, port)) = place(redirect_uri) else { return Ok(None) };
        let listener =
            TcpListener::bind((host.trim_matches(['[', ']']), port)).map_err(|error| {
                format!("nobody can listen at the redirect URI; is its port in use? ({error})")
            })?;
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err("the redirect URI's host is not this machine alone; use 127.0.0.1".into());
        }
        // Port 0 has become a free one.
        let own = format!("{host}:{}", address.port());
        let redirect_uri = redirect_uri.replacen(&format!("{host}:{port}"), &own, 1);
        Ok(Some(Self { listener, redirect_uri }))
    }

    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// One connection after the other, until this login's callback is there. Whatever else comes,
    /// for an icon or from a stranger, ends nothing.
    pub(crate) fn callback(
        &self,
        mut login: Flow<AwaitingCallback>,
    ) -> Result<Flow<Exchanging>, Box<dyn Error>> {
        let (origin, path) = split(&self.redirect_uri);
        loop {
            // A browser that is gone, or says nothing, is no reason to end.
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error.into()),
            };
            let Ok(target) = read_target(&stream) else { continue };
            let is_callback = |target: &String| target.split('?').next() == Some(path);
            let Some(target) = target.filter(is_callback) else {
                let _ = answer(&stream, "404 Not Found", "There is nothing here.");
                continue;
            };
            match login.callback(&format!("{origin}{target}"), now()) {
                Ok(exchanging) => {
                    let _ = answer(&stream, "200 OK", "You can close this page.");
                    return Ok(exchanging);
                }
                Err(failed) => {
                    let page = match failed.error() {
                        FlowError::Refused(_) => "The login was refused. You can close this page.",
                        _ => "This is not the answer to the login that is waited for.",
                    };
                    let _ = answer(&stream, "400 Bad Request", page);
                    login = failed.retry()?;
                }
            }
        }
    }
}

/// Host and port of a redirect URI that leads to this machine without TLS.
fn place(redirect_uri: &str) -> Option<(String, u16)> {
    let uri: Uri = redirect_uri.parse().ok()?;
    let host = uri.host()?;
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    let is_own = address.map_or(host == "localhost", |address| address.is_loopback());
    let is_it = is_own && uri.scheme() == Some(&Scheme::HTTP);
    Some((host.to_owned(), uri.port_u16()?)).filter(|_| is_it)
}

/// `http://127.0.0.1:8000` and `/callback`, without a query.
fn split(redirect_uri: &str) -> (&str, &str) {
    let host = redirect_uri.find("//").map_or(0, |at| at.saturating_add(2));
    let after = redirect_uri.get(host..).and_then(|rest| rest.find(['/', '?']));
    let end = after.map_or(redirect_uri.len(), |at| at.saturating_add(host));
    let (origin, path) = redirect_uri.split_at(end);
    let path = path.split('?').next().unwrap_or_default();
    (origin, if path.is_empty() { "/" } else { path })
}

/// What a GET asks for; none where it is another request, or too long.
fn read_target(mut stream: &TcpStream) -> io::Result<Option<String>> {
    let deadline = Instant::now().checked_add(PATIENCE).unwrap_or_else(Instant::now);
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let left = deadline.saturating_duration_since(Instant::now());
        // No time at all would mean no limit.
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk)?;
        if count == 0 || left.is_zero() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(chunk.get(..count).unwrap_or_default());
        if head.len() > LONGEST_HEAD {
            return Ok(None);
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let is_get = words.next() == Some("GET");
    Ok(words.next().filter(|_| is_get).map(str::to_owned))
}

fn answer(mut stream: &TcpStream, status: &str, text: &str) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let page = format!("<!doctype html><title>token</title><p>{text}</p>\n");
    // The URL of this page has the code in it.
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        page.len()
    );
    stream.write_all((head + &page).as_bytes())
}

/// How long a connection may take to say what it wants: browsers open some that say nothing.
const PATIENCE: Duration = Duration::from_secs(2);

const LONGEST_HEAD: usize = 80 * 1024;
