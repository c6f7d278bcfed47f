//! A connection that is looked at before it is used again.

use std::io;
use std::mem::{MaybeUninit, take};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::net::TcpStream;

/// Whatever bytes go over, TCP or TLS.
pub(crate) type Stream = Box<dyn Socket>;

pub(crate) trait Socket: Read + Write + Send + Unpin {
    /// What lies under it all.
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TokioIo<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.inner()
    }
}

impl Socket for MaybeHttpsStream<Stream> {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Http(stream) => stream.tcp(),
            Self::Https(tls) => tls.inner().get_ref().0.inner().tcp(),
        }
    }
}

/// `HttpsConnector` wants it; nobody asks.
impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// Before a further request, it asks the operating system whether the server has said something since
/// its answer: hyper, which learns that from a runtime that may stand still, would take it for the
/// answer to the next request.
pub(crate) struct Attentive {
    stream: Stream,
    has_answered: bool,
    /// Whether all that was written has left: what is written next begins a request.
    is_flushed: bool,
}

impl Attentive {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, has_answered: false, is_flushed: true }
    }

    fn look(&mut self) -> io::Result<()> {
        if !take(&mut self.is_flushed) || !self.has_answered {
            return Ok(());
        }
        match SockRef::from(self.stream.tcp()).peek(&mut [MaybeUninit::uninit()]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
            Ok(0) => Err(io::ErrorKind::ConnectionAborted.into()),
            Ok(_) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, UNASKED)),
        }
    }
}

impl Read for Attentive {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer));
        self.has_answered = true;
        Poll::Ready(read)
    }
}

impl Write for Attentive {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.look()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.is_flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.look()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }
}

const UNASKED: &str = "the server said something on a kept connection that nobody had asked for";
