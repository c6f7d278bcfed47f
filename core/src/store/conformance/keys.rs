//! Many keys.

use alloc::vec::Vec;

use super::lab::{Bench, Lab, find, put, record};
use super::report::Outcome;
use crate::cache::TokenKey;

pub(super) async fn keys_that_differ_in_one_bit_are_apart<B: Bench>(lab: &Lab<B>) -> Outcome {
    let (store, key) = (lab.open().await, lab.key());
    let neighbour = |at: usize, bit: u8| {
        let mut bytes = *key.as_bytes();
        bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bit);
        TokenKey::from_bytes(bytes)
    };
    let places = [(0, 0x80), (0, 1), (15, 1), (16, 0x80), (31, 0x80), (31, 1)];
    let neighbours = places.map(|(at, bit)| neighbour(at, bit));
    let all = || [key].into_iter().chain(neighbours).zip(1..);
    for (key, version) in all() {
        find(&store, &key, None).await?;
        put(&store, &key, None, &record(version)).await?;
    }
    for (key, version) in all() {
        find(&store, &key, Some(&record(version))).await?;
    }
    Ok(())
}

pub(super) async fn a_swap_of_one_key_leaves_the_others_alone<B: Bench>(lab: &Lab<B>) -> Outcome {
    let store = lab.open().await;
    let keys = (0..8).map(|_| lab.key()).collect::<Vec<_>>();
    for key in &keys {
        put(&store, key, None, &record(1)).await?;
    }
    let Some((changed, others)) = keys.split_first() else { return Ok(()) };
    put(&store, changed, Some(1), &record(2)).await?;
    for other in others {
        find(&store, other, Some(&record(1))).await?;
    }
    find(&store, changed, Some(&record(2))).await
}
