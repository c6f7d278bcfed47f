//! What a server does on a connection, one act after the other.

use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use tokio::net::TcpSocket;

use super::request::Request;
use super::server::Shared;

/// What a server does next. After its last act it ends the connection; TLS without a farewell.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Reads a request.
    Request,
    /// Reads this many bytes, of a request or of a handshake.
    Read(usize),
    /// Sends the head of an answer.
    Head(String),
    /// Sends this.
    Say(Cow<'static, [u8]>),
    /// Sends this, so many times.
    Repeat(&'static str, usize),
    /// Sends this for ever, byte by byte.
    Drip(&'static str),
    /// Does nothing for a while.
    Pause(Duration),
    /// Does nothing any more; the connection stands.
    Hold,
    /// Notes that all before it is sent.
    Sent,
    /// Says in TLS that nothing follows.
    Farewell,
    /// Ends the connection with RST in place of FIN.
    Reset,
    /// Begins again with the first act.
    Again,
}

/// The lines of a head, with their ends.
pub(super) fn head(lines: &[&str]) -> Act {
    Act::Head(format!("{}\r\n\r\n", lines.join("\r\n")))
}

/// Bytes that are written down.
pub(super) fn say(text: &'static (impl AsRef<[u8]> + ?Sized)) -> Act {
    Act::Say(Cow::Borrowed(text.as_ref()))
}

/// A server's end of a connection.
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    /// Plays the acts, until one of the two sides has enough. A request that ends it is answered, too.
    pub(super) fn play(&mut self, acts: &[Act], shared: &Shared) -> io::Result<()> {
        let mut owes = false;
        let end = self.play_on(acts, shared, &mut owes);
        if owes {
            shared.note(|seen| seen.sent = seen.sent.saturating_add(1));
        }
        end
    }

    fn play_on(&mut self, acts: &[Act], shared: &Shared, owes: &mut bool) -> io::Result<()> {
        let mut rest = acts.iter();
        while let Some(act) = rest.next() {
            match act {
                Act::Request => match Request::read(self)? {
                    Some(request) => {
                        *owes = true;
                        shared.note(|seen| {
                            seen.requests = seen.requests.saturating_add(1);
                            let bytes = seen.request_body_bytes.saturating_add(request.body_bytes);
                            seen.request_body_bytes = bytes;
                        });
                    }
                    None => return Ok(()),
                },
                Act::Read(count) => self.read_exact(&mut vec![0; *count])?,
                Act::Head(head) => self.write_all(head.as_bytes())?,
                Act::Say(bytes) => self.say(bytes, shared)?,
                Act::Repeat(text, times) => self.repeat(text, *times, shared)?,
                Act::Drip(text) => {
                    for byte in text.bytes().cycle() {
                        self.say(&[byte], shared)?;
                        if !shared.pause(PACE) {
                            break;
                        }
                    }
                }
                Act::Pause(time) => drop(shared.pause(*time)),
                Act::Hold => while shared.pause(Duration::from_secs(60)) {},
                Act::Sent => {
                    *owes = false;
                    shared.note(|seen| seen.sent = seen.sent.saturating_add(1));
                }
                Act::Farewell => {
                    if let Self::Tls(stream) = self {
                        stream.conn.send_close_notify();
                        stream.flush()?;
                    }
                }
                Act::Reset => return TcpSocket::from_std_stream(self.copy()?).set_zero_linger(),
                Act::Again => rest = acts.iter(),
            }
        }
        Ok(())
    }

    /// Sends, and counts what the operating system took.
    fn say(&mut self, mut bytes: &[u8], shared: &Shared) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = self.write(bytes)?;
            self.flush()?;
            let sent = u64::try_from(count).unwrap_or(u64::MAX);
            shared.note(|seen| seen.body_bytes_sent = seen.body_bytes_sent.saturating_add(sent));
            bytes = bytes.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// In pieces of some KiB, so that nothing large is held here.
    fn repeat(&mut self, text: &str, times: usize, shared: &Shared) -> io::Result<()> {
        let in_piece = PIECE.checked_div(text.len()).unwrap_or(1).max(1);
        let piece = text.repeat(in_piece.min(times));
        let mut left = times.saturating_mul(text.len());
        while left > 0 {
            let part = piece.get(..left.min(piece.len())).unwrap_or(&piece);
            self.say(part.as_bytes(), shared)?;
            left = left.saturating_sub(part.len());
        }
        Ok(())
    }

    fn copy(&self) -> io::Result<TcpStream> {
        match self {
            Self::Plain(stream) => stream.try_clone(),
            Self::Tls(stream) => stream.sock.try_clone(),
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(buffer),
            Self::Tls(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

const PIECE: usize = 16 * 1024;
/// From one byte of a drip to the next.
const PACE: Duration = Duration::from_millis(20);
