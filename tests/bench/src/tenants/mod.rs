//! A million tenants in one process: the bytes of each, and the time to find one.

mod hold;

use std::env;
use std::error::Error;
use std::process::Command;

use crate::subject::{COMMAND, Subject};
use crate::table::{Amount, Row, Section};

const FEW: &str = "1000";
const MANY: &str = "1000000";

/// Bytes of a tenant's beside its token's own.
const MOST_BYTES: f64 = 400.0;
/// Times the sharded map's time.
const SLOWER: f64 = 2.0;

pub const SUBJECTS: [(&str, Subject); 3] = [
    (OVER_UREQ, hold::over_ureq),
    (OVER_HYPER, hold::over_hyper),
    (OWN_CLIENTS, hold::own_clients),
];

const OVER_UREQ: &str = "tenants/ureq";
const OVER_HYPER: &str = "tenants/hyper";
const OWN_CLIENTS: &str = "tenants/own clients";

/// What a process with so many tenants says.
struct Held {
    /// Of a tenant's: of grantflow, of a `HashMap` with an owned name and token, and of dashmap.
    bytes: [f64; 3],
    /// Nanoseconds to find one: of grantflow, and of dashmap.
    find: [f64; 2],
    /// The median of the first by the second, each pair measured at the same moment.
    times: f64,
    /// More than before there were tenants.
    threads: f64,
}

pub fn measure() -> Result<Section, Box<dyn Error>> {
    let (ureq, hyper, own) =
        (held(OVER_UREQ, MANY)?, held(OVER_HYPER, MANY)?, held(OWN_CLIENTS, MANY)?);
    let few = held(OVER_UREQ, FEW)?;
    let row =
        |what: &str, grantflow, floor: Option<f64>, dashmap: Option<f64>, goal: String, is_met| {
            Row {
                what: what.into(),
                grantflow: Amount::new(grantflow),
                floor: floor.map(Amount::new),
                peers: vec![dashmap.map(Amount::new)],
                goal,
                is_met,
            }
        };
    let bytes = |what, held: &Held| {
        let [grantflow, floor, dashmap] = held.bytes;
        let is_met = grantflow <= MOST_BYTES;
        row(what, grantflow, Some(floor), Some(dashmap), format!("≤ {MOST_BYTES}"), is_met)
    };
    let find = |what, held: &Held, goal: String| {
        let ([grantflow, dashmap], is_met) = (held.find, held.times <= SLOWER);
        let is_met = goal.is_empty() || is_met;
        row(what, grantflow, None, Some(dashmap), goal, is_met)
    };
    let within = format!("≤ {SLOWER} × dashmap");
    let [grantflow, dashmap] = [0, 1].map(|who| ureq.find[who] / few.find[who]);
    let threads = ureq.threads.max(hyper.threads);
    Ok(Section {
        title: "A million tenants in one process",
        unit: "Bytes on the heap beside the token's own 22, for each; nanoseconds to find one by its \
               name and its request (dashmap: by its name). The floor is a `HashMap` of owned names \
               and tokens, dashmap has owned names and shared tokens",
        peers: vec!["dashmap"],
        rows: vec![
            bytes("bytes of a tenant, ureq", &ureq),
            bytes("bytes of a tenant, hyper", &hyper),
            row(
                "the same with a client of its own, ureq",
                own.bytes[0],
                None,
                None,
                String::new(),
                true,
            ),
            find("ns to find one of 1,000,000, ureq", &ureq, within.clone()),
            find("ns to find one of 1,000,000, hyper", &hyper, within),
            find("ns to find one of 1,000, ureq", &few, String::new()),
            row(
                "1,000,000 beside 1,000, times",
                grantflow,
                None,
                Some(dashmap),
                String::new(),
                true,
            ),
            row(
                "threads more than without tenants",
                threads,
                None,
                None,
                "0".into(),
                threads == 0.0,
            ),
        ],
    })
}

/// Runs a process with so many tenants. Without callgrind, which has a clock of its own.
fn held(subject: &str, tenants: &str) -> Result<Held, Box<dyn Error>> {
    let output =
        Command::new(env::current_exe()?).args([COMMAND, subject, "1", tenants]).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the subject {subject} failed:\n{said}").into());
    }
    let wrote = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = wrote.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    match *numbers {
        [grantflow, floor, dashmap, find, find_dashmap, times, threads] => Ok(Held {
            bytes: [grantflow, floor, dashmap],
            find: [find, find_dashmap],
            times,
            threads,
        }),
        _ => Err(format!("the subject {subject} says something else: {wrote}").into()),
    }
}
