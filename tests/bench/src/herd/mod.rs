//! Many at once on a source whose token is over, at an endpoint that takes 50 ms.

mod asynchronous;
mod blocking;
mod peers;
mod tasks;

use std::error::Error;
use std::time::Duration;

use crate::server::Server;
use crate::subject::{Subject, numbers};
use crate::table::{Amount, Row, Section};

pub const SUBJECTS: [(&str, Subject); 7] = [
    ("herd/grantflow", asynchronous::grantflow),
    ("herd/floor", asynchronous::floor),
    ("herd/yup", peers::yup),
    ("herd/huskarl", peers::huskarl),
    ("herd/oauth2", peers::oauth2),
    ("herd/grantflow-blocking", blocking::grantflow),
    ("herd/floor-blocking", blocking::floor),
];

const PEERS: [&str; 3] = ["yup-oauth2", "huskarl", "oauth2"];

/// What the endpoint takes for each answer.
const DELAY: Duration = Duration::from_millis(50);

/// Of so many runs the best counts: whatever else the machine does only adds.
const RUNS: usize = 5;

/// What may come on top of the endpoint's own time, in milliseconds.
const MOST_EXTRA: f64 = 5.0;

/// One kind of herd.
struct Herd {
    what: &'static str,
    subject: &'static str,
    count: usize,
    status: u16,
    leader: &'static str,
    has_peers: bool,
}

const STAYS: &str = "stays";
/// The first who asked is dropped while the request is under way.
const LEAVES: &str = "leaves";

const HERDS: [Herd; 8] = [
    herd("1,000 tasks", 1_000, 200, STAYS, true),
    herd("10,000 tasks", 10_000, 200, STAYS, false),
    herd("1,000 tasks, leader cancelled", 1_000, 200, LEAVES, true),
    herd("100 tasks, status 400", 100, 400, STAYS, true),
    herd("100 tasks, status 503", 100, 503, STAYS, true),
    herd("100 tasks, status 400, leader cancelled", 100, 400, LEAVES, true),
    Herd { subject: "-blocking", ..herd("64 threads", 64, 200, STAYS, false) },
    Herd { subject: "-blocking", ..herd("64 threads, status 400", 64, 400, STAYS, false) },
];

const fn herd(
    what: &'static str,
    count: usize,
    status: u16,
    leader: &'static str,
    has_peers: bool,
) -> Herd {
    Herd { what, subject: "", count, status, leader, has_peers }
}

/// What came of a herd.
struct Outcome {
    requests: f64,
    /// The time within which 99 of 100 knew, in milliseconds.
    p99: f64,
    /// How many different things they were told.
    answers: f64,
}

pub fn measure() -> Result<Section, Box<dyn Error>> {
    let server = Server::plain()?;
    let alone = best(&server, "floor", &herd("", 1, 200, STAYS, false), RUNS)?.p99;
    let mut rows = Vec::new();
    for herd in &HERDS {
        let of = |who: &str, runs| best(&server, &format!("{who}{}", herd.subject), herd, runs);
        let (own, floor) = (of("grantflow", RUNS)?, of("floor", RUNS)?);
        let mut peers = Vec::new();
        for name in ["yup", "huskarl", "oauth2"] {
            // Their times differ by more than a run does from the next.
            peers.push(if herd.has_peers { Some(of(name, 1)?) } else { None });
        }
        let row = |what: &str, amount: &dyn Fn(&Outcome) -> f64, goal: String, is_met| Row {
            what: format!("{}: {what}", herd.what),
            grantflow: Amount::new(amount(&own)),
            floor: Some(Amount::new(amount(&floor))),
            peers: peers.iter().map(|peer| Some(Amount::new(amount(peer.as_ref()?)))).collect(),
            goal,
            is_met,
        };
        let is_one = own.requests == 1.0 && own.answers == 1.0;
        rows.push(row("requests", &|it| it.requests, "1, and one answer for all".into(), is_one));
        // So many tasks alone take their time: there the goal is the one request.
        let (goal, is_met) = match herd.count {
            10_000 => (String::new(), true),
            _ => (format!("≤ {alone:.1} + {MOST_EXTRA}"), own.p99 <= alone + MOST_EXTRA),
        };
        rows.push(row("p99, ms", &|it| it.p99, goal, is_met));
    }
    Ok(Section {
        title: "The herd",
        unit: "Token requests, and the milliseconds until 99 of 100 know what came of it (p99), at an \
               endpoint that takes 50 ms: for the floor with one task, that is what the goal adds to. A \
               leader is the first to ask. Whoever does not know after 5 s is stopped. Of grantflow and the floor the quickest of five runs, of the \
               peers one",
        peers: PEERS.to_vec(),
        rows,
    })
}

/// The quickest of some runs, each in a process of its own; with the most requests of any.
fn best(server: &Server, who: &str, herd: &Herd, runs: usize) -> Result<Outcome, Box<dyn Error>> {
    server.answer_with(herd.status, DELAY);
    let mut best = Outcome { requests: 0.0, p99: f64::INFINITY, answers: 0.0 };
    for _ in 0..runs {
        server.reset();
        let arguments = [server.url(), &herd.count.to_string(), herd.leader];
        let [p99, answers] = numbers(&format!("herd/{who}"), &arguments)?;
        best = Outcome {
            requests: best.requests.max(server.requests() as f64),
            p99: best.p99.min(p99),
            answers: best.answers.max(answers),
        };
    }
    Ok(best)
}
