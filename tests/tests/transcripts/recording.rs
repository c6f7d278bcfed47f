//! One recorded exchange: a few lines about it, the request and the response as they were on the
//! wire.

use std::fs;
use std::path::Path;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::Value;

pub(crate) struct Recording {
    /// The file's name without its ending.
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    /// Decoded, those of the query first.
    parameters: Vec<(String, String)>,
    request: Message,
    response: Message,
}

struct Message {
    start: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Recording {
    pub(crate) fn read(file: &Path) -> Self {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(file).unwrap();
        let (_, rest) = split(&bytes, b"# ---- request ----\n").expect(&name);
        let (request, response) = split(rest, b"# ---- response ----\n").expect(&name);
        let (request, response) = (Message::read(request), Message::read(response));
        let start: Vec<String> = request.start.split(' ').map(str::to_owned).collect();
        let (path, query) = start[1].split_once('?').unwrap_or((&start[1], ""));
        let mut parameters = pairs(query.as_bytes());
        if request.field("content-type") == Some("application/x-www-form-urlencoded") {
            parameters.extend(pairs(&request.body));
        }
        let status = response.start.split(' ').nth(1).unwrap().parse().unwrap();
        let (method, path) = (start[0].clone(), path.to_owned());
        Self { name, method, path, status, parameters, request, response }
    }

    /// The first of this name, unless it is empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut named = self.parameters.iter().filter(|(own, _)| own == name);
        named.next().map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The `state` of the login that the request began, in its request object if it has one.
    pub(crate) fn state(&self) -> Option<String> {
        let object = self.parameter("request").and_then(|object| object.split('.').nth(1));
        let claims = object.and_then(|claims| Base64UrlUnpadded::decode_vec(claims).ok());
        let claims: Option<Value> = claims.and_then(|json| serde_json::from_slice(&json).ok());
        let inside = claims.and_then(|claims| Some(claims.get("state")?.as_str()?.to_owned()));
        self.parameter("state").map(str::to_owned).or(inside)
    }

    /// Who asked, and by which secret, if by one.
    pub(crate) fn client(&self) -> (Option<String>, Option<String>) {
        let own = |name| self.parameter(name).map(str::to_owned);
        match self.basic() {
            Some((id, secret)) => (Some(id), Some(secret)),
            None => (own("client_id"), own("client_secret")),
        }
    }

    fn basic(&self) -> Option<(String, String)> {
        let digits = self.request.field("authorization")?.strip_prefix("Basic ")?;
        let pair = String::from_utf8(Base64::decode_vec(digits).ok()?).ok()?;
        let (id, secret) = pair.split_once(':')?;
        let decoded = |text: &str| pairs(text.as_bytes()).into_iter().next().map(|(name, _)| name);
        Some((decoded(id)?, decoded(secret)?))
    }

    pub(crate) fn host(&self) -> &str {
        self.request.field("host").unwrap()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.response.field(name)
    }

    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.response.fields
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.response.body
    }

    /// As an adapter hands it to the core.
    pub(crate) fn response(&self) -> http::Response<&[u8]> {
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in self.fields() {
            response = response.header(name, value);
        }
        response.body(self.body()).unwrap()
    }

    /// Whatever must not be seen in an error or a log: what the response gave away, and what the
    /// request said in confidence. Those are left out that are too short to be told from a word.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let body: Option<Value> = serde_json::from_slice(self.body()).ok();
        let members = body.iter().filter_map(Value::as_object).flatten();
        let given = members.filter(|(name, _)| SECRET.contains(&name.as_str()));
        let given = given.filter_map(|(_, value)| value.as_str()).map(str::to_owned);
        let location = self.field("location").unwrap_or_default();
        let callback = location.split_once('?').map_or("", |(_, query)| query);
        let pairs = pairs(callback.as_bytes()).into_iter().chain(self.parameters.clone());
        let said = pairs.filter(|(name, _)| SECRET.contains(&name.as_str()));
        let said = said.map(|(_, value)| value).chain(self.client().1);
        let bearer = self.request.field("authorization").and_then(|field| field.split_once(' '));
        let bearer = bearer.map(|(_, token)| token.to_owned());
        let all = given.chain(said).chain(bearer);
        all.filter(|secret| secret.len() >= LONG_ENOUGH).collect()
    }
}

impl Message {
    /// The body is as long as its Content-Length says; behind it the file has a line's end.
    fn read(bytes: &[u8]) -> Self {
        let (head, rest) = split(bytes, b"\r\n\r\n").unwrap();
        let mut lines = str::from_utf8(head).unwrap().lines();
        let start = lines.next().unwrap().to_owned();
        let fields = lines.map(|line| line.split_once(": ").unwrap_or((line, "")));
        let fields: Vec<_> = fields.map(|(name, value)| (name.into(), value.into())).collect();
        let mut message = Self { start, fields, body: Vec::new() };
        // All were recorded with a plain body. If one comes that was not, undo it here.
        for field in ["transfer-encoding", "content-encoding"] {
            assert_eq!(message.field(field), None, "{}", message.start);
        }
        let length = message.field("content-length").map_or(0, |length| length.parse().unwrap());
        message.body = rest[..length].to_vec();
        message
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut named = self.fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.as_str())
    }
}

fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}

fn pairs(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form).into_owned().collect()
}

const SECRET: &[&str] = &[
    "access_token",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "id_token",
    "refresh_token",
    "registration_access_token",
    "token",
    "user_code",
];

/// A client's secret in the recordings is a word or two.
const LONG_ENOUGH: usize = 9;
