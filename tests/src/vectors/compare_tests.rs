//! A comparison that cannot fail proves nothing: each rule is shown to refuse.

use serde_json::{Value, json};

use super::*;

fn accepted(members: Value) -> Accepted {
    let Value::Object(members) = members else {
        panic!("members are an object");
    };
    Accepted { members, shown: Shown(vec!["Tokens([redacted])".to_owned()]) }
}

fn refused(kind: &'static str, members: Value) -> Result<Accepted, Stop> {
    let Value::Object(members) = members else {
        panic!("members are an object");
    };
    let shown = Shown(vec!["the server refused".to_owned()]);
    Err(Refused { kind, members, shown }.into())
}

fn fits(expect: Value, result: &Result<Accepted, Stop>) -> bool {
    let expect: Expectation = serde_json::from_value(expect).unwrap();
    check(&expect, result).is_ok()
}

#[test]
fn a_wrong_token_a_missing_one_and_one_too_many_are_seen() {
    let result =
        Ok(accepted(json!({"access_token": "t", "refresh_token": null, "expires_in": 60})));
    assert!(fits(
        json!({"ok": {"access_token": "t", "refresh_token": null, "scope": null}}),
        &result
    ));
    for wrong in [
        json!({"access_token": "u"}),
        json!({"refresh_token": "r"}),
        json!({"access_token": null}),
        json!({"expires_in": {"min": 61}}),
        json!({"expires_in": {"max": 59}}),
        json!({"id_token": "x"}),
    ] {
        assert!(!fits(json!({"ok": wrong}), &result), "{wrong}");
    }
    assert!(fits(json!({"ok": {"expires_in": {"min": 60, "max": 60}}}), &result));
    assert!(fits(json!({"ok": {"expires_in": 60.0}}), &result));
}

#[test]
fn ok_for_a_refusal_and_a_refusal_for_ok_are_failures() {
    let ok = Ok(accepted(json!({})));
    let error = refused("too_large", json!({}));
    assert!(fits(json!({"ok": {}}), &ok) && !fits(json!({"ok": {}}), &error));
    let too_large = json!({"error": {"kind": "too_large"}});
    assert!(fits(too_large.clone(), &error) && !fits(too_large, &ok));
    assert!(!fits(json!({"error": {"kind": "redirect"}}), &error));
    assert!(fits(json!({"error": {"kind": ["redirect", "too_large"]}}), &error));
    assert!(!fits(json!({"error": {}}), &ok));
}

#[test]
fn an_errors_members_count_where_the_library_exposes_them() {
    let error = refused("server_error", json!({"code": "invalid_grant", "description": null}));
    for (members, expected) in [
        (json!({"code": "invalid_grant", "field": "not exposed"}), true),
        (json!({"description": null}), true),
        (json!({"code": "invalid_client"}), false),
        (json!({"description": "said nothing of the kind"}), false),
    ] {
        let mut expect = members.clone();
        expect["kind"] = "server_error".into();
        assert_eq!(fits(json!({"error": expect}), &error), expected, "{members}");
    }
}

#[test]
fn a_pause_may_be_a_second_longer_and_never_shorter() {
    let result = Ok(accepted(json!({"waits": [5, 11]})));
    let one = |waits: Value| json!({"ok": {"waits": waits}});
    for waits in [json!([5, 11]), json!([5, 10]), json!([{"min": 1}, 10])] {
        assert!(fits(one(waits.clone()), &result), "{waits}");
    }
    for waits in [json!([6, 10]), json!([5, 9]), json!([5]), json!([5, 11, 11]), json!([])] {
        assert!(!fits(one(waits.clone()), &result), "{waits}");
    }
}

#[test]
fn any_of_needs_one_that_fits() {
    let result = Ok(accepted(json!({"usable": false})));
    let one = |usable: &Value| json!({"ok": {"usable": usable}});
    let (yes, no, unknown) = (json!(true), json!(false), json!("unknown"));
    assert!(fits(json!({"any_of": [one(&unknown), one(&no)]}), &result));
    assert!(!fits(json!({"any_of": [one(&unknown), one(&yes)]}), &result));
    assert!(!fits(json!({"any_of": []}), &result));
    assert!(!fits(json!({}), &result));
}

