//! A piece of work that is counted, in a process of its own.

use std::alloc::System;
use std::env;
use std::error::Error;
use std::hint::black_box;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};

use stats_alloc::Region;

use crate::{COUNTED, exchange, herd, ready, tenants, work};

/// The first argument of a process that is one subject: then its name, its rounds, and what it needs
/// besides.
pub const COMMAND: &str = "subject";

/// What a subject is run with.
pub struct Rounds<'a> {
    count: usize,
    pub arguments: &'a [String],
}

/// Does its preparations, and then calls [`Rounds::run`] once.
pub type Subject = fn(&Rounds<'_>) -> Result<(), Box<dyn Error>>;

impl Rounds<'_> {
    /// Runs the work that is counted, with the number of the round. Prints what it allocated.
    pub fn run<T>(&self, mut work: impl FnMut(usize) -> T) {
        for round in 0..WARM {
            black_box(work(round));
        }
        let region = Region::new(COUNTED);
        for round in 0..self.count {
            black_box(work(round));
        }
        self.say(&region);
    }

    /// The same for work that is async and never has to wait: it does as many rounds as it is told, so
    /// that each is awaited as it is in a program, and nothing is counted of whoever polls.
    pub fn run_async(&self, mut work: impl AsyncFnMut(usize)) -> Result<(), Box<dyn Error>> {
        let rounds = pin!(async {
            work(WARM).await;
            let region = Region::new(COUNTED);
            work(self.count).await;
            self.say(&region);
        });
        match rounds.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(()) => Ok(()),
            Poll::Pending => Err("a round had to wait".into()),
        }
    }

    /// What each round allocated since then.
    fn say(&self, since: &Region<'_, System>) {
        let change = since.change();
        let each = |count: usize| count as f64 / self.count as f64;
        println!("{} {}", each(change.allocations), each(change.reallocations));
    }
}

/// Runs a subject by itself, without callgrind, and gives the numbers that it says.
pub fn numbers<const N: usize>(name: &str, arguments: &[&str]) -> Result<[f64; N], Box<dyn Error>> {
    let output =
        Command::new(env::current_exe()?).args([COMMAND, name, "1"]).args(arguments).output()?;
    let wrote = String::from_utf8_lossy(&output.stdout);
    let numbers = wrote.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>();
    match numbers.map(<[f64; N]>::try_from) {
        Ok(Ok(numbers)) if output.status.success() => Ok(numbers),
        _ => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("the subject {name} does not say {N} numbers: {wrote}\n{said}").into())
        }
    }
}

/// Rounds that are not counted: what is done once is done then.
const WARM: usize = 3;

pub fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [name, count, arguments @ ..] = arguments else {
        return Err("a subject needs its name and its rounds".into());
    };
    let subject = work::SUBJECTS
        .iter()
        .chain(&ready::SUBJECTS)
        .chain(&herd::SUBJECTS)
        .chain(&exchange::SUBJECTS)
        .chain(&tenants::SUBJECTS)
        .find(|(known, _)| known == name);
    let (_, subject) = subject.ok_or_else(|| format!("there is no subject {name}"))?;
    subject(&Rounds { count: count.parse()?, arguments })
}
