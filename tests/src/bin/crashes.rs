//! Refreshes one `FlowAccount` session from many processes, kills them, loses answers, and says
//! whether the account of it adds up. Exits 1 where it does not.
//!
//! `cargo run -p grantflow-tests --bin crashes -- [--store file|redis] [--processes N]
//! [--refreshes N] [--kills N] [--losses N] [--scale N] [--timeout-ms N] [--seed N] [--seconds N]`

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs, process};

use grantflow_tests::crashes::{self, Ledger, Place, Plan, Trouble};
use grantflow_tests::redis_server::RedisServer;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [worker, job] if worker == "worker" => crashes::work(job).map(|()| true),
        arguments => run(arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("crashes: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
fn run(arguments: &[String]) -> Result<bool, Trouble> {
    let mut settings = Settings::read(arguments)?;
    let stores = match settings.0.remove("store") {
        None => vec!["file", "redis"],
        Some("file") => vec!["file"],
        Some("redis") => vec!["redis"],
        Some(other) => return Err(format!("no such store: {other}").into()),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let plan = Plan {
        program: env::current_exe()?,
        processes: usize::try_from(settings.number("processes", 8)?)?,
        refreshes: settings.number("refreshes", 200)?,
        kills: settings.number("kills", 30)?,
        losses: settings.number("losses", 8)?,
        scale: u32::try_from(settings.number("scale", 20)?)?,
        timeout: Duration::from_millis(settings.number("timeout-ms", 400)?),
        seed: settings.number("seed", u64::from(now.subsec_nanos()))?,
        place: Place::File(PathBuf::new()),
        patience: Duration::from_secs(settings.number("seconds", 150)?),
    };
    settings.end()?;
    println!("seed {}", plan.seed);
    let mut is_well = true;
    for store in stores {
        let ledger = if store == "file" { over_files(&plan)? } else { over_redis(&plan)? };
        println!("{ledger}");
        is_well &= ledger.faults().is_empty();
    }
    Ok(is_well)
}

fn over_files(plan: &Plan) -> Result<Ledger, Trouble> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let name = format!("grantflow-crashes-{}-{now}", process::id());
    let directory = env::temp_dir().join(name);
    let ledger = crashes::run(&Plan { place: Place::File(directory.clone()), ..plan.clone() });
    // Where it was never made, the error in the ledger's place says why.
    drop(fs::remove_dir_all(&directory));
    ledger
}

fn over_redis(plan: &Plan) -> Result<Ledger, Trouble> {
    let server = RedisServer::start_own(&[])?;
    let place = Place::Redis(server.url().to_owned());
    crashes::run(&Plan { place, ..plan.clone() })
}

/// `--name value` for each.
struct Settings<'a>(HashMap<&'a str, &'a str>);

impl<'a> Settings<'a> {
    fn read(arguments: &'a [String]) -> Result<Self, Trouble> {
        let mut settings = HashMap::new();
        for pair in arguments.chunks(2) {
            match pair {
                [name, value] if name.starts_with("--") => {
                    settings.insert(name.trim_start_matches('-'), value.as_str());
                }
                _ => return Err(format!("not a name and a value: {}", pair.join(" ")).into()),
            }
        }
        Ok(Self(settings))
    }

    fn number(&mut self, name: &str, default: u64) -> Result<u64, Trouble> {
        match self.0.remove(name) {
            Some(value) => value.parse().map_err(|_| format!("not a number: {value}").into()),
            None => Ok(default),
        }
    }

    fn end(self) -> Result<(), Trouble> {
        match self.0.keys().next() {
            Some(name) => Err(format!("no such setting: --{name}").into()),
            None => Ok(()),
        }
    }
}
