//! One handle, one record.

use alloc::format;

use super::super::AsyncStore;
use super::lab::{Bench, Lab, find, put, record};
use super::report::{Flaw, Outcome};

pub(super) async fn an_unknown_key_has_nothing<B: Bench>(lab: &Lab<B>) -> Outcome {
    find(&lab.open().await, &lab.key(), None).await
}

pub(super) async fn a_record_is_created_where_nothing_is<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    put(&store, &key, None, &record(1)).await?;
    find(&store, &key, Some(&record(1))).await
}

pub(super) async fn a_version_expected_where_nothing_is_creates_nothing<B: Bench>(
    lab: &Lab<B>,
) -> Outcome {
    let store = lab.open().await;
    for expected in [0, 1, u64::MAX] {
        let key = lab.key();
        let _ = store.compare_and_swap(&key, Some(expected), &record(1)).await;
        find(&store, &key, None).await?;
    }
    Ok(())
}

pub(super) async fn the_right_version_replaces<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    put(&store, &key, None, &record(1)).await?;
    for version in 1..5 {
        put(&store, &key, Some(version), &record(version.saturating_add(1))).await?;
        find(&store, &key, Some(&record(version.saturating_add(1)))).await?;
    }
    Ok(())
}

pub(super) async fn a_stale_version_changes_nothing<B: Bench>(lab: &Lab<B>) -> Outcome {
    refused(lab, Some(6)).await
}

pub(super) async fn a_future_version_changes_nothing<B: Bench>(lab: &Lab<B>) -> Outcome {
    refused(lab, Some(8)).await
}

pub(super) async fn a_second_creation_changes_nothing<B: Bench>(lab: &Lab<B>) -> Outcome {
    refused(lab, None).await
}

async fn refused<B: Bench>(lab: &Lab<B>, expected: Option<u64>) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    put(&store, &key, None, &record(6)).await?;
    put(&store, &key, Some(6), &record(7)).await?;
    // What it answers is another property's matter.
    let _ = store.compare_and_swap(&key, expected, &record(9)).await;
    find(&store, &key, Some(&record(7))).await
}

pub(super) async fn a_conflict_is_false_and_no_error<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    put(&store, &key, None, &record(7)).await?;
    for (key, expected) in [(key, Some(6)), (key, Some(8)), (key, None), (lab.key(), Some(7))] {
        match store.compare_and_swap(&key, expected, &record(9)).await {
            Ok(false) => {}
            other => {
                return Err(Flaw(format!("a swap that expected {expected:?} got {other:?}")));
            }
        }
    }
    Ok(())
}

pub(super) async fn a_load_changes_nothing<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    put(&store, &key, None, &record(1)).await?;
    for _ in 0..3 {
        find(&store, &key, Some(&record(1))).await?;
    }
    put(&store, &key, Some(1), &record(2)).await
}

pub(super) async fn what_one_handle_writes_the_others_see<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (here, there, key) = (lab.open().await, lab.open().await, lab.key());
    find(&there, &key, None).await?;
    put(&here, &key, None, &record(1)).await?;
    find(&there, &key, Some(&record(1))).await?;
    put(&there, &key, Some(1), &record(2)).await?;
    find(&here, &key, Some(&record(2))).await?;
    find(&lab.open().await, &key, Some(&record(2))).await
}

pub(super) async fn a_handle_does_not_swap_by_what_it_remembers<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (here, there, key) = (lab.open().await, lab.open().await, lab.key());
    put(&here, &key, None, &record(1)).await?;
    put(&there, &key, Some(1), &record(2)).await?;
    let _ = here.compare_and_swap(&key, Some(1), &record(3)).await;
    find(&there, &key, Some(&record(2))).await?;
    put(&here, &key, Some(2), &record(3)).await?;
    find(&there, &key, Some(&record(3))).await
}
