//! What each kind of server answers.

use std::io::{self, Write};
use std::ops::ControlFlow::{self, Break, Continue};
use std::time::Duration;

use super::Hostile;
use super::bomb::gzip_bomb;
use super::server::Shared;

/// Answers a request, the one after `earlier` others on its connection, and says whether the
/// connection goes on.
pub(super) fn answer(
    stream: &mut impl Write,
    shared: &Shared,
    earlier: u64,
) -> io::Result<ControlFlow<()>> {
    let mut answer = Answer { stream, shared };
    match shared.kind {
        Hostile::Redirect307 => {
            let target = shared.target;
            answer.head(&[
                "HTTP/1.1 307 Temporary Redirect",
                &format!("Location: http://127.0.0.1:{target}/token"),
                "Content-Length: 0",
            ])?;
            return Ok(Continue(()));
        }
        Hostile::EndlessBody => {
            answer.head(&[OK, JSON, "Connection: close"])?;
            answer.endless()?;
        }
        Hostile::EndlessLength => {
            answer.head(&[OK, JSON, "Content-Length: 10000000000"])?;
            answer.endless()?;
        }
        Hostile::Drip => {
            answer.head(&[OK, JSON, "Content-Length: 100000"])?;
            answer.body(b"{")?;
            while shared.pause(Duration::from_secs(1)) {
                answer.body(b" ")?;
            }
        }
        Hostile::GzipBomb => {
            let bomb = gzip_bomb(64 * 1024 * 1024);
            let length = format!("Content-Length: {}", bomb.len());
            answer.head(&[OK, JSON, "Content-Encoding: gzip", &length])?;
            answer.body(&bomb)?;
        }
        Hostile::ShortBody => {
            answer.head(&[OK, JSON, "Content-Length: 1000"])?;
            answer.body(br#"{"access_token":"half-a-to"#)?;
        }
        Hostile::NoAnswer => while shared.pause(Duration::from_secs(60)) {},
        Hostile::LateHangUp => {
            shared.pause(Duration::from_millis(200));
        }
        Hostile::KeepAlive | Hostile::SelfSigned | Hostile::OtherHost => {
            answer.token()?;
            return Ok(Continue(()));
        }
        Hostile::OneAnswerEach if earlier == 0 => {
            answer.token()?;
            return Ok(Continue(()));
        }
        Hostile::HangUp | Hostile::OneAnswerEach | Hostile::ClosedPort | Hostile::SilentTls => {}
    }
    Ok(Break(()))
}

struct Answer<'a, W> {
    stream: &'a mut W,
    shared: &'a Shared,
}

impl<W: Write> Answer<'_, W> {
    fn head(&mut self, lines: &[&str]) -> io::Result<()> {
        let head = format!("{}\r\n\r\n", lines.join("\r\n"));
        self.stream.write_all(head.as_bytes())?;
        self.stream.flush()
    }

    fn body(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = self.stream.write(bytes)?;
            self.stream.flush()?;
            let sent = u64::try_from(count).unwrap_or(u64::MAX);
            self.shared
                .note(|seen| seen.body_bytes_sent = seen.body_bytes_sent.saturating_add(sent));
            bytes = bytes.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    fn endless(&mut self) -> io::Result<()> {
        self.body(br#"{"access_token":""#)?;
        loop {
            self.body(&[b'a'; 16 * 1024])?;
        }
    }

    fn token(&mut self) -> io::Result<()> {
        self.head(&[OK, JSON, &format!("Content-Length: {}", TOKEN.len())])?;
        self.body(TOKEN)
    }
}

const OK: &str = "HTTP/1.1 200 OK";
const JSON: &str = "Content-Type: application/json";
const TOKEN: &[u8] =
    br#"{"access_token":"a-token","token_type":"Bearer","expires_in":3600,"refresh_token":"next"}"#;
