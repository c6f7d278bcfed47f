//! The threads of a server that a function answers for: plain http on 127.0.0.1, one thread that
//! accepts, one for each connection.

use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::hostile::Request;

/// A server. Dropping it ends it and its connections, and does not wait for the function.
pub(crate) struct PlainServer {
    port: u16,
    connections: Arc<Connections>,
    thread: Option<JoinHandle<()>>,
}

/// Those that were opened; none any more when the server is over.
struct Connections(Mutex<Option<Vec<TcpStream>>>);

/// A status and a body in JSON.
pub(crate) type Answer = (u16, String);

impl PlainServer {
    /// Starts one on a free port. The function is given each request as it was on the wire; where
    /// it has no answer, the connection ends without one.
    pub(crate) fn start<F>(answer: F) -> io::Result<Self>
    where
        F: Fn(Vec<u8>) -> Option<Answer> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let connections = Arc::new(Connections(Mutex::new(Some(Vec::new()))));
        let (own, answer) = (Arc::clone(&connections), Arc::new(answer));
        let thread = thread::Builder::new().spawn(move || accept(&listener, &own, &answer))?;
        Ok(Self { port, connections, thread: Some(thread) })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for PlainServer {
    fn drop(&mut self) {
        for stream in self.connections.open().take().into_iter().flatten() {
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

impl Connections {
    fn open(&self) -> MutexGuard<'_, Option<Vec<TcpStream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept<F>(listener: &TcpListener, connections: &Connections, answer: &Arc<F>)
where
    F: Fn(Vec<u8>) -> Option<Answer> + Send + Sync + 'static,
{
    for stream in listener.incoming() {
        let Ok(stream) = stream else { return };
        let Ok(copy) = stream.try_clone() else { return };
        match connections.open().as_mut() {
            Some(open) => open.push(copy),
            None => return,
        }
        let answer = Arc::clone(answer);
        // A thread that cannot be had shows as a connection that ends.
        drop(thread::Builder::new().spawn(move || serve(&stream, &*answer)));
    }
}

/// Requests and answers, one after the other, until one of the two sides has enough.
fn serve(mut stream: &TcpStream, answer: impl Fn(Vec<u8>) -> Option<Answer>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut kept = Kept { reader: &mut reader, bytes: Vec::new() };
        if Request::read(&mut kept)?.is_none() {
            return Ok(());
        }
        let Some((status, body)) = answer(kept.bytes) else {
            return stream.shutdown(Shutdown::Both);
        };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        stream.write_all((head + &body).as_bytes())?;
    }
}

/// Keeps what is read.
struct Kept<'a, R> {
    reader: &'a mut R,
    bytes: Vec<u8>,
}

impl<R: Read> Read for Kept<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
