//! Each row with each adapter: what came of it, in what time, in how much memory.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::certificates::Certificates;
use super::expected::Verdict;
use super::rows::{self, Link, Row};
use super::trial::Trial;
use super::{Carrier, Hostile, HostileServer, Settings, memory};

/// What a row came to with one adapter.
#[derive(Debug)]
pub struct Finding {
    name: String,
    carrier: &'static str,
    came: Option<Verdict>,
    longest: Duration,
    /// KiB over what the process held when the run began.
    memory: Option<u64>,
    faults: Vec<String>,
}

impl Finding {
    /// What is wrong.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }
}

/// A line of the table; each fault is a line more.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let came = self.came.map_or("something else".to_owned(), |came| came.to_string());
        let memory = self.memory.map_or("-".to_owned(), |memory| memory.to_string());
        let (name, carrier, millis) = (&self.name, self.carrier, self.longest.as_millis());
        write!(f, "{name:<56} {carrier:<20} {came:<16} {millis:>6} {memory:>7}")?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n    {fault}"))
    }
}

/// Runs the rows whose names contain that text, one after the other, and shows each finding.
///
/// # Errors
/// When a port, a thread, a runtime or a certificate cannot be had.
pub fn run(part: &str, mut show: impl FnMut(&Finding)) -> io::Result<()> {
    let elsewhere = HostileServer::start(Hostile::KeepAlive)?;
    let rows = rows::all(elsewhere.port());
    // What is made once in a process is made now, and not counted.
    for row in rows.iter().filter(|row| row.name == rows::PLAIN) {
        meet(row, &elsewhere, None, &mut |_| ())?;
    }
    let start = memory::held();
    for row in rows.iter().filter(|row| row.name.contains(part)) {
        meet(row, &elsewhere, start, &mut show)?;
    }
    Ok(())
}

/// What earlier rows left behind counts too, so that no row looks smaller than it is.
fn meet(
    row: &Row,
    elsewhere: &HostileServer,
    start: Option<u64>,
    show: &mut impl FnMut(&Finding),
) -> io::Result<()> {
    let certificates = match row.link {
        Link::Https(flaw) => Some(Certificates::with(flaw)?),
        _ => None,
    };
    let certificates = certificates.as_ref();
    let roots = certificates.map(|made| made.ca_pem.as_str());
    let timeout = if row.hangs { SHORT } else { LONG };
    let settings = Settings { roots, timeout: Some(timeout), ..Settings::default() };
    for (name, carrier) in Carrier::all(settings)? {
        let called_before = elsewhere.connections();
        memory::forget_peak();
        let mut trial = Trial::new(row, &carrier, timeout);
        trial.ask(server(row, certificates)?).map_err(io::Error::other)?;
        trial.refresh(server(row, certificates)?).map_err(io::Error::other)?;
        let memory = start.and_then(|start| Some(memory::peak()?.saturating_sub(start)));
        let Trial { came, longest, mut faults, .. } = trial;
        if memory.is_some_and(|memory| memory > row.memory.saturating_mul(1024)) {
            faults.push(format!("more than {} MiB", row.memory));
        }
        if elsewhere.connections() > called_before {
            faults.push("another server was called".to_owned());
        }
        show(&Finding { name: row.name.clone(), carrier: name, came, longest, memory, faults });
    }
    Ok(())
}

fn server(row: &Row, certificates: Option<&Certificates>) -> io::Result<HostileServer> {
    if row.link == Link::Closed {
        return HostileServer::closed();
    }
    let mut server = HostileServer::play(Arc::clone(&row.acts), certificates)?;
    if row.link == Link::InPlaceOfTls {
        server.scheme = "https";
    }
    Ok(server)
}

/// For rows that only the clock ends, and for those that it must not end.
const SHORT: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_secs(10);
