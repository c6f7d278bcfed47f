//! The system calls of a subject, by valgrind as well: it writes a line for each.

use std::error::Error;

use crate::count::{ROUNDS, under_valgrind};
use crate::table::Amount;

/// The system calls of one round.
pub fn cost(subject: &str, arguments: &[&str]) -> Result<Amount, Box<dyn Error>> {
    let [few, many] = ROUNDS;
    let start = counted(subject, few, arguments)?;
    let end = counted(subject, many, arguments)?;
    let calls = end.checked_sub(start).ok_or("more rounds took fewer system calls")?;
    Ok(Amount::new(calls as f64 / f64::from(many - few)))
}

fn counted(subject: &str, rounds: u32, arguments: &[&str]) -> Result<usize, Box<dyn Error>> {
    let tool = ["--tool=none", "--trace-syscalls=yes"];
    let (said, _) = under_valgrind(tool, subject, rounds, arguments)?;
    Ok(said.split("SYSCALL[").skip(1).filter(|call| is_begun(call)).count())
}

/// Of what follows `SYSCALL[`: the process, the number in parentheses, and the name; or dots, where a
/// call that took its time has ended. To read a clock is no system call outside of valgrind, and how
/// often threads wait for each other is for the machine to say.
fn is_begun(call: &str) -> bool {
    let name = call.split_once(") ").map_or("", |(_, name)| name);
    !["...", "sys_clock_gettime", "sys_futex"].iter().any(|other| name.starts_with(other))
}
