//! What a subject costs: its instructions by callgrind, its allocations by a counting allocator.

use std::error::Error;
use std::process::{Command, Stdio};

use crate::subject::COMMAND;
use crate::table::Amount;

/// How often a subject does its work in the shorter run, and in the longer. What lies between them is
/// the work alone: without the start of the process, and without what is done once.
pub const ROUNDS: [u32; 2] = [50, 250];

/// The cost of one round of a subject. `arguments` are the subject's own.
pub fn cost(subject: &str, arguments: &[&str]) -> Result<Amount, Box<dyn Error>> {
    cost_in(ROUNDS, subject, arguments)
}

/// As [`cost`], in so many rounds: the shorter run's, and the longer's.
pub fn cost_in(
    [few, many]: [u32; 2],
    subject: &str,
    arguments: &[&str],
) -> Result<Amount, Box<dyn Error>> {
    let (start, _) = counted(subject, few, arguments)?;
    let (end, allocated) = counted(subject, many, arguments)?;
    let rounds = f64::from(many - few);
    let instructions = end.checked_sub(start).ok_or("more rounds took fewer instructions")?;
    Ok(Amount { allocated: Some(allocated), ..Amount::new(instructions as f64 / rounds) })
}

/// The instructions of a whole process, and the allocations and reallocations of a round.
fn counted(
    subject: &str,
    rounds: u32,
    arguments: &[&str],
) -> Result<(u64, (f64, f64)), Box<dyn Error>> {
    let tool = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let (said, wrote) = under_valgrind(tool, subject, rounds, arguments)?;
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    let (_, collected) = collected.ok_or("callgrind says no number of instructions")?;
    let allocated = wrote.trim().split_once(' ').ok_or("the subject says no allocations")?;
    Ok((collected.trim().parse()?, (allocated.0.parse()?, allocated.1.parse()?)))
}

/// Runs a subject under valgrind: what valgrind says, and what the subject writes.
pub fn under_valgrind(
    tool: [&str; 2],
    subject: &str,
    rounds: u32,
    arguments: &[&str],
) -> Result<(String, String), Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(tool)
        .arg(std::env::current_exe()?)
        .args([COMMAND, subject, &rounds.to_string()])
        .args(arguments)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(format!("the subject {subject} failed:\n{said}").into());
    }
    Ok((said, String::from_utf8(output.stdout)?))
}

/// Valgrind, from Debian's packages where it is not here yet.
pub fn install() -> Result<(), Box<dyn Error>> {
    if runs(Command::new("valgrind").arg("--version")) {
        return Ok(());
    }
    let install = ["apt-get", "install", "-q", "-y", "valgrind"];
    let by_root = || runs(Command::new(install[0]).args(&install[1..]));
    let by_sudo = || runs(Command::new("sudo").args(install));
    if by_root() || by_sudo() {
        return Ok(());
    }
    Err("valgrind is not here and cannot be installed: install it (on Debian `apt-get update`, then \
         `apt-get install valgrind`), for without it no instruction is counted"
        .into())
}

fn runs(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Not a number, where there are none.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
