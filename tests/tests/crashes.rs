//! A session outlives its processes: the small run of the program `crashes`, which kills them in
//! earnest. The large one is `cargo run -p grantflow-tests --bin crashes`.
#![expect(clippy::unwrap_used, reason = "tests say what they expect")]

use std::process::Command;

#[test]
fn a_session_in_files_outlives_its_processes() {
    crash("file");
}

/// It fails where there is no `redis-server`, and says which package to install.
#[test]
fn a_session_in_redis_outlives_its_processes() {
    crash("redis");
}

fn crash(store: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crashes"));
    command.args(["--store", store, "--processes", "4", "--refreshes", "30"]);
    let output = command.args(["--kills", "5", "--losses", "2"]).output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    println!("{out}");
    assert!(output.status.success(), "{out}{err}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
