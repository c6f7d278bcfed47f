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

/// To the server or to its proxy; and on to the server, through the proxy.
pub(crate) type Stream = MaybeHttpsStream<MaybeHttpsStream<TokioIo<TcpStream>>>;

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
        let tcp = match &self.stream {
            MaybeHttpsStream::Http(stream) => tcp(stream),
            MaybeHttpsStream::Https(tls) => tcp(tls.inner().get_ref().0.inner()),
        };
        match SockRef::from(tcp).peek(&mut [MaybeUninit::uninit()]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
            Ok(0) => Err(io::ErrorKind::ConnectionAborted.into()),
            Ok(_) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, UNASKED)),
        }
    }
}

fn tcp(stream: &MaybeHttpsStream<TokioIo<TcpStream>>) -> &TcpStream {
    match stream {
        MaybeHttpsStream::Http(tcp) => tcp.inner(),
        MaybeHttpsStream::Https(tls) => tls.inner().get_ref().0.inner().inner(),
    }
}

impl Connection for Attentive {
    fn connected(&self) -> Connected {
        self.stream.connected()
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
