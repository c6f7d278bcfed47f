//! A server that a function answers for, one request for each connection, and that remembers what it
//! was asked.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

pub(crate) struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// `POST /token`.
    pub(crate) line: String,
    /// By their names in lower case.
    pub(crate) fields: HashMap<String, String>,
    pub(crate) body: String,
}

impl Server {
    /// The function gives status and body; it knows the request and the server's own origin.
    pub(crate) fn start<F>(answer: F) -> Self
    where
        F: Fn(&Heard, &str) -> (u16, String) + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, is_over) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (own, over) = (Arc::clone(&heard), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                // A client that goes away is no matter of the server's.
                let _ = serve(&stream, &own, |heard| answer(heard, &origin(port)));
            }
        });
        Self { port, heard, is_over, thread: Some(thread) }
    }

    /// One with this answer to everything.
    pub(crate) fn with(status: u16, body: &'static str) -> Self {
        Self::start(move |_, _| (status, body.to_owned()))
    }

    pub(crate) fn url(&self, path: &str) -> String {
        origin(self.port) + path
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The only request that came.
    pub(crate) fn request(&self) -> Heard {
        let heard = self.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        heard[0].clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn origin(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn serve(
    mut stream: &TcpStream,
    requests: &Mutex<Vec<Heard>>,
    answer: impl FnOnce(&Heard) -> (u16, String),
) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let Some(start) = head.first() else { return Ok(()) };
    let line = start.rsplit_once(' ').unwrap().0.to_owned();
    let fields: HashMap<String, String> = head[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = fields.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request = Heard { line, fields, body: String::from_utf8(body).unwrap() };
    let (status, body) = answer(&request);
    requests.lock().unwrap().push(request);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all((head + &body).as_bytes())
}
