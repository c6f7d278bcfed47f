//! Reads what the client sends: as much as must be known to answer badly.

use std::io::{self, Read};

pub(crate) struct Request {
    pub(crate) body_bytes: u64,
}

impl Request {
    /// The next request; none where the client has closed the connection.
    pub(crate) fn read(stream: &mut impl Read) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match stream.read(&mut byte)? {
                0 => return Ok(None),
                _ => head.extend(byte),
            }
        }
        let announced = content_length(&head);
        let body_bytes = io::copy(&mut stream.take(announced), &mut io::sink())?;
        Ok(Some(Self { body_bytes }))
    }
}

fn content_length(head: &[u8]) -> u64 {
    String::from_utf8_lossy(head)
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}
