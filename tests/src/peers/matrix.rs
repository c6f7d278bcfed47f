//! What works with whom, as a page.

use std::fmt;

use super::peer::Peer;
use super::rows::Row;

/// The table.
#[derive(Debug)]
pub struct Matrix {
    rows: Vec<Row>,
    /// For each server, one outcome for each row.
    outcomes: Vec<Vec<Outcome>>,
}

/// By which adapters a row went well, and by which it did not.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) passed: Vec<&'static str>,
    pub(super) failed: Vec<&'static str>,
}

impl Matrix {
    pub(super) fn new(rows: Vec<Row>, outcomes: Vec<Vec<Outcome>>) -> Self {
        Self { rows, outcomes }
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peers = Peer::ALL.map(|peer| format!("{} {}", peer.name(), peer.version()));
        writeln!(f, "| feature | {} | what is checked |", peers.join(" | "))?;
        writeln!(f, "| --- | --- | --- | --- | --- |")?;
        let mut notes: Vec<&str> = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            write!(f, "| {} |", row.name())?;
            for (peer, outcomes) in Peer::ALL.iter().zip(&self.outcomes) {
                match row.lack_of(*peer) {
                    Some(why) => {
                        let known = notes.iter().position(|note| *note == why);
                        let number = known.unwrap_or(notes.len()).saturating_add(1);
                        if known.is_none() {
                            notes.push(why);
                        }
                        write!(f, " - ({number}) |")?;
                    }
                    None => write!(f, " {} |", outcomes.get(index).map_or("", Outcome::text))?,
                }
            }
            writeln!(f, " {} |", row.checks())?;
        }
        writeln!(f)?;
        for (index, note) in notes.iter().enumerate() {
            writeln!(f, "{}. {note}", index.saturating_add(1))?;
        }
        Ok(())
    }
}

impl Outcome {
    fn text(&self) -> &'static str {
        match (self.passed.as_slice(), self.failed.as_slice()) {
            (["ureq", "hyper"], []) => "ureq, hyper",
            (["ureq"], _) => "**not hyper**",
            (["hyper"], _) => "**not ureq**",
            _ => "**neither**",
        }
    }
}

/// `docs/peers.md`.
pub fn page(matrix: &Matrix) -> String {
    format!(
        "# Servers that nobody here wrote

What grantflow does with authorization servers of other people, by each of its two adapters. Each row is
a test in `tests/src/peers/rows/`; the servers are started from `tests/peers/`, with their packages pinned
to the byte. They are real in all that the protocol has; what they keep and the pages of Authlib and
@node-oauth/oauth2-server, which leave those to the application, are ours.

```text
tests/peers/run
```

installs them into `target/peers` (it needs Node 20 or newer, Python 3.11 or newer and Chromium, and
gets from Debian what is not there), runs all rows, and fails where one fails or this page says something else;
`tests/peers/run --write` writes it. No row waits: each server has a clock that a row moves ahead.

{matrix}"
    )
}
