//! TCP, TLS and HTTP/1.1: how a request gets to the router.

use std::io;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::reply;
use super::router;
use super::state::Shared;

pub(super) struct Server {
    runtime: Runtime,
    listener: TcpListener,
    tls: TlsAcceptor,
    state: Arc<Shared>,
}

impl Server {
    pub(super) fn new(
        listener: std::net::TcpListener,
        tls: Arc<ServerConfig>,
        state: Arc<Shared>,
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        listener.set_nonblocking(true)?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        Ok(Self { runtime, listener, tls: TlsAcceptor::from(tls), state })
    }

    /// Serves until the other end of `stopped` is dropped; every open connection ends with it.
    pub(super) fn run(self, stopped: oneshot::Receiver<()>) {
        let Self { runtime, listener, tls, state } = self;
        runtime.block_on(async {
            tokio::select! {
                _ = stopped => {}
                () = accept(&listener, &tls, &state) => {}
            }
        });
    }
}

async fn accept(listener: &TcpListener, tls: &TlsAcceptor, state: &Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, tls.clone(), Arc::clone(state)));
            }
            // Out of file handles, most likely: they come back when connections end.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// One connection. Whatever goes wrong on it is seen by its client, and is nobody else's concern.
async fn serve(stream: TcpStream, tls: TlsAcceptor, state: Arc<Shared>) {
    // Without it the answer may only come slower.
    let _ = stream.set_nodelay(true);
    let Ok(stream) = tls.accept(stream).await else {
        return;
    };
    let answer = service_fn(move |request| {
        let state = Arc::clone(&state);
        async move {
            let reply = router::answer(&state, request).await;
            // Without an answer, the connection is closed at once.
            if reply::is_lost(&reply) {
                Err(io::Error::other("the answer is lost"))
            } else {
                Ok(reply)
            }
        }
    });
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}
