//! Bytes and versions have no meaning to a store.

use alloc::vec::Vec;

use super::super::{AsyncStore, Stored};
use super::lab::{Bench, Lab, find, put, record_of};
use super::report::Outcome;

pub(super) async fn bytes_come_back_as_they_were<B: Bench>(lab: &Lab<B>) -> Outcome {
    let store = lab.open().await;
    let all = (0..=u8::MAX).collect::<Vec<_>>();
    let backwards = all.iter().rev().copied().collect();
    let texts = [b"{}".to_vec(), b"\"\xc3\xa9'\\\r\n\t ".to_vec(), b" 0 ".to_vec()];
    let ones = [b'{', 0, b'\n', 0xff].map(|byte| [byte].to_vec());
    for bytes in [all, backwards].into_iter().chain(texts).chain(ones) {
        round(&store, lab, &Stored::new(1, bytes)).await?;
    }
    Ok(())
}

pub(super) async fn an_empty_record_is_a_record<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    let empty = Stored::new(1, Vec::new());
    put(&store, &key, None, &empty).await?;
    find(&store, &key, Some(&empty)).await?;
    put(&store, &key, Some(1), &record_of(2, 8)).await
}

pub(super) async fn a_large_record_comes_back_whole<B: Bench>(lab: &Lab<B>) -> Outcome {
    let store = lab.open().await;
    for length in [4_097, 65_535, 65_536] {
        round(&store, lab, &record_of(0x0123_4567_89ab_cdef, length)).await?;
    }
    Ok(())
}

pub(super) async fn versions_come_back_as_they_were<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    let mut before = None;
    for version in VERSIONS {
        round(&store, lab, &record_of(version, 8)).await?;
        // What comes back must be good for the next swap, too.
        put(&store, &key, before, &record_of(version, 8)).await?;
        find(&store, &key, Some(&record_of(version, 8))).await?;
        before = Some(version);
    }
    Ok(())
}

pub(super) async fn versions_next_to_each_other_are_told_apart<B: Bench>(lab: &Lab<B>) -> Outcome {
    let store = lab.open().await;
    for version in VERSIONS {
        let key = lab.key();
        put(&store, &key, None, &record_of(version, 8)).await?;
        for other in [version.wrapping_add(1), version.wrapping_sub(1)] {
            let _ = store.compare_and_swap(&key, Some(other), &record_of(5, 8)).await;
            find(&store, &key, Some(&record_of(version, 8))).await?;
        }
    }
    Ok(())
}

pub(super) async fn versions_need_not_grow<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    put(&store, &key, None, &record_of(9, 8)).await?;
    put(&store, &key, Some(9), &record_of(3, 8)).await?;
    find(&store, &key, Some(&record_of(3, 8))).await
}

pub(super) async fn the_same_bytes_with_a_new_version_are_a_new_record<B: Bench>(
    lab: &Lab<B>,
) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    let same = |version| Stored::new(version, b"the same".to_vec());
    put(&store, &key, None, &same(1)).await?;
    put(&store, &key, Some(1), &same(2)).await?;
    find(&store, &key, Some(&same(2))).await
}

pub(super) async fn a_shorter_record_leaves_no_tail_of_a_longer<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    put(&store, &key, None, &record_of(1, 10_000)).await?;
    for (version, length) in [(2_u64, 9_999), (3, 100), (4, 1), (5, 0)] {
        put(&store, &key, Some(version.saturating_sub(1)), &record_of(version, length)).await?;
        find(&store, &key, Some(&record_of(version, length))).await?;
    }
    Ok(())
}

async fn round<B: Bench>(store: &impl AsyncStore, lab: &Lab<B>, stored: &Stored) -> Outcome {
    let key = lab.key();
    put(store, &key, None, stored).await?;
    find(store, &key, Some(stored)).await
}

/// Where integers, floating-point numbers and databases have their borders.
const VERSIONS: [u64; 8] =
    [0, 1, 0xffff_ffff, (1 << 53) + 1, (1 << 63) - 1, 1 << 63, u64::MAX - 1, u64::MAX];
