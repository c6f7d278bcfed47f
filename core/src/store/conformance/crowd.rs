//! Many at once.

use alloc::format;
use alloc::vec::Vec;

use super::super::{AsyncStore, Stored};
use super::lab::{Bench, Lab, find, name, put, record};
use super::report::{Flaw, Outcome};
use super::tasks::{Gate, Member, give_way};
use crate::cache::TokenKey;

pub(super) async fn of_many_who_create_at_once_one_wins<B: Bench>(lab: &Lab<B>) -> Outcome {
    one_winner(&race(lab, None).await?)
}

pub(super) async fn of_many_who_swap_at_once_one_wins<B: Bench>(lab: &Lab<B>) -> Outcome {
    one_winner(&race(lab, Some(1)).await?)
}

pub(super) async fn what_stands_there_is_the_winners<B: Bench>(lab: &Lab<B>) -> Outcome {
    for expected in [None, Some(1)] {
        for Race { key, winners } in race(lab, expected).await? {
            let Some(winner) = winners.last() else { continue };
            if winners.len() == 1 {
                find(&lab.open().await, &key, Some(&record(*winner))).await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn no_increment_of_a_counter_is_lost<B: Bench>(lab: &Lab<B>) -> Outcome {
    let key = lab.key();
    put(&lab.open().await, &key, None, &record(0)).await?;
    let gate = Gate::default();
    let mut all = Vec::new();
    for _ in 0..MANY {
        all.push(count(lab.open().await, key, gate.join()));
    }
    lab.at_once(all).await.into_iter().collect::<Outcome>()?;
    find(&lab.open().await, &key, Some(&record(MANY.saturating_mul(INCREMENTS)))).await
}

pub(super) async fn writers_of_different_keys_do_not_disturb_each_other<B: Bench>(
    lab: &Lab<B>,
) -> Outcome {
    let gate = Gate::default();
    let mut all = Vec::new();
    for _ in 0..MANY {
        let (store, key, mut member) = (lab.open().await, lab.key(), gate.join());
        all.push(async move {
            let mut before = None;
            for version in 0..INCREMENTS {
                member.wait().await;
                put(&store, &key, before, &record(version)).await?;
                before = Some(version);
            }
            // By then, the others have written for the last time.
            member.wait().await;
            find(&store, &key, before.map(record).as_ref()).await
        });
    }
    lab.at_once(all).await.into_iter().collect()
}

pub(super) async fn who_reads_while_others_write_sees_whole_records<B: Bench>(
    lab: &Lab<B>,
) -> Outcome {
    read_while_others_write(lab, |_, now| {
        if now.bytes() == record(now.version()).bytes() {
            return Ok(());
        }
        Err(Flaw(format!("{} is not what was ever written", name(Some(now)))))
    })
    .await
}

pub(super) async fn who_reads_while_others_write_sees_no_older_record_again<B: Bench>(
    lab: &Lab<B>,
) -> Outcome {
    read_while_others_write(lab, |before, now| {
        if before <= now.version() {
            return Ok(());
        }
        Err(Flaw(format!("version {} was read after version {before}", now.version())))
    })
    .await
}

/// A key that many wanted to write to, and the versions of those who heard that they did.
struct Race {
    key: TokenKey,
    winners: Vec<u64>,
}

async fn race<B: Bench>(lab: &Lab<B>, expected: Option<u64>) -> Result<Vec<Race>, Flaw> {
    let keys = (0..RACES).map(|_| lab.key()).collect::<Vec<_>>();
    if let Some(version) = expected {
        let store = lab.open().await;
        for key in &keys {
            put(&store, key, None, &record(version)).await?;
        }
    }
    let gate = Gate::default();
    let mut all = Vec::new();
    for own in (2..).take(usize::try_from(MANY).unwrap_or_default()) {
        let (store, keys, mut member) = (lab.open().await, &keys, gate.join());
        all.push(async move {
            let mut won = Vec::new();
            for key in keys {
                member.wait().await;
                won.push(store.compare_and_swap(key, expected, &record(own)).await?);
            }
            Ok::<_, Flaw>((own, won))
        });
    }
    let all = lab.at_once(all).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let races = keys.into_iter().enumerate().map(|(at, key)| {
        let winners = all.iter().filter(|(_, won)| won.get(at) == Some(&true));
        Race { key, winners: winners.map(|(own, _)| *own).collect() }
    });
    Ok(races.collect())
}

fn one_winner(races: &[Race]) -> Outcome {
    match races.iter().find(|race| race.winners.len() != 1) {
        None => Ok(()),
        Some(race) => {
            Err(Flaw(format!("of {MANY} at once, {} heard that they won", race.winners.len())))
        }
    }
}

/// So many times, each time until it is done.
async fn count(store: impl AsyncStore, key: TokenKey, mut member: Member<'_>) -> Outcome {
    member.wait().await;
    let (mut made, mut conflicts) = (0, 0);
    while made < INCREMENTS {
        let Some(found) = store.load(&key).await? else {
            return Err(Flaw("the counter has gone".into()));
        };
        // So that the others have read the same, where nothing else makes a task wait.
        give_way().await;
        let next = record(found.version().saturating_add(1));
        if store.compare_and_swap(&key, Some(found.version()), &next).await? {
            made = made.saturating_add(1);
        } else {
            conflicts = u64::saturating_add(conflicts, 1);
        }
        // Each conflict is an increment of another's.
        if conflicts > MANY.saturating_mul(INCREMENTS) {
            return Err(Flaw("there were more conflicts than increments".into()));
        }
    }
    Ok(())
}

/// Each reader hands on the version that it saw before, and what it sees now.
async fn read_while_others_write<B: Bench>(
    lab: &Lab<B>,
    look: impl Fn(u64, &Stored) -> Outcome + Sync,
) -> Outcome {
    let key = lab.key();
    put(&lab.open().await, &key, None, &record(0)).await?;
    let gate = Gate::default();
    let mut all = Vec::new();
    for at in 0..MANY {
        let writer = at % 2 == 0;
        let (store, writers, look) = (lab.open().await, &gate, &look);
        let member = writer.then(|| gate.join());
        all.push(async move {
            if let Some(member) = member {
                return count(store, key, member).await;
            }
            let mut before = 0;
            while !writers.is_deserted() {
                give_way().await;
                let Some(now) = store.load(&key).await? else {
                    return Err(Flaw("nothing was read, where there always was a record".into()));
                };
                look(before, &now)?;
                before = now.version();
            }
            Ok(())
        });
    }
    lab.at_once(all).await.into_iter().collect()
}

const MANY: u64 = 8;
const RACES: u64 = 12;
const INCREMENTS: u64 = 16;
