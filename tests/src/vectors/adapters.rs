//! Both adapters against servers that misbehave.

use std::time::{Duration, Instant};

use grantflow::{Client, Endpoint, Exchange, Failed, Provider, RefreshToken, Scope, Secret};
use serde_json::json;
use tokio::runtime;

use super::login::{self, Given};
use super::members::Members;
use super::memory;
use super::model::Vector;
use super::outcome::{Accepted, Refused, Shown, Stop};
use super::setup;
use crate::hostile::{Hostile, HostileServer};

/// What a run with one adapter showed.
struct Seen {
    error_kind: Option<&'static str>,
    shown: Shown,
    second_server_requests: u64,
    bytes_read: u64,
    bytes_held: Option<u64>,
    elapsed: Duration,
    request_body_sent: bool,
}

/// How the adapters are built.
#[derive(Default)]
struct Limits {
    timeout: Option<Duration>,
    response: Option<usize>,
}

pub(super) fn adapter_loopback(vector: &Vector) -> Result<Accepted, Stop> {
    let input = &vector.input;
    let limit = input.number("limit")?.map(usize::try_from).transpose();
    let limits = Limits {
        timeout: input.number("total_timeout_ms")?.map(Duration::from_millis),
        response: limit.map_err(|_| Stop::Malformed("limit is beyond memory".to_owned()))?,
    };
    let blocking = run(vector, Adapter::Ureq, &limits)?;
    let concurrent = run(vector, Adapter::Hyper, &limits)?;
    if blocking.error_kind != concurrent.error_kind {
        return Err(Stop::Wrong(format!(
            "error kind {:?} by ureq and {:?} by hyper",
            blocking.error_kind, concurrent.error_kind
        )));
    }
    // Of the two, the worse one counts.
    let both = [&blocking, &concurrent];
    let most = |of: fn(&Seen) -> u64| both.map(of).into_iter().max().unwrap_or_default();
    let mut accepted = Accepted::new([
        ("error_kind", json!(blocking.error_kind)),
        ("second_server_requests", most(|seen| seen.second_server_requests).into()),
        ("bytes_read", most(|seen| seen.bytes_read).into()),
        ("elapsed_ms", most(|seen| millis(seen.elapsed)).into()),
        ("request_body_sent", both.iter().any(|seen| seen.request_body_sent).into()),
    ]);
    if let Some(held) = blocking.bytes_held.max(concurrent.bytes_held) {
        accepted.set("bytes_held", held);
    }
    accepted.shown.0 = [blocking.shown.0, concurrent.shown.0].concat();
    Ok(accepted)
}

enum Adapter {
    Ureq,
    Hyper,
}

fn run(vector: &Vector, adapter: Adapter, limits: &Limits) -> Result<Seen, Stop> {
    let input = &vector.input;
    let server = HostileServer::start(kind(input)?).map_err(|error| broken(&error))?;
    let url = server.token_endpoint();
    let endpoint: Endpoint = match url.strip_prefix("http:") {
        Some(_) => Endpoint::insecure_loopback(&url)?,
        None => url.parse()?,
    };
    let provider =
        Provider::new(endpoint).with_authorization_endpoint(setup::AUTHORIZATION_ENDPOINT.parse()?);
    let secret = Secret::new(input.text_or("client_secret", "s")?)?;
    let client = Client::new(input.text_or("client_id", "c")?, secret, provider)?;
    let call = Call { adapter, limits, roots: server.ca_pem() };
    // Where the peak cannot be forgotten, its growth says nothing.
    let before = memory::forget_peak().then(memory::peak).flatten();
    let start = Instant::now();
    let (error_kind, shown) = match input.text_or("grant", "client_credentials")? {
        "client_credentials" => call.send(client.client_credentials(Scope::default())?)?,
        "refresh_token" => call.send(client.refresh(RefreshToken::new("a-refresh-token")?)?)?,
        "authorization_code" => {
            let redirect_uri = setup::REDIRECT_URI.parse()?;
            let login = Given::default().start(&client, setup::REDIRECT_URI.parse()?)?;
            call.send(login::back_with(login, &redirect_uri, "a-code")?)?
        }
        other => return Err(Stop::Malformed(format!("no grant is called {other}"))),
    };
    let elapsed = start.elapsed();
    let bytes_held = before.and_then(|before| memory::peak()?.checked_sub(before));
    Ok(Seen {
        error_kind,
        shown,
        second_server_requests: server.second_server_requests(),
        bytes_read: server.body_bytes_sent(),
        bytes_held,
        elapsed,
        request_body_sent: server.request_body_received(),
    })
}

fn kind(input: &Members) -> Result<Hostile, Stop> {
    Ok(match input.required("server")? {
        "redirect_307" => Hostile::Redirect307,
        "endless_body" => Hostile::EndlessBody,
        "drip" => Hostile::Drip,
        "gzip_bomb" => Hostile::GzipBomb,
        "short_body" => Hostile::ShortBody,
        "self_signed" => Hostile::SelfSigned,
        "closed_port" => Hostile::ClosedPort,
        other => return Err(Stop::Malformed(format!("no server is called {other}"))),
    })
}

struct Call<'a> {
    adapter: Adapter,
    limits: &'a Limits,
    roots: Option<&'a str>,
}

impl Call<'_> {
    fn send<E: Exchange + 'static>(
        &self,
        exchange: E,
    ) -> Result<(Option<&'static str>, Shown), Stop> {
        let result = match self.adapter {
            Adapter::Ureq => self.by_ureq(exchange)?,
            Adapter::Hyper => self.by_hyper(exchange)?,
        };
        Ok(match result {
            Ok(_) => (None, Shown::default()),
            Err(failed) => {
                let refused = Refused::new(failed.error(), &failed);
                (Some(refused.kind), refused.shown)
            }
        })
    }

    fn by_ureq<E: Exchange>(&self, exchange: E) -> Result<Result<E::Output, Failed<E>>, Stop> {
        let mut builder = grantflow_ureq::Transport::builder();
        if let Some(pem) = self.roots {
            builder = builder.root_certificates(pem.as_bytes()).map_err(|error| broken(&error))?;
        }
        if let Some(timeout) = self.limits.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(bytes) = self.limits.response {
            builder = builder.response_limit(bytes);
        }
        Ok(builder.build().perform(exchange))
    }

    fn by_hyper<E: Exchange>(&self, exchange: E) -> Result<Result<E::Output, Failed<E>>, Stop> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| broken(&error))?;
        let mut builder = grantflow_hyper::Transport::builder();
        if let Some(pem) = self.roots {
            builder = builder.root_certificates(pem.as_bytes()).map_err(|error| broken(&error))?;
        }
        if let Some(timeout) = self.limits.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(bytes) = self.limits.response {
            builder = builder.response_limit(bytes);
        }
        Ok(runtime.block_on(async { builder.build().perform(exchange).await }))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn broken(error: &dyn std::error::Error) -> Stop {
    Stop::Wrong(format!("a test that cannot run: {error}"))
}
