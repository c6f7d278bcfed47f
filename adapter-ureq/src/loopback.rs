//! Where a program without a server of its own waits for the user's browser.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use grantflow::flow::{AwaitingCallback, Exchanging};
use grantflow::{Failed, Flow, RedirectUri};
use ureq::http::Uri;
use ureq::http::uri::Scheme;

use crate::system::now;

/// Waits for the user's browser at a redirect URI of this machine (RFC 8252 section 7.3): for
/// command-line tools and desktop programs.
///
/// ```no_run
/// use grantflow_ureq::grantflow::{Client, Flow, Scope, flow::Authorized};
/// use grantflow_ureq::{Loopback, Transport, entropy, now};
///
/// # fn log_in(client: &Client) -> Result<Flow<Authorized>, Box<dyn std::error::Error>> {
/// let loopback = Loopback::bind("http://127.0.0.1:0/callback")?; // 0: whatever port is free
/// let redirect_uri = loopback.redirect_uri().clone();
/// let login = client.authorization_code(redirect_uri, Scope::default(), entropy()?, now())?;
/// println!("Log in at {}", login.authorization_url()?.as_str()); // or open the browser there
/// let exchanging = loopback.callback(login)?;
/// let authorized = Transport::new().perform(exchanging)?;
/// # Ok(authorized)
/// # }
/// ```
///
/// A server that allows no other port than the registered one gets that one.
///
/// Others can speak to the port as well: users of this machine, and web pages in the user's browser.
/// Whatever they say, the login goes on waiting, for they do not know its `state`. Nothing is read
/// longer than two seconds, or kept above 80 KiB.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    redirect_uri: RedirectUri,
}

impl Loopback {
    /// Listens at a redirect URI such as `http://127.0.0.1:0/callback`, before the browser can
    /// come. Port 0 becomes a free one.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) where the URI is not plain `http` to a port of this
    /// very machine; others where nobody can listen there.
    pub fn bind(redirect_uri: &str) -> io::Result<Self> {
        let invalid = |text| io::Error::new(ErrorKind::InvalidInput, text);
        let (host, port) = place(redirect_uri).ok_or_else(|| invalid(ELSEWHERE))?;
        let listener =
            TcpListener::bind((host.trim_matches(['[', ']']), port)).map_err(|error| {
                let text = "nobody can listen at the redirect URI; is its port in use?";
                io::Error::new(error.kind(), format!("{text} ({error})"))
            })?;
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(invalid(ELSEWHERE));
        }
        let own = format!("{host}:{}", address.port());
        let redirect_uri = redirect_uri.replacen(&format!("{host}:{port}"), &own, 1);
        let redirect_uri =
            redirect_uri.parse().map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))?;
        Ok(Self { listener, redirect_uri })
    }

    /// Whether this redirect URI leads to a port of this very machine, so that
    /// [`bind`](Self::bind) may listen there.
    pub fn fits(redirect_uri: &str) -> bool {
        place(redirect_uri).is_some()
    }

    /// The redirect URI, with the port that is listened at.
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Waits for this login's callback, as long as it takes, and shows the user a page that says
    /// what came of it.
    ///
    /// # Errors
    /// [`LoopbackError::Login`] where the callback ends the login: the user or the server said no,
    /// or it came too late.
    pub fn callback(
        &self,
        mut login: Flow<AwaitingCallback>,
    ) -> Result<Flow<Exchanging>, LoopbackError> {
        let (origin, path) = split(self.redirect_uri.as_str());
        loop {
            // A browser that is gone, or says nothing, is no reason to end.
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(LoopbackError::Io(error)),
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
                Err(failed) => match failed.retry() {
                    Ok(waiting) => {
                        let _ = answer(&stream, "400 Bad Request", NOT_IT);
                        login = waiting;
                    }
                    Err(failed) => {
                        let _ = answer(&stream, "400 Bad Request", OVER);
                        return Err(LoopbackError::Login(failed));
                    }
                },
            }
        }
    }
}

/// Why there is no callback.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoopbackError {
    /// It came, and ended the login: start again where the advice is to.
    Login(Failed<Flow<AwaitingCallback>>),
    /// No connection can be accepted.
    Io(io::Error),
}

impl fmt::Display for LoopbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login(failed) => failed.fmt(f),
            Self::Io(_) => f.write_str(
                "no connection can be accepted at the redirect URI any more; start the login again",
            ),
        }
    }
}

impl Error for LoopbackError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Login(failed) => failed.source(),
            Self::Io(error) => Some(error),
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
    let page = format!("{PAGE}<title>Login</title><p>{text}</p>\n");
    // The URL of this page has the code in it.
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        page.len()
    );
    stream.write_all((head + &page).as_bytes())
}

const ELSEWHERE: &str = "the redirect URI does not lead to a port of this machine alone; use \
                         http://127.0.0.1:PORT/…, with port 0 for any that is free";
const NOT_IT: &str = "This is not the answer to the login that is waited for.";
const OVER: &str = "The login was refused, or came too late. You can close this page and look into \
                    the program.";
const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
                    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
                    <style>:root{color-scheme:light dark;font:1.1rem/1.5 system-ui,sans-serif}\
                    body{margin:20vh auto 0;max-width:24rem;padding:0 1rem}</style>";

/// How long a connection may take to say what it wants: browsers open some that say nothing.
const PATIENCE: Duration = Duration::from_secs(2);

const LONGEST_HEAD: usize = 80 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_port_of_this_very_machine_is_listened_at() {
        for redirect_uri in [
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:0",
            "http://[::1]:0/",
            "http://localhost:0/cb?tenant=1",
        ] {
            assert!(Loopback::fits(redirect_uri), "{redirect_uri}");
            // Not every machine has IPv6.
            let Ok(loopback) = Loopback::bind(redirect_uri) else { continue };
            let port = loopback.listener.local_addr().unwrap().port();
            let expected = redirect_uri.replace(":0", &format!(":{port}"));
            assert_eq!(loopback.redirect_uri().as_str(), expected);
        }
        for redirect_uri in [
            "https://127.0.0.1:0/callback",
            "http://127.0.0.1/callback",
            "http://0.0.0.0:0/callback",
            "http://192.0.2.1:0/callback",
            "http://127.0.0.1.app.example:0/callback",
            "http://app.example:0/callback",
            "com.example.app:/callback",
            "http://127.0.0.1:0/callback#part",
            "",
        ] {
            let error = Loopback::bind(redirect_uri).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{redirect_uri}");
        }
    }

    #[test]
    fn a_port_in_use_is_said_to_be_in_use() {
        let first = Loopback::bind("http://127.0.0.1:0/callback").unwrap();
        let error = Loopback::bind(first.redirect_uri().as_str()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with("nobody can listen at the redirect URI"), "{error}");
    }

    #[test]
    fn a_place_is_split_where_its_path_begins() {
        for (redirect_uri, expected) in [
            ("http://127.0.0.1:80/callback", ("http://127.0.0.1:80", "/callback")),
            ("http://127.0.0.1:80/a/b?c=d", ("http://127.0.0.1:80", "/a/b")),
            ("http://127.0.0.1:80?c=/d", ("http://127.0.0.1:80", "/")),
            ("http://[::1]:80", ("http://[::1]:80", "/")),
        ] {
            assert_eq!(split(redirect_uri), expected);
        }
    }
}
