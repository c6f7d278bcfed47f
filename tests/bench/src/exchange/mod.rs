//! One exchange over loopback, the whole side of the client, on a connection that is kept: what the
//! library adds to a client written by hand over the same HTTP.

mod floor;
mod given;
mod grantflow;
mod http;
mod oauth2;
mod system_calls;

use std::error::Error;

use crate::count::cost;
use crate::server::Server;
use crate::subject::Subject;
use crate::table::{Amount, Row, Section};

pub const SUBJECTS: [(&str, Subject); 6] = [
    ("exchange/grantflow/blocking", grantflow::blocking),
    ("exchange/grantflow/async", grantflow::asynchronous),
    ("exchange/floor/blocking", floor::blocking),
    ("exchange/floor/async", floor::asynchronous),
    ("exchange/oauth2/blocking", oauth2::blocking),
    ("exchange/oauth2/async", oauth2::asynchronous),
];

/// A way, the name of its subjects, and how many times the floor's instructions it may take.
const WAYS: [(&str, &str, f64); 2] =
    [("blocking, over ureq", "blocking", 1.12), ("async, over hyper", "async", 1.17)];

pub fn measure() -> Result<Section, Box<dyn Error>> {
    let servers = [("plain", Server::plain()?), ("TLS", Server::tls()?)];
    let mut rows = Vec::new();
    for (way, name, most) in WAYS {
        for (wire, server) in &servers {
            let what = format!("{way}, {wire}");
            let of = |who: &str| over(server, who, name, cost);
            rows.push(row(what.clone(), &format!("≤ {most} of the floor"), most, of)?);
            let of = |who: &str| over(server, who, name, system_calls::cost);
            rows.push(row(format!("{what}: system calls"), "≤ the floor", AS_MANY, of)?);
        }
    }
    Ok(Section {
        title: "One exchange over loopback",
        unit: "Instructions, and allocations (with reallocations behind a plus); or system calls",
        peers: vec!["oauth2"],
        rows,
    })
}

/// A thread that waits for another makes a call more now and then.
const AS_MANY: f64 = 1.02;

/// `most` is how many times the floor it may be.
fn row(
    what: String,
    goal: &str,
    most: f64,
    of: impl Fn(&str) -> Result<Amount, Box<dyn Error>>,
) -> Result<Row, Box<dyn Error>> {
    let (grantflow, floor) = (of("grantflow")?, of("floor")?);
    Ok(Row {
        what,
        grantflow,
        floor: Some(floor),
        peers: vec![Some(of("oauth2")?)],
        goal: goal.into(),
        is_met: grantflow.times(&floor) <= most,
    })
}

/// The cost of a round of a subject. A client that opens a second connection does other work than
/// what is compared here.
fn over(
    server: &Server,
    who: &str,
    name: &str,
    cost: impl Fn(&str, &[&str]) -> Result<Amount, Box<dyn Error>>,
) -> Result<Amount, Box<dyn Error>> {
    let subject = format!("exchange/{who}/{name}");
    server.reset();
    let cost = cost(&subject, &[server.url(), server.root()])?;
    // A process for the shorter run, one for the longer.
    match server.connections() {
        2 => Ok(cost),
        opened => Err(format!("{subject} opened {opened} connections in two runs").into()),
    }
}
