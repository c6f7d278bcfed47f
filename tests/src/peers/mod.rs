//! Authorization servers that nobody of this project wrote, in processes of their own, and what the
//! library does with each of them: one row for each feature, once by each adapter.
//!
//! ```text
//!   server: its process, its clock ──▶ scene ◀── carrier: an adapter
//!                                        │
//!   user: fills in forms ───────▶ row: a story ──▶ matrix: what works with whom
//! ```
//! Nobody waits for anything to expire: each server has a clock that a row moves ahead. The servers
//! themselves stand in `tests/peers/`.

pub mod chromium;
mod expect;
mod matrix;
mod peer;
mod rows;
mod scene;
mod server;
mod sessions;
mod tls_front;
mod user;

use std::error::Error;
use std::sync::mpsc;
use std::thread;

use self::matrix::Outcome;
pub use self::matrix::{Matrix, page};
use self::peer::Peer;
use self::rows::Row;
use self::scene::Scene;
use self::server::Server;
use crate::hostile::{Carrier, Settings};

/// What goes wrong with a row, or with the test itself.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// Runs the rows whose names contain that text, at all servers at the same time, and shows what is
/// wrong. Gives the table, and how many lines were shown.
///
/// # Errors
/// Where a server or a runtime cannot be had.
pub fn run(part: &str, mut show: impl FnMut(&str)) -> Result<(Matrix, u64), Trouble> {
    let rows: Vec<Row> = rows::all().into_iter().filter(|row| row.name().contains(part)).collect();
    if rows.is_empty() {
        return Err(format!("no row has {part:?} in its name").into());
    }
    server::put_in_place()?;
    let (report, reported) = mpsc::channel();
    let mut faults = 0_u64;
    let outcomes = thread::scope(|scope| {
        let peers = Peer::ALL.map(|peer| {
            let (rows, report) = (&rows, report.clone());
            scope.spawn(move || at(peer, rows, &report))
        });
        drop(report);
        for fault in reported {
            show(&fault);
            faults = faults.saturating_add(1);
        }
        let ended = peers.map(|peer| peer.join().unwrap_or_else(|_| Err("a panic".into())));
        ended.into_iter().collect::<Result<Vec<_>, _>>()
    })?;
    Ok((Matrix::new(rows, outcomes), faults))
}

/// Each row at this server, first by one adapter and then by the other.
fn at(peer: Peer, rows: &[Row], report: &mpsc::Sender<String>) -> Result<Vec<Outcome>, Trouble> {
    let server = Server::start(peer)?;
    let [ureq, _, hyper] = Carrier::all(Settings::default())?;
    let carriers = [("ureq", ureq.1), ("hyper", hyper.1)];
    let mut outcomes = Vec::new();
    for row in rows {
        let Some(story) = row.story_at(peer) else {
            outcomes.push(Outcome::default());
            continue;
        };
        let mut outcome = Outcome::default();
        for (name, carrier) in &carriers {
            match story(&Scene::new(&server, carrier)) {
                Ok(()) => outcome.passed.push(*name),
                Err(trouble) => {
                    outcome.failed.push(*name);
                    let (row, peer) = (row.name(), peer.name());
                    // Who listened may have gone, and nobody minds.
                    let _ = report.send(format!("{row}, {peer}, {name}: {trouble}"));
                }
            }
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}
