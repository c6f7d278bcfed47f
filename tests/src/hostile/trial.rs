//! One adapter with one row.

use std::error::Error;
use std::iter::successors;
use std::time::{Duration, Instant};

use grantflow::{
    AccessToken, Advice, Client, ConfigurationError, Endpoint, Exchange, Failed, Provider,
    RefreshToken, Scope, Secret,
};

use super::act::Act;
use super::expected::Verdict;
use super::rows::Row;
use super::{Carrier, HostileServer};

pub(super) struct Trial<'a> {
    row: &'a Row,
    carrier: &'a Carrier,
    timeout: Duration,
    /// Whether the errors leave it open that the server has a request.
    may_be_sent: bool,
    pub(super) came: Option<Verdict>,
    /// What the slowest exchange took.
    pub(super) longest: Duration,
    pub(super) faults: Vec<String>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(row: &'a Row, carrier: &'a Carrier, timeout: Duration) -> Self {
        let (came, longest, faults) = (None, Duration::ZERO, Vec::new());
        Self { row, carrier, timeout, may_be_sent: false, came, longest, faults }
    }

    /// What may be repeated: two exchanges, unless they hang. On a kept connection, what is left of
    /// one answer must not be taken for the next; as that is a matter of chance, it has more tries.
    pub(super) fn ask(&mut self, server: HostileServer) -> Result<(), ConfigurationError> {
        self.may_be_sent = false;
        let client = client(&server)?;
        let ask = || client.client_credentials(Scope::default());
        let leaves_more = self.row.acts.iter().any(|act| matches!(act, Act::Sent));
        let exchanges = match self.row.hangs {
            true => 1,
            false if leaves_more => 10,
            false => 2,
        };
        let mut back = None;
        for number in 1..=exchanges {
            let exchange = back.take().map_or_else(ask, Ok)?;
            back = self.send(exchange, false, |granted| granted.tokens().access_token());
            if leaves_more {
                server.wait_for_answers(number);
            }
        }
        self.check(server, self.row.connections.saturating_mul(exchanges));
        Ok(())
    }

    /// What may not: it is sent as often as it comes back, at most twice.
    pub(super) fn refresh(&mut self, server: HostileServer) -> Result<(), ConfigurationError> {
        self.may_be_sent = false;
        let exchange = client(&server)?.refresh(RefreshToken::new(REFRESH_TOKEN)?)?;
        let mut exchanges = 1;
        if let Some(exchange) =
            self.send(exchange, false, |refreshed| refreshed.tokens().access_token())
        {
            exchanges = 2;
            let in_doubt = self.came.is_some_and(Verdict::is_in_doubt);
            self.send(exchange, in_doubt, |refreshed| refreshed.tokens().access_token());
        }
        self.check(server, exchanges);
        Ok(())
    }

    /// Sends, and says what comes back. An exchange that is in doubt for the second time does not.
    fn send<E: Exchange>(
        &mut self,
        exchange: E,
        in_doubt: bool,
        token: impl FnOnce(&E::Output) -> &AccessToken,
    ) -> Option<E> {
        let started = Instant::now();
        let outcome = self.carrier.perform(exchange);
        let elapsed = started.elapsed();
        self.longest = self.longest.max(elapsed);
        self.expect(elapsed < self.timeout.saturating_add(MARGIN), "it took too long");
        let came = match &outcome {
            Ok(output) => {
                self.expect(token(output).expose() == "a-token", "a token that was not meant");
                Some(Verdict::Taken)
            }
            Err(failed) => Verdict::of(failed.error()),
        };
        let too_soon = came == Some(Verdict::Late) && elapsed < self.timeout;
        self.expect(!too_soon, "it ended before its time");
        self.came = came;
        self.may_be_sent |= !came.is_some_and(Verdict::is_before_the_request);
        let failed = outcome.err();
        if !came.is_some_and(|came| self.row.expected.contains(&came)) {
            let error = failed.as_ref().map(Failed::error);
            self.expect(false, &format!("not what is expected: {error:?}"));
            return None;
        }
        let (came, failed) = (came?, failed?);
        let in_doubt = in_doubt && came.is_in_doubt();
        let advice = if in_doubt { Advice::Reauthorize } else { came.advice() };
        self.expect(failed.advice() == advice, "the advice is another");
        self.expect(failed.to_string().contains(came.says()), "the sentence is another");
        let texts = texts(&failed);
        let shows = |mark: &str| texts.iter().any(|text| text.contains(mark));
        self.expect(!MARKS.into_iter().any(shows), "a secret is shown");
        let back = failed.retry().ok();
        let comes_back = came.comes_back() && !in_doubt;
        self.expect(back.is_some() == comes_back, "it comes back, or does not");
        back
    }

    /// What the server has seen of so many connections at most.
    fn check(&mut self, mut server: HostileServer, connections: u64) {
        let seen = server.end();
        self.expect(seen.connections <= connections, "too many connections");
        self.expect(seen.requests <= connections, "too many requests");
        // What only the clock ends is read until then; that it is not kept, the memory shows.
        let in_bounds = self.row.hangs || seen.body_bytes_sent < MOST_SENT;
        self.expect(in_bounds, "it read on beyond the limit");
        if !self.may_be_sent {
            self.expect(seen.requests == 0 && seen.request_body_bytes == 0, "something was sent");
        }
    }

    fn expect(&mut self, is_so: bool, fault: &str) {
        if !is_so && !self.faults.iter().any(|known| known == fault) {
            self.faults.push(fault.to_owned());
        }
    }
}

/// All that a failure can print, its causes included.
fn texts<F>(failed: &Failed<F>) -> Vec<String> {
    let error = failed.error() as &(dyn Error + 'static);
    let mut texts = vec![format!("{failed}"), format!("{failed:?}"), format!("{failed:#?}")];
    for error in successors(Some(error), |&error| error.source()) {
        texts.extend([format!("{error}"), format!("{error:?}"), format!("{error:#?}")]);
    }
    texts
}

fn client(server: &HostileServer) -> Result<Client, ConfigurationError> {
    let endpoint = server.token_endpoint();
    let endpoint = endpoint.parse().or_else(|_| Endpoint::insecure_loopback(&endpoint))?;
    Client::new("an-app", Secret::new("SECRETMARK-client-secret")?, Provider::new(endpoint))
}

const REFRESH_TOKEN: &str = "SECRETMARK-refresh-token";
/// Of the requests, also as HTTP Basic has them, and of the answers.
const MARKS: [&str; 5] = ["SECRETMARK", "YW4tYXBwOl", "half-a-to", "a-token", "stolen"];

/// What an exchange may take over its timeout, on a machine with other work.
const MARGIN: Duration = Duration::from_secs(5);
/// Beyond the limit of an answer there is only what two sockets hold, for two exchanges.
const MOST_SENT: u64 = 32 * 1024 * 1024;
