//! What became of a response in one of the core's readers: a line for people, and all that was
//! printed on the way.

use std::error::Error as StdError;
use std::fmt::{Debug, Write};

use grantflow::flow::Refreshing;
use grantflow::{Deviation, Error, Exchange, Failed, Flow, Scope, Tokens};

use crate::NOW;
use crate::recording::Recording;

pub(crate) struct Became {
    pub(crate) line: String,
    /// Every rendering of the result.
    pub(crate) shown: String,
}

impl Became {
    pub(crate) fn new(line: impl Into<String>, value: &dyn Debug) -> Self {
        Self { line: line.into(), shown: format!("{value:?}\n{value:#?}\n") }
    }

    /// Gives the response to an exchange; `brought` says what a good answer brought.
    pub(crate) fn of<E>(
        exchange: E,
        recording: &Recording,
        brought: impl FnOnce(&E::Output) -> String,
    ) -> Self
    where
        E: Exchange + 'static,
        E::Output: Debug,
    {
        match exchange.receive(&recording.response(), NOW) {
            Ok(output) => Self::new(brought(&output), &output),
            Err(failed) => Self::failed(failed),
        }
    }

    pub(crate) fn failed<F: 'static>(failed: Failed<F>) -> Self {
        let mut shown = String::new();
        let mut next: Option<&dyn StdError> = Some(&failed);
        while let Some(error) = next {
            writeln!(shown, "{error}\n{error:#}\n{error:?}\n{error:#?}").unwrap();
            next = error.source();
        }
        let line = format!("{}; {:?}", error(failed.error()), failed.advice());
        let again = if failed.retry().is_ok() { "given back" } else { "not given back" };
        Self { line: format!("{line}; {again}"), shown }
    }
}

fn error(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => format!("refused: {}", refusal.code()),
        Error::Unavailable(unavailable) => match unavailable.code() {
            Some(code) => format!("no verdict: {code}"),
            None => "no verdict".into(),
        },
        Error::Protocol(error) => format!("not the protocol: {:?}", error.kind()),
        Error::Callback(error) => format!("not this login's answer: {error:?}"),
        other => format!("unexpected: {other:?}"),
    }
}

/// What may be told of tokens. A scope other than the one asked for is one where one was asked for:
/// most requests for a user's tokens do not repeat it.
pub(crate) fn tokens(tokens: &Tokens, recording: &Recording) -> String {
    let header = tokens.access_token().authorization();
    let mut line = header.expose().split(' ').next().unwrap().to_owned();
    match tokens.lifetime() {
        Some(lifetime) => write!(line, " for {} s", lifetime.as_secs()).unwrap(),
        None => line.push_str(" for nobody knows how long"),
    }
    if tokens.refresh_token().is_some() {
        line.push_str(", with a refresh token");
    }
    line.push_str(&scope(tokens.scope()));
    if tokens.scope_differs() && recording.parameter("scope").is_some() {
        line.push_str(" (not as asked)");
    }
    line + &deviations(tokens.deviations())
}

pub(crate) fn scope(scope: &Scope) -> String {
    if scope.is_empty() { String::new() } else { format!(", scope {}", scope.as_str()) }
}

pub(crate) fn deviations(deviations: &[Deviation]) -> String {
    deviations.iter().fold(String::new(), |line, deviation| format!("{line}, {deviation:?}"))
}

/// What is left of a session after its refresh failed.
pub(crate) fn left(failed: Failed<Flow<Refreshing>>) -> &'static str {
    let held = failed.into_authorized();
    let token = held.as_ref().ok().and_then(|(flow, _)| flow.tokens().refresh_token());
    if token.is_some() { "its refresh token is kept" } else { "its refresh token is gone" }
}
