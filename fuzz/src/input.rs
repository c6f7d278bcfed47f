//! How a target reads its bytes: a few that choose, then parts with a byte 0xFF between two, which
//! stands in no text. So a seed can be written by hand, and a body goes in as it is.

use grantflow::wire::Response;

use crate::Secrets;

/// What is left of the bytes.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte; zero where there is none.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// The next two bytes.
    pub fn choice(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// What stands before the next 0xFF.
    pub fn part(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == END);
        let (part, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest.get(1..).unwrap_or_default();
        part
    }

    /// The next part, where it is a text.
    pub fn text(&mut self) -> &'a str {
        std::str::from_utf8(self.part()).unwrap_or_default()
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An HTTP answer: a part with the status, one with the header fields, a line for each, and the body.
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The next answer of the input. The server puts the secrets that it knows where the marks are.
    pub fn read(input: &mut Input<'_>, known: &Secrets) -> Self {
        let mut answer = Self::read_head(input);
        answer.body = known.plant(input.part());
        answer
    }

    /// Without its body, which is empty.
    pub fn read_head(input: &mut Input<'_>) -> Self {
        let status = input.text().parse().unwrap_or(200);
        let lines = input.part().split(|byte| *byte == b'\n');
        let headers = lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = String::from_utf8(line[..colon].into()).ok()?;
            Some((name, line[colon + 1..].trim_ascii().into()))
        });
        Self { status, headers: headers.collect(), body: Vec::new() }
    }

    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".into(), b"application/json".into())];
        Self { status, headers, body: body.into() }
    }

    /// As the core takes it.
    pub fn response(&self) -> Response<'_> {
        // A transport that gave up at its limit says so in place of the body.
        let too_large = self.headers.iter().any(|(name, _)| name == "too-large");
        let plain = if too_large {
            Response::too_large(self.status, self.body.len())
        } else {
            Response::new(self.status, &self.body)
        };
        self.headers.iter().fold(plain, |response, (name, value)| response.with_header(name, value))
    }

    /// As crate `http` has it, where it can be that: it is the same answer.
    pub fn http(&self) -> Option<http::Response<&[u8]>> {
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value.as_slice());
        }
        let is_whole = self.headers.iter().all(|(name, _)| name != "too-large");
        response.body(&*self.body).ok().filter(|_| is_whole)
    }
}

const END: u8 = 0xff;
