//! Futures that are given up.

use alloc::format;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;

use super::super::AsyncStore;
use super::lab::{Bench, Lab, find, name, record};
use super::report::{Flaw, Outcome};

/// It is made or not, and the key can be swapped as before. A blocking store has nothing to drop.
pub(super) async fn a_swap_that_is_dropped_leaves_the_key_in_order<B: Bench>(
    lab: &Lab<B>,
) -> Outcome {
    let key = lab.key();
    let mut before = None;
    for (polls, version) in (1_usize..=8).zip((1..).step_by(2)) {
        let store = lab.open().await;
        let (given_up, next) = (record(version), record(version.saturating_add(1)));
        poll_times(polls, store.compare_and_swap(&key, before, &given_up)).await;
        // It may be made later, by whoever has it in hand: then this is a conflict, once.
        let mut is_made = false;
        for _ in 0..2 {
            let found = store.load(&key).await?.map(|stored| stored.version());
            if found != before && found != Some(version) {
                let found = store.load(&key).await?;
                return Err(Flaw(format!("{} was left there", name(found.as_ref()))));
            }
            is_made = store.compare_and_swap(&key, found, &next).await?;
            if is_made {
                break;
            }
        }
        if !is_made {
            return Err(Flaw("no swap could be made after it".into()));
        }
        find(&store, &key, Some(&next)).await?;
        before = Some(next.version());
    }
    Ok(())
}

/// Polls it so often at most.
async fn poll_times(polls: usize, future: impl Future) {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        left = left.saturating_sub(1);
        match future.as_mut().poll(context) {
            Poll::Pending if left > 0 => Poll::Pending,
            _ => Poll::Ready(()),
        }
    })
    .await;
}
