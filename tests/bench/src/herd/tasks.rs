//! A herd of tasks, and what is said of it.

use std::collections::HashSet;
use std::error::Error;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::time;

use super::LEAVES;
use crate::subject::Rounds;

/// What one was told: that there is a token, or why there is none.
pub type Told = Result<(), String>;

/// The arguments of a subject of this section.
pub struct Given<'a> {
    pub url: &'a str,
    pub count: usize,
    does_leader_leave: bool,
}

impl<'a> Given<'a> {
    pub fn of(rounds: &Rounds<'a>) -> Result<Self, Box<dyn Error>> {
        let [url, count, leader] = rounds.arguments else {
            return Err("a herd needs its server's URL, its count, and what its leader does".into());
        };
        Ok(Self { url, count: count.parse()?, does_leader_leave: leader == LEAVES })
    }
}

/// As an application has it.
pub fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}

/// Lets all ask at once, and says what came of it.
pub async fn run<F>(given: &Given<'_>, ask: impl Fn() -> F)
where
    F: Future<Output = Told> + Send + 'static,
{
    let spawn = |since: Option<Instant>| {
        let asked = ask();
        tokio::spawn(async move {
            let begun = since.unwrap_or_else(Instant::now);
            let told = time::timeout(MOST, asked).await;
            (begun.elapsed(), told.unwrap_or_else(|_| Err("stopped".into())))
        })
    };
    // It begins the request, and from there on the time of all counts.
    let since = given.does_leader_leave.then(Instant::now);
    let leader = since.map(|_| spawn(since));
    if leader.is_some() {
        time::sleep(HEAD_START).await;
    }
    let all: Vec<_> = (0..given.count).map(|_| spawn(since)).collect();
    if let Some(leader) = leader {
        time::sleep(UNTIL_IT_LEAVES).await;
        leader.abort();
    }
    let mut told = Vec::with_capacity(all.len());
    for one in all {
        told.push(one.await.expect("no task panics"));
    }
    say(told);
}

/// The time within which 99 of 100 knew, in milliseconds, and how many different things they were told.
pub fn say(mut told: Vec<(Duration, Told)>) {
    told.sort_by_key(|(time, _)| *time);
    let p99 = told.get((told.len() * 99).div_ceil(100).saturating_sub(1));
    let p99 = p99.map_or(f64::NAN, |(time, _)| time.as_secs_f64() * 1_000.0);
    let answers: HashSet<Told> = told.into_iter().map(|(_, told)| told).collect();
    println!("{p99} {}", answers.len());
}

/// For the leader to be the first.
const HEAD_START: Duration = Duration::from_millis(5);

const UNTIL_IT_LEAVES: Duration = Duration::from_millis(10);

/// For one to learn what comes of it.
const MOST: Duration = Duration::from_secs(5);
