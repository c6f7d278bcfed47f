//! Every vector runs while the process hears itself; those that are to fail run once more with all
//! secrets in them marked, and no rendering of what comes of them may have the mark.

use std::fs;
use std::path::{Path, PathBuf};

use grantflow_tests::collector;
use grantflow_tests::vectors::{self, Tally};
use serde_json::{Map, Value, json};

use crate::heard::heard;
use crate::search::{find, joined};

#[test]
fn no_vector_says_its_secrets() {
    let heard = heard();
    let (mut marked, mut lines, mut tally) = (0, Vec::new(), Tally::default());
    for file in files() {
        let mut vectors = read(&file);
        tally.add(vectors::run_text("", &whole(&vectors), &mut lines).unwrap());
        vectors.retain(is_to_fail);
        vectors.retain_mut(mark);
        marked += vectors.len();
        tally.add(vectors::run_text("", &whole(&vectors), &mut lines).unwrap());
    }
    assert_eq!(tally.failed, 0, "{}", String::from_utf8(lines).unwrap());
    assert!(marked > 150, "{marked} are marked");
    let texts = joined(&collector::read(heard).unwrap());
    for mark in [MARK, "SECRETMARK"] {
        assert_eq!(find(mark, &texts), <[&str; 0]>::default());
    }
}

#[test]
fn a_vector_whose_error_says_a_mark_fails() {
    let said = format!("{MARK} is said");
    let vector = json!({
        "id": "A-1",
        "op": "parse_token_response",
        "input": {
            "status": 400,
            "headers": [["Content-Type", "application/json"]],
            "body": {"utf8": json!({"error": "invalid_grant", "error_description": said}).to_string()},
        },
        "expect": {"error": {"kind": "server_error"}, "display_must_not_contain": [MARK]},
    });
    let mut lines = Vec::new();
    let tally = vectors::run_text("", &whole(&[vector]), &mut lines).unwrap();
    assert_eq!(tally.failed, 1, "{}", String::from_utf8_lossy(&lines));
}

/// Puts a mark before every secret; `false` where there is none, or where its end is set already.
fn mark(vector: &mut Value) -> bool {
    if UNMARKED.iter().any(|id| vector["id"] == *id) {
        return false;
    }
    let mut marks = 0;
    for part in ["input", "context"] {
        if let Some(members) = vector[part].as_object_mut() {
            mark_members(members, &mut marks);
        }
    }
    // What is still to be sent after an error has the mark as well.
    if let Some(Value::String(kept)) = vector["expect"]["error"].get_mut("refresh_token_effective")
    {
        kept.insert_str(0, MARK);
    }
    vector["expect"]["display_must_not_contain"] = json!([MARK]);
    marks > 0
}

fn mark_members(members: &mut Map<String, Value>, marks: &mut usize) {
    for (name, value) in members {
        match value {
            Value::String(text) if SECRETS.contains(&name.as_str()) && !text.is_empty() => {
                text.insert_str(0, MARK);
                *marks += 1;
            }
            Value::String(text) => mark_text(text, marks),
            Value::Object(members) => mark_members(members, marks),
            Value::Array(items) => items.iter_mut().for_each(|item| match item {
                Value::Object(members) => mark_members(members, marks),
                Value::String(text) => mark_text(text, marks),
                Value::Array(pair) => mark_pair(pair, marks),
                _ => {}
            }),
            _ => {}
        }
    }
}

/// Of header fields and extra parameters.
fn mark_pair(pair: &mut [Value], marks: &mut usize) {
    let [Value::String(name), Value::String(value)] = pair else { return };
    if SECRETS.contains(&name.as_str()) || ["cookie", "set-cookie"].contains(&&*name.to_lowercase())
    {
        value.insert_str(0, MARK);
        *marks += 1;
    }
}

/// A body, a form, a URL: behind `"name":"`, and behind `name=` at the start of a parameter.
fn mark_text(text: &mut String, marks: &mut usize) {
    for name in SECRETS {
        for (before, after) in [(format!("\"{name}\""), ":"), (name.to_string(), "=")] {
            let mut from = 0;
            while let Some(at) = text[from..].find(&before) {
                let start = from + at;
                from = start + before.len();
                let rest = text[from..].trim_start();
                let Some(rest) = rest.strip_prefix(after) else { continue };
                let value = if after == "=" {
                    let is_parameter = start == 0 || b"?&#".contains(&text.as_bytes()[start - 1]);
                    let is_empty = rest.is_empty() || rest.starts_with(['&', '#']);
                    Some(rest).filter(|_| is_parameter && !is_empty)
                } else {
                    rest.trim_start().strip_prefix('"').filter(|rest| !rest.starts_with('"'))
                };
                if let Some(value) = value {
                    let at = text.len() - value.len();
                    text.insert_str(at, MARK);
                    *marks += 1;
                }
            }
        }
    }
}

fn is_to_fail(vector: &Value) -> bool {
    vector["expect"].get("error").is_some()
}

fn whole(vectors: &[Value]) -> String {
    json!({"vectors": vectors}).to_string()
}

fn read(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let files = [folder.clone(), folder.join("own")]
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    files.filter(|path| path.extension().is_some_and(|end| end == "json")).collect()
}

/// All of its characters may stand in a token, a URL and a verifier.
const MARK: &str = "MARKEDSECRET";

/// What is secret, as requests, answers and the vectors themselves call it.
const SECRETS: &[&str] = &[
    "access_token",
    "actor_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "current_refresh_token",
    "device_code",
    "expected_state",
    "id_token",
    "pkce_verifier",
    "refresh_token",
    "state",
    "subject_token",
    "token",
    "verifier",
];

/// A verifier that is one character too short, which it would not be any more.
const UNMARKED: &[&str] = &["PKC-005"];
