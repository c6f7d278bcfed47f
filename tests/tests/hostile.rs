//! Every hostile server of the table, met by each adapter in a process of its own, so that time and
//! memory can be measured. The same is `cargo run -p grantflow-tests --bin hostile`.

use std::process::Command;

#[test]
fn each_ends_in_the_right_error_in_bounded_time_and_memory() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostile"));
    // The servers are on this machine, and no proxy stands before it.
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
    {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    println!("{out}");
    assert!(output.status.success(), "{out}{err}");
}
