//! The table: each row a server, and how an exchange with it ends.

mod body;
mod connection;
mod framing;
mod redirect;
mod size;
mod tls;

use std::sync::Arc;

use super::act::Act;
use super::certificates::Flaw;
use super::expected::Verdict;

/// A server, and what is expected of an adapter that meets it.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) link: Link,
    /// What the server does on each connection.
    pub(super) acts: Arc<[Act]>,
    /// Any of these.
    pub(super) expected: &'static [Verdict],
    /// Whether only the clock ends it.
    pub(super) hangs: bool,
    /// How many connections one exchange may make, where it may be repeated.
    pub(super) connections: u64,
    /// How many MiB it may take.
    pub(super) memory: u64,
}

/// What the acts speak through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Http,
    Https(Flaw),
    /// The endpoint is https, and what is sent there is no TLS, or not all of it.
    InPlaceOfTls,
    /// Nobody listens.
    Closed,
}

/// All rows; `elsewhere` is the port of a server that must never be called.
pub(super) fn all(elsewhere: u16) -> Vec<Row> {
    let mut rows = redirect::rows(elsewhere);
    rows.extend(framing::rows());
    rows.extend(connection::rows());
    rows.extend(tls::rows());
    rows.extend(size::rows());
    rows.extend(body::rows());
    rows
}

impl Row {
    fn new(name: impl Into<String>, expected: &'static [Verdict], acts: Vec<Act>) -> Self {
        let (name, link, acts) = (name.into(), Link::Http, acts.into());
        Self { name, link, acts, expected, hangs: false, connections: 1, memory: MEMORY }
    }

    /// A server that reads a request and then does that, on each connection.
    fn answering(
        name: impl Into<String>,
        expected: &'static [Verdict],
        acts: impl IntoIterator<Item = Act>,
    ) -> Self {
        let request = [Act::Request];
        Self::new(name, expected, request.into_iter().chain(acts).collect())
    }

    fn over(self, link: Link) -> Self {
        Self { link, ..self }
    }

    /// Only the clock ends it.
    fn hanging(self) -> Self {
        Self { hangs: true, ..self }
    }

    /// Its connection breaks before an answer begins, so that what may be repeated is.
    fn repeated(self) -> Self {
        Self { connections: 2, ..self }
    }

    fn within_mib(self, memory: u64) -> Self {
        Self { memory, ..self }
    }
}

/// The row of which nothing is wrong.
pub(super) const PLAIN: &str = "TLS as it should be";
/// Eight times what an answer may have.
const MEMORY: u64 = 8;
/// What nobody asked for: a token that is good, and never taken.
const STOLEN: &str = r#"{"access_token":"stolen","token_type":"Bearer","expires_in":3600}"#;
