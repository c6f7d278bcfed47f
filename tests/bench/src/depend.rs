//! What a program pays for a library that gets it one token: crates, the time of a build, bytes.

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server::Server;
use crate::table::{Amount, Row, Section};

/// What is compared: over which HTTP client; grantflow's program, the floor's, and that of oauth2 over
/// the client that it brings.
const PROGRAMS: [(&str, [&str; 3]); 2] = [
    ("ureq", ["grantflow-ureq", "floor-ureq", "oauth2-ureq"]),
    ("hyper", ["grantflow-hyper", "floor-hyper", "oauth2"]),
];

/// Crates over ureq, and those of its floor. Over hyper they may be as many times the floor's.
const MOST_CRATES: f64 = 48.0;
const OF_CRATES: f64 = 32.0;
/// Times the floor's build.
const LONGER: f64 = 1.25;
/// A build that comes as near to that as this is measured once more.
const NEAR: f64 = 0.05;
/// Kilobytes more than the floor's.
const LARGER: f64 = 150.0;

/// Crates for URLs, with ICU behind them, for clocks and for dates.
const NOT_WANTED: [&str; 6] = ["url", "idna", "time", "chrono", "jiff", "icu_"];

/// What one program costs.
struct Cost {
    program: &'static str,
    crates: Amount,
    not_wanted: Amount,
    seconds: Amount,
    kilobytes: Amount,
}

pub fn measure() -> Result<Section, Box<dyn Error>> {
    let programs = Programs::new()?;
    let mut rows = Vec::new();
    for (over, [grantflow, floor, oauth2]) in PROGRAMS {
        let (mut floor, mut grantflow) = (programs.cost(floor)?, programs.cost(grantflow)?);
        let times = grantflow.seconds.times(&floor.seconds);
        if (times / LONGER - 1.0).abs() < NEAR {
            // Whatever else the machine does only adds: the lower one counts.
            for cost in [&mut grantflow, &mut floor] {
                let again = programs.cost(cost.program)?.seconds.value;
                cost.seconds.value = cost.seconds.value.min(again);
            }
        }
        rows.extend(compared(over, &grantflow, &floor, &programs.cost(oauth2)?));
    }
    Ok(Section {
        title: "What it costs to depend on it",
        unit: "A program that gets one token: crates by `cargo tree -e normal`, CPU seconds of a \
               clean release build, kilobytes of the stripped program. oauth2 is over ureq 2 in the rows \
               of ureq, over reqwest in those of hyper",
        peers: vec!["oauth2"],
        rows,
    })
}

fn compared(over: &str, grantflow: &Cost, floor: &Cost, oauth2: &Cost) -> [Row; 4] {
    let row = |what: &str, of: fn(&Cost) -> Amount, most: f64, goal: String| Row {
        what: format!("{what}, {over}"),
        grantflow: of(grantflow),
        floor: Some(of(floor)),
        peers: vec![Some(of(oauth2))],
        goal,
        is_met: of(grantflow).value <= most,
    };
    let crates = (floor.crates.value * MOST_CRATES / OF_CRATES).floor();
    let as_ureq = match floor.crates.value {
        same if same == OF_CRATES => String::new(),
        _ => format!(", as {MOST_CRATES} is of {OF_CRATES}"),
    };
    let (seconds, kilobytes) = (floor.seconds.value * LONGER, floor.kilobytes.value + LARGER);
    [
        row("crates", |cost| cost.crates, crates, format!("≤ {crates}{as_ureq}")),
        row("crates for URLs and dates, second versions", |cost| cost.not_wanted, 0.0, "0".into()),
        row("CPU seconds of a build", |cost| cost.seconds, seconds, format!("≤ {LONGER} × floor")),
        row("KB", |cost| cost.kilobytes, kilobytes, format!("≤ floor + {LARGER} KB")),
    ]
}

/// The little programs, and how they are built.
struct Programs {
    cargo: OsString,
    manifest: PathBuf,
    /// Emptied before each build.
    target: PathBuf,
    server: Server,
}

impl Programs {
    /// All that they need is here from then on: a download is not what is measured.
    fn new() -> Result<Self, Box<dyn Error>> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/Cargo.toml");
        let target = env::temp_dir().join(format!("one-token-{}", std::process::id()));
        let programs = Self { cargo, manifest, target, server: Server::plain()? };
        programs.cargo("fetch", &["--locked"])?;
        Ok(programs)
    }

    /// The CPU seconds of a clean build, and the bytes of what came of it.
    fn build(&self, program: &str) -> Result<(f64, f64), Box<dyn Error>> {
        let package = package(program);
        let target = self.target.to_str().ok_or("the temporary folder's name is not a text")?;
        eprintln!("building {package}");
        let before = seconds_of_children()?;
        let build = ["--release", "--locked", "--package", &package, "--target-dir", target];
        self.cargo("build", &build)?;
        let seconds = seconds_of_children()? - before;
        let built = self.target.join("release").join(&package);
        self.try_out(program, &built)?;
        let bytes = fs::metadata(&built)?.len() as f64;
        fs::remove_dir_all(&self.target)?;
        Ok((seconds, bytes))
    }

    /// What does not get a token is not compared.
    fn try_out(&self, program: &str, built: &Path) -> Result<(), Box<dyn Error>> {
        let settings =
            [("TOKEN_URL", self.server.url()), ("CLIENT_ID", "id"), ("CLIENT_SECRET", "s3cr3t")];
        let output = Command::new(built).envs(settings).output()?;
        if output.status.success() && output.stdout == b"22\n" {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("the program {program} did not get a token of 22 characters: {said}").into())
    }

    fn cost(&self, program: &'static str) -> Result<Cost, Box<dyn Error>> {
        let (seconds, bytes) = self.build(program)?;
        let package = package(program);
        let of = ["--locked", "--package", &package, "-e", "normal"];
        let as_list = ["--prefix", "none", "--format", "{p}"];
        let tree = self.cargo("tree", &[of.as_slice(), &as_list].concat())?;
        let crates: BTreeSet<(&str, &str)> = tree
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, rest)| (name, rest.split(' ').next().unwrap_or_default()))
            .filter(|(name, _)| *name != package)
            .collect();
        let names: BTreeSet<&str> = crates.iter().map(|(name, _)| *name).collect();
        let is_wanted = |name: &str| {
            !NOT_WANTED
                .iter()
                .any(|bad| name == *bad || bad.ends_with('_') && name.starts_with(bad))
        };
        let not_wanted = names.iter().filter(|name| !is_wanted(name)).count();
        let second_versions = crates.len() - names.len();
        Ok(Cost {
            program,
            crates: Amount::new(crates.len() as f64),
            not_wanted: Amount::new((not_wanted + second_versions) as f64),
            seconds: Amount::new(seconds),
            kilobytes: Amount::new((bytes / 1_000.0).round()),
        })
    }

    fn cargo(&self, command: &str, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
        let manifest = [OsString::from("--manifest-path"), self.manifest.clone().into()];
        let output =
            Command::new(&self.cargo).arg(command).args(manifest).args(arguments).output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("cargo {command} {} failed:\n{said}", arguments.join(" ")).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.target);
    }
}

fn package(program: &str) -> String {
    format!("one-token-{program}")
}

/// What all processes have taken that this one started and that have ended, with theirs: fields 16
/// and 17, in hundredths of a second. The second field is the program's name, in brackets.
fn seconds_of_children() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("/proc/self/stat has no name")?;
    let ticks = fields.split(' ').skip(13).take(2).map(str::parse::<u32>);
    Ok(f64::from(ticks.sum::<Result<u32, _>>()?) / 100.0)
}
