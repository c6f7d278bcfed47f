//! A source over either adapter, and what it says.

use grantflow::flow::Requesting;
use grantflow::{AccessToken, AsyncStore, Client, Flow, Store, TokenError};
use grantflow_tests::collector;
use http::HeaderValue;
use tokio::runtime::{Builder, Runtime};

use crate::heard;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Adapter {
    Ureq,
    Hyper,
}

pub(crate) const BOTH: [Adapter; 2] = [Adapter::Ureq, Adapter::Hyper];

pub(crate) enum Source {
    Ureq(grantflow_ureq::TokenSource),
    Hyper(grantflow_hyper::TokenSource, Runtime),
}

impl Adapter {
    /// A source of a client's own token.
    pub(crate) fn own(self, flow: Flow<Requesting>) -> Source {
        heard();
        match self {
            Self::Ureq => {
                let transport = grantflow_ureq::Transport::new();
                Source::Ureq(grantflow_ureq::TokenSource::new(&transport, flow))
            }
            Self::Hyper => {
                let transport = grantflow_hyper::Transport::new();
                Source::Hyper(grantflow_hyper::TokenSource::new(&transport, flow), runtime())
            }
        }
    }

    /// A process' source of a session's tokens.
    pub(crate) fn session(
        self,
        store: impl Store + AsyncStore + 'static,
        name: &str,
        client: &Client,
    ) -> Source {
        heard();
        match self {
            Self::Ureq => {
                let transport = grantflow_ureq::Transport::new();
                let sources = grantflow_ureq::TokenSources::with_store(&transport, store);
                Source::Ureq(sources.session(name, client))
            }
            Self::Hyper => {
                let transport = grantflow_hyper::Transport::new();
                let sources = grantflow_hyper::TokenSources::with_store(&transport, store);
                Source::Hyper(sources.session(name, client), runtime())
            }
        }
    }
}

impl Source {
    pub(crate) fn authorization(&self) -> Result<HeaderValue, TokenError> {
        match self {
            Self::Ureq(source) => source.authorization(),
            Self::Hyper(source, runtime) => runtime.block_on(source.authorization()),
        }
    }

    /// The token in this header field is no good.
    pub(crate) fn reject(&self, header: &HeaderValue) {
        let token = AccessToken::try_from(header).unwrap();
        match self {
            Self::Ureq(source) => source.reject(&token),
            Self::Hyper(source, _) => source.reject(&token),
        }
    }

    /// Fetched, refreshed, loaded, rejected, failed and taken over.
    pub(crate) fn stats(&self) -> [u64; 6] {
        macro_rules! numbers {
            ($stats:expr) => {{
                let it = $stats;
                [it.fetched, it.refreshed, it.loaded, it.rejected, it.failed, it.taken_over]
            }};
        }
        match self {
            Self::Ureq(source) => numbers!(source.stats()),
            Self::Hyper(source, _) => numbers!(source.stats()),
        }
    }
}

/// All that the library said about the client of this server, which is `HOST` in it.
fn said(client: &Client) -> Vec<String> {
    let endpoint = client.provider().token_endpoint().as_str();
    let host = endpoint.split('/').nth(2).unwrap();
    let lines = collector::read(heard()).unwrap().into_iter();
    let about = lines.filter(|line| line.target == "grantflow" && line.text.contains(host));
    about.map(|line| line.text.replace(host, "HOST")).collect()
}

/// The events.
pub(crate) fn events(client: &Client) -> Vec<String> {
    let mut said = said(client);
    said.retain(|text| text.contains("message="));
    said
}

/// What each exchange came to.
pub(crate) fn exchanges(client: &Client) -> Vec<String> {
    let start = "DEBUG exchange#";
    let ids = said(client).into_iter().filter_map(|text| {
        let (id, fields) = text.strip_prefix(start)?.split_once(' ')?;
        Some(format!("exchange#{id} {fields}"))
    });
    let lines = collector::read(heard()).unwrap();
    let whole = |begin: String| {
        let (name, fields) = begin.split_once(' ').unwrap();
        let recorded = lines.iter().filter_map(|line| {
            let (of, field) = line.text.split_once(' ')?;
            (line.target == "tracing" && of == name).then_some(field)
        });
        [fields].into_iter().chain(recorded).collect::<Vec<_>>().join(" ")
    };
    ids.map(whole).collect()
}

/// The event of this level and name with these fields.
pub(crate) fn event(level: &str, name: &str, fields: &str) -> String {
    let text = format!("{level} {name} message={name} client=\"client\" host=\"HOST\" {fields}");
    text.trim_end().to_owned()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
