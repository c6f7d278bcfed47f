//! The threads: one that accepts, one for each connection. All are gone when the server is dropped.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::act::{Act, Wire};

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
    /// How many requests are answered: their [`Act::Sent`] was come to, or their connection is over.
    pub(super) sent: u64,
}

pub(super) struct Shared {
    /// What is done on each connection.
    acts: Arc<[Act]>,
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
    pub(super) fn start(acts: Arc<[Act]>, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let state = Mutex::default();
        let shared = Arc::new(Shared { acts, tls, state, changed: Condvar::new() });
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new().spawn(move || accept(&listener, &own))?;
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

    /// Stops, and says what was seen until then.
    pub(super) fn end(mut self) -> Seen {
        self.stop();
        self.seen()
    }

    fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        {
            let mut state = self.shared.state();
            state.stopped = true;
            state.hang_up();
        }
        self.shared.changed.notify_all();
        // Wakes the accepting thread, which then sees that it is over.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        // Its panic has been printed by then.
        let _ = thread.join();
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
        self.stop();
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
    let mut wire = match &shared.tls {
        None => Wire::Plain(stream),
        Some(tls) => {
            let connection = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
            Wire::Tls(Box::new(StreamOwned::new(connection, stream)))
        }
    };
    wire.play(&shared.acts, shared)
}

const PATIENCE: Duration = Duration::from_secs(10);
