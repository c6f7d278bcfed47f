//! Tries the library, by each adapter, on authorization servers that nobody of this project wrote,
//! and prints what works with which. Exits 1 where something does not, or where `docs/peers.md` has
//! another table; `--write` writes it.
//!
//! `tests/peers/run` installs the servers, and then runs
//! `cargo run -p grantflow-tests --bin peers -- [--write] [PART OF THE ROWS' NAMES]`

use std::process::ExitCode;
use std::{env, fs};

use grantflow_tests::peers::{self, Trouble};

fn main() -> ExitCode {
    let (flags, parts): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|it| it == "--write");
    match run(!flags.is_empty(), &parts.concat()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
fn run(write: bool, part: &str) -> Result<bool, Trouble> {
    let (matrix, faults) = peers::run(part, |fault| println!("{fault}"))?;
    println!("{matrix}");
    if faults > 0 {
        println!("{faults} are wrong");
        return Ok(false);
    }
    if !part.is_empty() {
        return Ok(true);
    }
    let page = peers::page(&matrix);
    if write {
        fs::write(PAGE, page)?;
        return Ok(true);
    }
    let is_same = fs::read_to_string(PAGE).is_ok_and(|written| written == page);
    if !is_same {
        println!("docs/peers.md says something else: run this with --write, and look what is new");
    }
    Ok(is_same)
}

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/peers.md");
