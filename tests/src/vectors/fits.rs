//! Whether a member of an outcome is the expected one: by a rule of its own, or by equality.

use std::cmp::Ordering;

use serde_json::Value;

use super::members::pair;

/// Whether a member of `ok` is as expected, by the rule for its name.
pub(super) fn member_fits(name: &str, expected: &Value, actual: Option<&Value>) -> bool {
    let items = || expected.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = || actual.and_then(Value::as_str).unwrap_or_default();
    let texts = || items().iter().filter_map(Value::as_str);
    match name {
        "preferred" => true,
        // Not every system says how much memory was held.
        "bytes_held" if actual.is_none() => true,
        "extra" | "header" | "claims" | "body" | "final" => partly_fits(expected, actual),
        "challenges" => {
            let actual = actual.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            items().len() == actual.len()
                && items().iter().zip(actual).all(|(one, own)| partly_fits(one, Some(own)))
        }
        // A pause may be up to a second longer than it has to be.
        "waits" => {
            let actual = actual.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let fits = |(wanted, own): (&Value, &Value)| match (wanted.as_u64(), own.as_u64()) {
                (Some(wanted), Some(own)) => (wanted..=wanted.saturating_add(1)).contains(&own),
                _ => generic_fits(wanted, Some(own)),
            };
            items().len() == actual.len() && items().iter().zip(actual).all(fits)
        }
        "scope" => set(Some(expected)) == set(actual),
        "query" | "body_form_pairs" => same_pairs(items(), actual),
        "headers" => items().iter().all(|header| header_fits(header, actual)),
        "headers_absent" | "body_absent" | "claims_absent" => {
            texts().all(|name| !names(actual).any(|own| own.eq_ignore_ascii_case(name)))
        }
        "headers_present" | "claims_present" => {
            texts().all(|name| names(actual).any(|own| own.eq_ignore_ascii_case(name)))
        }
        "raw_contains" => texts().all(|piece| text().contains(piece)),
        "raw_not_contains" => !texts().any(|piece| text().contains(piece)),
        "body_raw_contains_any" => texts().any(|piece| text().contains(piece)),
        "header_any" | "error_kind" => actual.is_some_and(|actual| one_of(expected, actual)),
        _ => generic_fits(expected, actual),
    }
}

fn partly_fits(expected: &Value, actual: Option<&Value>) -> bool {
    match expected.as_object() {
        Some(listed) => listed
            .iter()
            .all(|(name, value)| generic_fits(value, actual.and_then(|own| own.get(name)))),
        None => generic_fits(expected, actual),
    }
}

/// Equality, with `null` for absent and ranges for numbers.
pub(super) fn generic_fits(expected: &Value, actual: Option<&Value>) -> bool {
    let actual = actual.unwrap_or(&Value::Null);
    match range(expected) {
        Some((min, max)) => actual.as_number().is_some_and(|number| {
            let at_least = |min: &Value| compare(min, number).is_some_and(Ordering::is_le);
            let at_most = |max: &Value| compare(max, number).is_some_and(Ordering::is_ge);
            min.is_none_or(at_least) && max.is_none_or(at_most)
        }),
        None => same(expected, actual),
    }
}

fn range(value: &Value) -> Option<(Option<&Value>, Option<&Value>)> {
    let members = value.as_object()?;
    let only = !members.is_empty() && members.keys().all(|name| name == "min" || name == "max");
    only.then(|| (members.get("min"), members.get("max")))
}

fn compare(limit: &Value, number: &serde_json::Number) -> Option<Ordering> {
    match (limit.as_number()?.as_i128(), number.as_i128()) {
        (Some(limit), Some(number)) => Some(limit.cmp(&number)),
        _ => limit.as_f64()?.partial_cmp(&number.as_f64()?),
    }
}

/// JSON equality that takes 1 and 1.0 for the same number.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(_), Value::Number(number)) => {
            compare(one, number).is_some_and(Ordering::is_eq)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let has = |(name, value)| other.get(name).is_some_and(|other| same(value, other));
            one.len() == other.len() && one.iter().all(has)
        }
        _ => one == other,
    }
}

pub(super) fn one_of(expected: &Value, actual: &Value) -> bool {
    match expected {
        Value::Array(kinds) => kinds.iter().any(|kind| same(kind, actual)),
        kind => same(kind, actual),
    }
}

/// A scope as a sorted list; an empty one is none.
fn set(scope: Option<&Value>) -> Vec<&str> {
    let mut tokens: Vec<&str> = match scope {
        Some(Value::Array(tokens)) => tokens.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => text.split(' ').filter(|token| !token.is_empty()).collect(),
        _ => Vec::new(),
    };
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

fn same_pairs(expected: &[Value], actual: Option<&Value>) -> bool {
    let Some(actual) = actual.and_then(Value::as_array) else {
        return false;
    };
    let mut left: Vec<(&str, &str)> = actual.iter().filter_map(pair).collect();
    left.len() == expected.len()
        && expected.iter().all(|wanted| {
            let found = left.iter().position(|own| pair_fits(wanted, *own));
            found.map(|index| left.swap_remove(index)).is_some()
        })
}

fn pair_fits(wanted: &Value, (name, value): (&str, &str)) -> bool {
    let Some([wanted_name, wanted_value]) = wanted.as_array().map(Vec::as_slice) else {
        return false;
    };
    let value_fits = match wanted_value.get("json_equal") {
        Some(json) => serde_json::from_str(value).is_ok_and(|value: Value| same(json, &value)),
        None => wanted_value.as_str() == Some(value),
    };
    wanted_name.as_str() == Some(name) && value_fits
}

fn header_fits(wanted: &Value, actual: Option<&Value>) -> bool {
    let Some([Value::String(name), value]) = wanted.as_array().map(Vec::as_slice) else {
        return false;
    };
    if value.as_str() == Some("*any*") {
        return true;
    }
    let headers = actual.and_then(Value::as_array).into_iter().flatten();
    let mut own = headers.filter_map(pair).filter(|(own, _)| own.eq_ignore_ascii_case(name));
    match (own.next(), own.next()) {
        (Some((_, own)), None) => one_of(value, &own.into()),
        (None, None) => value.is_null(),
        _ => false,
    }
}

/// The names in a list of names or of pairs, or of an object.
fn names(actual: Option<&Value>) -> impl Iterator<Item = &str> {
    let items = actual.and_then(Value::as_array).into_iter().flatten();
    let members = actual.and_then(Value::as_object).into_iter().flatten();
    items
        .filter_map(|item| item.as_str().or(pair(item).map(|(name, _)| name)))
        .chain(members.map(|(name, _)| name.as_str()))
}
