//! grantflow beside its peers and the least that is possible, on the same bytes, in one run.
//!
//! ```text
//! cargo run --release --manifest-path tests/bench/Cargo.toml [-- SECTION...]
//! ```
//! prints a table per section and a verdict, which is its exit status as well. With no section
//! named it measures all of them and writes `docs/measured.md` with its picture.

mod count;
mod depend;
mod exchange;
mod form;
mod herd;
mod page;
mod picture;
mod random;
mod ready;
mod server;
mod subject;
mod table;
mod tenants;
mod work;

use std::env;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use crate::table::Section;

#[global_allocator]
static COUNTED: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// A section's name on the command line, and what measures it.
type Measure = fn() -> Result<Section, Box<dyn std::error::Error>>;

const SECTIONS: [(&str, Measure); 6] = [
    ("work", work::measure),
    ("ready", ready::measure),
    ("herd", herd::measure),
    ("exchange", exchange::measure),
    ("depend", depend::measure),
    ("tenants", tenants::measure),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((first, rest)) if first == subject::COMMAND => subject::run(rest).map(|()| true),
        _ => compare(&arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("not measured: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all goals are met.
fn compare(names: &[String]) -> Result<bool, Box<dyn std::error::Error>> {
    if let Some(unknown) = names.iter().find(|name| !SECTIONS.iter().any(|(n, _)| n == *name)) {
        let known: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no section {unknown}: there are {}", known.join(", ")).into());
    }
    count::install()?;
    let mut sections = Vec::new();
    for (name, measure) in SECTIONS {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            let section = measure().map_err(|error| {
                format!("{error}\nOnce that is mended, `-- {name}` tries this section alone")
            })?;
            println!("{section}");
            sections.push(section);
        }
    }
    let missed: Vec<String> = sections.iter().flat_map(Section::missed).collect();
    let verdict = if missed.is_empty() {
        "all goals met".to_owned()
    } else {
        format!("goals not met: {}", missed.join("; "))
    };
    if names.is_empty() {
        page::write(&sections, &verdict)?;
    }
    println!("{verdict}");
    Ok(missed.is_empty())
}
