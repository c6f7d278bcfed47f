//! Meets each hostile server of the table with each adapter, one after the other, and says what
//! came, in how many milliseconds, and how many KiB over its start the process held at most. Exits
//! 1 where a row is wrong.
//!
//! `cargo run -p grantflow-tests --bin hostile -- [PART OF THE ROWS' NAMES]`

use std::env;
use std::process::ExitCode;

use grantflow_tests::hostile;

fn main() -> ExitCode {
    let part = env::args().nth(1).unwrap_or_default();
    println!("{:<56} {:<20} {:<16} {:>6} {:>7}", "server", "adapter", "what came", "ms", "KiB");
    let (mut lines, mut wrong) = (0_u64, 0_u64);
    let run = hostile::run(&part, |finding| {
        println!("{finding}");
        lines = lines.saturating_add(1);
        wrong = wrong.saturating_add(u64::from(!finding.faults().is_empty()));
    });
    if let Err(error) = run {
        eprintln!("hostile: {error}");
        return ExitCode::FAILURE;
    }
    println!("{wrong} of {lines} are wrong");
    if lines > 0 && wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
