//! The threads: one that accepts, one for each connection. All are gone when the server is dropped.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Hostile;
use super::answer::answer;
use super::request::Request;

pub(super) struct Server {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the server has seen.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) connections: u64,
    pub(super) closed: u64,
    pub(super) requests: u64,
    pub(super) request_body_bytes: u64,
    pub(super) body_bytes_sent: u64,
}

pub(super) struct Shared {
    pub(super) kind: Hostile,
    /// Where redirects point.
    pub(super) target: u16,
    tls: Option<Arc<ServerConfig>>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    seen: Seen,
    stopped: bool,
    /// The open connections, by number, so that stopping ends what blocks on them.
    open: HashMap<u64, TcpStream>,
}

impl Server {
    pub(super) fn start(
        kind: Hostile,
        tls: Option<Arc<ServerConfig>>,
        target: u16,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let state = Mutex::default();
        let shared = Arc::new(Shared { kind, target, tls, state, changed: Condvar::new() });
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name(format!("hostile {kind:?}"))
            .spawn(move || accept(&listener, &own))?;
        Ok(Self { port, shared, thread: Some(thread) })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn seen(&self) -> Seen {
        self.shared.state().seen
    }

    pub(super) fn hang_up(&self) {
        self.shared.state().hang_up();
    }

    pub(super) fn wait_until(&self, reached: impl Fn(&Seen) -> bool) {
        let state = self.shared.state();
        let waited =
            self.shared.changed.wait_timeout_while(state, PATIENCE, |state| !reached(&state.seen));
        drop(waited);
    }
}

impl State {
    fn hang_up(&self) {
        for stream in self.open.values() {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            state.stopped = true;
            state.hang_up();
        }
        self.shared.changed.notify_all();
        // Wakes the accepting thread, which then sees that it is over.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed by then.
            let _ = thread.join();
        }
    }
}

impl Shared {
    pub(super) fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.state().seen);
        self.changed.notify_all();
    }

    /// Waits, and says whether the server goes on.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.state(), time, |state| !state.stopped);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.stopped
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection in, unless it is over.
    fn open(&self, stream: &TcpStream) -> io::Result<Option<u64>> {
        let copy = stream.try_clone()?;
        let mut state = self.state();
        if state.stopped {
            return Ok(None);
        }
        let number = state.seen.connections;
        state.seen.connections = number.saturating_add(1);
        state.open.insert(number, copy);
        Ok(Some(number))
    }

    fn close(&self, number: u64) {
        let closed = self.state().open.remove(&number);
        drop(closed);
        self.note(|seen| seen.closed = seen.closed.saturating_add(1));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut connections = Vec::new();
    for stream in listener.incoming() {
        let Ok(stream) = stream else { break };
        let Ok(Some(number)) = shared.open(&stream) else { break };
        let own = Arc::clone(shared);
        let serving = thread::Builder::new().spawn(move || {
            // How a connection ends is its client's concern.
            let _ = serve(stream, &own);
            own.close(number);
        });
        connections.extend(serving);
    }
    for connection in connections {
        let _ = connection.join();
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if shared.kind == Hostile::SilentTls {
        while shared.pause(PATIENCE) {}
        return Ok(());
    }
    match &shared.tls {
        None => converse(stream, shared),
        Some(tls) => {
            let connection = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
            converse(StreamOwned::new(connection, stream), shared)
        }
    }
}

/// Requests and answers, one after the other, until one of the two sides has enough.
fn converse(mut stream: impl Read + Write, shared: &Shared) -> io::Result<()> {
    let mut answered = 0_u64;
    while let Some(request) = Request::read(&mut stream)? {
        shared.note(|seen| {
            seen.requests = seen.requests.saturating_add(1);
            seen.request_body_bytes = seen.request_body_bytes.saturating_add(request.body_bytes);
        });
        if answer(&mut stream, shared, answered)?.is_break() {
            break;
        }
        answered = answered.saturating_add(1);
    }
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(10);
