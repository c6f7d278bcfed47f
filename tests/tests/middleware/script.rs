//! A TLS server that answers what it is told, and remembers every byte that it was asked.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A running server. Dropping it stops it.
pub(crate) struct Script {
    port: u16,
    ca_pem: String,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    tls: Arc<ServerConfig>,
    answer: Box<dyn Fn(&Asked) -> String + Send + Sync>,
    asked: Mutex<Vec<Asked>>,
    /// Every connection there was; `None` when the server is stopped.
    open: Mutex<Option<Vec<TcpStream>>>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// How many came before it.
    pub(crate) earlier: usize,
    /// The request line and the header lines.
    pub(crate) head: Vec<String>,
    /// As it was on the wire.
    pub(crate) body: Vec<u8>,
}

impl Script {
    /// The answer is all of it, from the status line on. One that is not as long as it says ends
    /// the connection.
    pub(crate) fn start(answer: impl Fn(&Asked) -> String + Send + Sync + 'static) -> Self {
        let (ca_pem, tls) = certificates();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            tls,
            answer: Box::new(answer),
            asked: Mutex::default(),
            open: Mutex::new(Some(Vec::new())),
        });
        let own = Arc::clone(&shared);
        let thread = thread::spawn(move || accept(&listener, &own));
        Self { port, ca_pem, shared, thread: Some(thread) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    pub(crate) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.shared.open.lock().unwrap().as_ref().map_or(0, Vec::len)
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The tokens of the requests so far.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.asked().iter().map(|asked| asked.token().unwrap_or_default().to_owned()).collect()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        for stream in self.shared.open.lock().unwrap().take().unwrap_or_default() {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the accepting thread, which then sees that it is over.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.iter().skip(1).filter_map(|line| line.split_once(": "));
        let (_, value) = lines.find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        assert!(lines.all(|(other, _)| !other.eq_ignore_ascii_case(name)), "{name} comes twice");
        Some(value)
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// The lines in an order of their own, without what names the server.
    pub(crate) fn form(&self) -> (Vec<&str>, &[u8]) {
        let mut lines: Vec<&str> = self.head.iter().map(String::as_str).collect();
        lines.retain(|line| !line.starts_with("host: ") && !line.starts_with("authorization: "));
        lines.sort_unstable();
        (lines, &self.body)
    }
}

/// An answer of a usual kind.
pub(crate) fn answer(status: u16, lines: &[&str], body: &str) -> String {
    let status_line = format!("HTTP/1.1 {status} As told");
    let length = format!("content-length: {}", body.len());
    let head = [&[status_line.as_str()], lines, &[length.as_str()]].concat().join("\r\n");
    format!("{head}\r\n\r\n{body}")
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut connections = Vec::new();
    for stream in listener.incoming() {
        let Ok(stream) = stream else { break };
        match &mut *shared.open.lock().unwrap() {
            Some(open) => open.push(stream.try_clone().unwrap()),
            None => break,
        }
        let own = Arc::clone(shared);
        // How a connection ends is its client's concern.
        connections.push(thread::spawn(move || drop(converse(stream, &own))));
    }
    for connection in connections {
        let _ = connection.join();
    }
}

fn converse(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let tls = ServerConnection::new(Arc::clone(&shared.tls)).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(tls, stream);
    while let Some((head, body)) = read(&mut stream)? {
        let asked = {
            let mut all = shared.asked.lock().unwrap();
            let asked = Asked { earlier: all.len(), head, body };
            all.push(asked.clone());
            asked
        };
        let answer = (shared.answer)(&asked);
        stream.write_all(answer.as_bytes())?;
        stream.flush()?;
        if !is_whole(&asked, &answer) {
            stream.conn.send_close_notify();
            stream.flush()?;
            break;
        }
    }
    Ok(())
}

fn is_whole(asked: &Asked, answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    asked.head[0].starts_with("HEAD ")
        || length.is_some_and(|length| length == body.len().to_string())
}

fn read(stream: &mut impl Read) -> io::Result<Option<(Vec<String>, Vec<u8>)>> {
    let Some(head) = read_until(stream, b"\r\n\r\n")? else { return Ok(None) };
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let head: Vec<String> = head.trim_end().lines().map(str::to_owned).collect();
    let mut asked = Asked { earlier: 0, head, body: Vec::new() };
    if asked.header("transfer-encoding") == Some("chunked") {
        asked.body = read_until(stream, b"0\r\n\r\n")?.unwrap_or_default();
    } else if let Some(length) = asked.header("content-length") {
        asked.body = vec![0; length.parse().map_err(io::Error::other)?];
        stream.read_exact(&mut asked.body)?;
    }
    Ok(Some((asked.head, asked.body)))
}

/// `None` where the client is gone.
fn read_until(stream: &mut impl Read, end: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(end) {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        read.extend(byte);
    }
    Ok(Some(read))
}

fn certificates() -> (String, Arc<ServerConfig>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &ca).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (ca.pem(), Arc::new(tls))
}
