//! The kit passes what keeps its promises, and finds what does not.

use std::collections::BTreeSet;
use std::sync::Arc;

use grantflow::conformance::{self, Finding, Report};
use grantflow::{FileStore, MemoryStore};
use tokio::runtime::Builder;

use crate::broken::{Broken, FAULTS, Fault, Shared};
use crate::directory::Directory;

#[test]
fn the_store_in_memory_keeps_its_promises() {
    let store = Arc::new(MemoryStore::new());
    conformance::check(|| Arc::clone(&store)).assert();
}

#[tokio::test]
async fn the_store_in_memory_keeps_its_promises_to_async_programs() {
    let store = Arc::new(MemoryStore::new());
    conformance::check_async(async || Arc::clone(&store)).await.assert();
}

#[test]
fn the_store_in_files_keeps_its_promises() {
    let directory = Directory::new();
    conformance::check(|| directory.store()).assert();
    // A second run finds what the first left behind.
    conformance::check(|| directory.store()).assert();
    let names = directory.names();
    let count = |kind| names.iter().filter(|name| name.split('.').nth(1) == Some(kind)).count();
    assert_eq!(count("draft"), 0);
    let locks = count("lock");
    assert!((1..=256).contains(&locks), "{locks}");
}

#[test]
fn the_store_in_files_keeps_its_promises_when_threads_share_it() {
    let directory = Directory::new();
    let store: FileStore = directory.store();
    conformance::check(|| &store).assert();
}

#[test]
fn the_kit_runs_as_a_task_of_its_own() {
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let store = Arc::new(MemoryStore::new());
    let open = move || {
        let store = Arc::clone(&store);
        async { store }
    };
    let report = runtime.block_on(runtime.spawn(conformance::check_async(open))).unwrap();
    report.assert();
}

#[test]
fn what_is_wrong_with_a_blocking_store_is_found_by_its_name() {
    for &(fault, property) in FAULTS {
        // There is nothing to drop.
        if fault != Fault::EmptiesFirst {
            let shared = Shared::default();
            found(&conformance::check(|| Broken::new(fault, &shared)), fault, property);
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_async_store_is_found_by_its_name() {
    for &(fault, property) in FAULTS {
        let shared = Shared::default();
        let report = conformance::check_async(async || Broken::new(fault, &shared)).await;
        found(&report, fault, property);
    }
}

fn found(report: &Report, fault: Fault, property: &str) {
    assert!(!report.is_ok());
    let is_found = report.failures().any(|finding| finding.property() == property);
    assert!(is_found, "{fault:?} was not found by {property}:\n{report}");
}

#[test]
fn there_is_a_broken_store_for_every_property() {
    let report = conformance::check(|| Broken::new(Fault::None, &Shared::default()));
    let properties = report.findings().map(Finding::property).collect::<BTreeSet<_>>();
    let found = FAULTS.iter().map(|(_, property)| *property).collect::<BTreeSet<_>>();
    assert_eq!(properties, found);
}

#[test]
fn a_report_says_what_the_store_did_instead() {
    let shared = Shared::default();
    let report = conformance::check(|| Broken::new(Fault::Upserts, &shared));
    let said = report.to_string();
    assert_eq!(said.lines().count(), report.findings().count());
    assert_eq!(said.lines().next(), Some("passed: an_unknown_key_has_nothing"));
    let flaw = "FAILED: a_version_expected_where_nothing_is_creates_nothing: version 1 with 1029 \
                bytes was found instead of nothing";
    assert!(said.lines().any(|line| line == flaw), "{said}");
    let names = report.failures().map(Finding::property).collect::<Vec<_>>();
    assert_eq!(
        names,
        ["a_version_expected_where_nothing_is_creates_nothing", "a_conflict_is_false_and_no_error"]
    );
}

#[test]
#[should_panic = "FAILED: a_stale_version_changes_nothing"]
fn a_report_of_failures_is_a_panic_where_a_test_wants_one() {
    let shared = Shared::default();
    conformance::check(|| Broken::new(Fault::TakesStale, &shared)).assert();
}
