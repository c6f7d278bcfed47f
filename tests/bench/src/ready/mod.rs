//! A token that is already there: what it costs to have its header field once more.

mod floor;
pub mod grantflow;
pub mod huskarl;
mod threads;
pub mod yup;

use std::error::Error;

use crate::count::cost_in;
use crate::server::Server;
use crate::subject::Subject;
use crate::table::{Row, Section};

pub const SUBJECTS: [(&str, Subject); 9] = [
    ("ready/grantflow/blocking", grantflow::blocking),
    ("ready/grantflow/asynchronous", grantflow::asynchronous),
    ("ready/floor/thread_local", floor::thread_local),
    ("ready/floor/asynchronous", floor::asynchronous),
    ("ready/floor/arc_swap", floor::arc_swap),
    ("ready/floor/mutex", floor::mutex),
    ("ready/yup", yup::token),
    ("ready/huskarl/token", huskarl::token),
    ("ready/huskarl/headers", huskarl::headers),
];

/// In the order of the table.
const PEERS: [&str; 5] = ["arc-swap", "mutex", "yup-oauth2", "huskarl", "huskarl headers"];

/// So many that the token requests before them, which never cost quite the same, do not matter.
const ROUNDS: [u32; 2] = [1_000, 11_000];

const MOST_INSTRUCTIONS: f64 = 200.0;

pub fn measure() -> Result<Section, Box<dyn Error>> {
    let server = Server::plain()?;
    let of = |name: &str| cost_in(ROUNDS, &format!("ready/{name}"), &[server.url()]);
    let mut peers = vec![Some(of("floor/arc_swap")?), Some(of("floor/mutex")?)];
    for name in ["yup", "huskarl/token", "huskarl/headers"] {
        peers.push(Some(of(name)?));
    }
    let row = |what: &str, grantflow, floor| {
        let (grantflow, floor) = (of(grantflow)?, of(floor)?);
        let is_cheap = grantflow.value <= MOST_INSTRUCTIONS && grantflow.allocations() == 0.0;
        Ok::<_, Box<dyn Error>>(Row {
            what: what.into(),
            grantflow,
            floor: Some(floor),
            peers: peers.clone(),
            goal: format!("≤ {MOST_INSTRUCTIONS} · 0"),
            is_met: is_cheap,
        })
    };
    let mut rows = vec![
        row("`authorization()`, blocking", "grantflow/blocking", "floor/thread_local")?,
        row("`authorization()`, async", "grantflow/asynchronous", "floor/asynchronous")?,
    ];
    rows.extend(threads::measure()?);
    Ok(Section {
        title: "A token that is already there",
        unit: "Instructions, and allocations; for threads, nanoseconds of a core's time per call, so \
               that a mutex looks better than it is: who sleeps takes no time. Where there are fewer \
               cores than threads, threads take turns, and meet on as many cores only. The floor reads a \
               clock and clones from a thread-local; arc-swap and mutex are by hand too. yup-oauth2 and huskarl give \
               a token, huskarl headers its header field",
        peers: PEERS.to_vec(),
        rows,
    })
}
