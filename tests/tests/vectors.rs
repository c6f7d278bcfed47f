//! The project's own copy of the vectors, and that their runner can fail.

use std::path::Path;

use grantflow_tests::vectors::{self, Tally};
use serde_json::json;

#[test]
fn every_vector_of_an_operation_that_the_runner_knows_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut lines = Vec::new();
    let tally = vectors::run(&folder, &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let failures: Vec<&str> = lines.lines().filter(|line| line.starts_with("FAIL")).collect();
    assert!(failures.is_empty(), "{tally}\n{}", failures.join("\n"));
    assert!(tally.passed > 200, "{tally}");
}

#[test]
fn a_wrong_expectation_an_unknown_operation_and_a_broken_vector_are_reported() {
    let input = json!({"verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"});
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let vector = |id: &str, op: &str, expect| json!({"id": id, "title": "a title", "op": op, "input": input, "expect": expect});
    let ok = |challenge: &str| json!({"ok": {"challenge": challenge}});
    let file = json!({"vectors": [
        vector("A-1", "pkce_challenge", ok(challenge)),
        vector("A-2", "pkce_challenge", ok("another")),
        vector("A-3", "tea_leaves", ok("")),
        vector("A-4", "pkce_challenge", json!("no expectation")),
        vector("A-5", "pkce_challenge", json!({})),
        vector("A-6", "sha256", ok("")),
        {"title": "without an id"},
    ]});
    let mut lines = Vec::new();
    let tally = vectors::run_text("file.json", &file.to_string(), &mut lines).unwrap();
    let expected = Tally { passed: 1, failed: 5, skipped: 1 };
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(tally, expected, "{lines}");
    assert!(lines.starts_with(&format!(
        "FAIL A-2 a title: expected challenge \"another\", got \"{challenge}\"\nSKIP A-3 tea_leaves\n"
    )));
    assert!(lines.contains("FAIL A-4: malformed vector: "), "{lines}");
    assert!(lines.contains("FAIL A-6 a title: "), "{lines}");
    assert!(lines.contains("FAIL file.json: malformed vector: missing field `id`"), "{lines}");
    assert_eq!(tally.to_string(), "1 passed, 5 failed, 1 skipped");
}

#[test]
fn a_file_that_is_not_there_and_one_that_is_no_json_fail() {
    let mut lines = Vec::new();
    let nowhere = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/nothing-here.json");
    assert_eq!(vectors::run(&nowhere, &mut lines).unwrap().failed, 1);
    assert_eq!(vectors::run_text("x", "{", &mut lines).unwrap().failed, 1);
}
