//! The library over ureq, and a single flight by hand, for threads.

use std::error::Error;
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::Instant;

use grantflow_ureq::{TokenSource, Transport};
use serde::Deserialize;
use ureq::Agent;

use super::tasks::{Given, Told, say};
use crate::ready::grantflow::expired;
use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;

pub fn grantflow(rounds: &Rounds<'_>) -> Done {
    let given = Given::of(rounds)?;
    let source = TokenSource::new(&Transport::new(), expired(given.url)?);
    run(&given, || source.authorization().map(drop).map_err(|error| error.to_string()));
    Ok(())
}

/// The first thread fetches, and the standard library lets the others wait.
pub fn floor(rounds: &Rounds<'_>) -> Done {
    let given = Given::of(rounds)?;
    let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
    let flight = OnceLock::new();
    let fetch = || fetch(&agent, given.url).map_err(|error| error.to_string());
    run(&given, || flight.get_or_init(fetch).clone());
    Ok(())
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
}

fn fetch(agent: &Agent, url: &str) -> Done {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "client"),
        ("client_secret", "s3cr3t"),
    ];
    let mut answer = agent.post(url).send_form(form)?;
    let body = answer.body_mut().with_config().limit(65_536).read_to_vec()?;
    let answer: Answer = serde_json::from_slice(&body)?;
    answer.access_token.map(drop).ok_or_else(|| "no token".into())
}

/// Lets all ask at once, and says what came of it.
fn run(given: &Given<'_>, ask: impl Fn() -> Told + Sync) {
    let start = Barrier::new(given.count);
    let one = || {
        start.wait();
        let begun = Instant::now();
        let told = ask();
        (begun.elapsed(), told)
    };
    say(thread::scope(|scope| {
        let all: Vec<_> = (0..given.count).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    }));
}