#[test]
fn a_scope_is_a_set_and_a_query_is_a_multiset() {
    let result = Ok(accepted(json!({
        "scope": ["read", "write"],
        "query": [["a", "1"], ["resource", "x"], ["resource", "y"], ["d", "[{\"b\":1,\"a\":2}]"]],
    })));
    assert!(fits(json!({"ok": {"scope": ["write", "read"]}}), &result));
    assert!(!fits(json!({"ok": {"scope": ["read"]}}), &result));
    assert!(!fits(json!({"ok": {"scope": null}}), &result));
    let details = json!(["d", {"json_equal": [{"a": 2, "b": 1}]}]);
    let query = |pairs: Value| json!({"ok": {"query": pairs}});
    let (x, y) = (json!(["resource", "x"]), json!(["resource", "y"]));
    assert!(fits(query(json!([y, x, details, ["a", "1"]])), &result));
    assert!(!fits(query(json!([x, x, details, ["a", "1"]])), &result));
    assert!(!fits(query(json!([x, y, details])), &result));
    assert!(!fits(query(json!([x, y, ["d", {"json_equal": [1]}], ["a", "1"]])), &result));
}

#[test]
fn extras_are_compared_in_part_and_a_json_body_whole() {
    let result = Ok(accepted(json!({
        "extra": {"supportCode": "1", "other": true},
        "body_json": {"grant_type": "x", "client_id": "c"},
    })));
    assert!(fits(json!({"ok": {"extra": {"supportCode": "1", "none": null}}}), &result));
    assert!(!fits(json!({"ok": {"extra": {"supportCode": 1}}}), &result));
    let whole = json!({"client_id": "c", "grant_type": "x"});
    assert!(fits(json!({"ok": {"body_json": whole}}), &result));
    assert!(!fits(json!({"ok": {"body_json": {"grant_type": "x"}}}), &result));
}

#[test]
fn headers_count_by_name_in_any_case_and_once() {
    let headers = json!([["accept", "application/json"], ["x", "1"], ["x", "2"]]);
    let result = Ok(accepted(json!({"headers": headers, "headers_absent": headers})));
    let fits = |expect: Value| fits(json!({"ok": expect}), &result);
    assert!(fits(json!({"headers": [["Accept", "application/json"], ["authorization", "*any*"]]})));
    assert!(fits(json!({"headers": [["accept", ["*/*", "application/json"]]]})));
    assert!(!fits(json!({"headers": [["accept", "*/*"]]})));
    assert!(!fits(json!({"headers": [["x", "1"]]})));
    assert!(!fits(json!({"headers": [["authorization", "Basic x"]]})));
    assert!(fits(json!({"headers_absent": ["authorization"]})));
    assert!(!fits(json!({"headers_absent": ["ACCEPT"]})));
}

#[test]
fn a_marker_in_a_rendering_is_a_failure_whatever_else_fits() {
    for (text, expected) in [("SECRETMARK", true), ("redacted", false)] {
        let expect = json!({"ok": {}, "display_must_not_contain": [text]});
        assert_eq!(fits(expect, &Ok(accepted(json!({})))), expected, "{text}");
    }
    let expect = json!({"error": {"kind": "redirect"}, "display_must_not_contain": ["refused"]});
    assert!(!fits(expect, &refused("redirect", json!({}))));
}

#[test]
fn what_types_rule_out_passes_as_a_refusal_only() {
    let result = Err(Stop::Inexpressible("two methods at once"));
    assert!(fits(json!({"error": {"kind": "invalid_argument"}}), &result));
    assert!(!fits(json!({"ok": {}}), &result));
    let result = Err(Stop::Lacking("such a flow"));
    assert!(!fits(json!({"error": {"kind": "invalid_argument"}}), &result));
}

#[test]
fn memory_counts_where_it_was_measured() {
    let expect = json!({"ok": {"bytes_held": {"max": 10}}});
    assert!(fits(expect.clone(), &Ok(accepted(json!({})))));
    assert!(!fits(expect, &Ok(accepted(json!({"bytes_held": 11})))));
}

#[test]
fn raw_texts_are_searched() {
    let url = "https://as.example.com/authorize?scope=a%20b";
    let result = Ok(accepted(json!({"raw_contains": url, "raw_not_contains": url})));
    assert!(fits(json!({"ok": {"raw_contains": ["a%20b"], "raw_not_contains": ["a+b"]}}), &result));
    assert!(!fits(json!({"ok": {"raw_contains": ["a+b"]}}), &result));
    assert!(!fits(json!({"ok": {"raw_not_contains": ["a%20b"]}}), &result));
}
