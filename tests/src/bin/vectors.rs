//! Runs test vectors: `cargo run -q -p grantflow-tests --bin vectors -- FILE_OR_FOLDER...`
//!
//! Prints a line for each that fails or is of an operation that the runner does not know, and the
//! count last. Exits 1 where one failed.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::{env, panic};

use grantflow_tests::vectors::{self, Tally};

fn main() -> ExitCode {
    let paths: Vec<_> = env::args_os().skip(1).collect();
    if paths.is_empty() {
        eprintln!("usage: vectors FILE_OR_FOLDER...");
        return ExitCode::from(2);
    }
    // A panic of an operation is a FAIL line; it needs no second report.
    panic::set_hook(Box::new(|_| {}));
    match run(paths.iter().map(Path::new)) {
        Ok(Tally { failed: 0, .. }) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the report cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run<'a>(paths: impl Iterator<Item = &'a Path>) -> io::Result<Tally> {
    let mut lines = io::stdout().lock();
    let mut tally = Tally::default();
    for path in paths {
        tally.add(vectors::run(path, &mut lines)?);
    }
    writeln!(lines, "{tally}")?;
    Ok(tally)
}
