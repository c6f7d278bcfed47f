//! Whether an outcome is the expected one.

use serde_json::{Map, Value};

use super::fits::{generic_fits, member_fits, one_of};
use super::model::Expectation;
use super::outcome::{Accepted, Refused, Shown, Stop, summary};

/// Compares; the difference comes as `expected …, got …`.
pub(super) fn check(expect: &Expectation, result: &Result<Accepted, Stop>) -> Result<(), String> {
    match (&expect.ok, &expect.error, &expect.any_of) {
        (Some(members), None, None) => check_ok(members, result)?,
        (None, Some(members), None) => check_error(members, result)?,
        (None, None, Some(alternatives)) => {
            let differences: Vec<String> =
                alternatives.iter().map_while(|one| check(one, result).err()).collect();
            if differences.len() == alternatives.len() {
                return Err(differences.join("; or "));
            }
        }
        _ => return Err("expected one of ok, error, any_of, got a malformed vector".to_owned()),
    }
    check_display(&expect.display_must_not_contain, result)
}

fn check_ok(expected: &Map<String, Value>, result: &Result<Accepted, Stop>) -> Result<(), String> {
    let accepted =
        result.as_ref().map_err(|stop| format!("expected ok, got {}", stop.describe()))?;
    for (name, value) in expected {
        let actual = accepted.members.get(name);
        if !member_fits(name, value, actual) {
            let got = actual.unwrap_or(&Value::Null);
            return Err(format!("expected {name} {value}, got {got}"));
        }
    }
    Ok(())
}

fn check_error(
    expected: &Map<String, Value>,
    result: &Result<Accepted, Stop>,
) -> Result<(), String> {
    let kind = expected.get("kind").unwrap_or(&Value::Null);
    let kind = kind.as_str().map_or_else(|| kind.to_string(), str::to_owned);
    let refused: &Refused = match result {
        Ok(accepted) => {
            let members = summary(&accepted.members);
            return Err(format!("expected error {kind}, got ok {members}"));
        }
        // What cannot be said cannot go wrong.
        Err(Stop::Inexpressible(_)) => return Ok(()),
        Err(Stop::Refused(refused)) => refused,
        Err(stop) => return Err(format!("expected error {kind}, got {}", stop.describe())),
    };
    for (name, value) in expected {
        let own_kind = Value::from(refused.kind);
        let actual = match &**name {
            "kind" => Some(&own_kind),
            name => refused.members.get(name),
        };
        // Other members are compared where the library exposes them.
        let fits = match actual {
            Some(actual) if name == "kind" => one_of(value, actual),
            Some(actual) => generic_fits(value, Some(actual)),
            None => name != "kind",
        };
        if !fits {
            let got = actual.unwrap_or(&Value::Null);
            let kind_got = refused.kind;
            return Err(format!(
                "expected error {kind} with {name} {value}, got error {kind_got} with {got}"
            ));
        }
    }
    Ok(())
}

fn check_display(forbidden: &[String], result: &Result<Accepted, Stop>) -> Result<(), String> {
    let none = Shown::default();
    let shown = match result {
        Ok(accepted) => &accepted.shown,
        Err(Stop::Refused(refused)) => &refused.shown,
        Err(_) => &none,
    };
    match forbidden.iter().find(|text| shown.contain(text)) {
        Some(text) => Err(format!("expected no rendering with {text:?}, got one")),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
