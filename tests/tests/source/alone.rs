//! Stories that count the threads of the process, and so want it for themselves.

use std::env;
use std::fs;
use std::process::Command;

/// Runs the story of the test with this name in a process where no other test has threads.
pub(crate) fn alone(test: &str, story: impl FnOnce()) {
    if env::var_os(ALONE).is_some() {
        return story();
    }
    let mut command = Command::new(env::current_exe().unwrap());
    let output = command.args(["--exact", test]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains(" 1 passed"), "{said}");
}

/// The names of the threads there are.
pub(crate) fn threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    // One may end while they are counted.
    tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok()).collect()
}

const ALONE: &str = "GRANTFLOW_TEST_ALONE";
