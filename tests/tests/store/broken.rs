//! Stores that are wrong in one way each: ways in which databases, and those who use them, are.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use grantflow::{AsyncStore, Store, StoreError, Stored, TokenKey};
use tokio::task::yield_now;

/// What is wrong, and the property that says so.
#[rustfmt::skip]
pub(crate) const FAULTS: &[(Fault, &str)] = &[
    (Fault::Invents, "an_unknown_key_has_nothing"),
    (Fault::NeverCreates, "a_record_is_created_where_nothing_is"),
    (Fault::Upserts, "a_version_expected_where_nothing_is_creates_nothing"),
    (Fault::KeepsFirst, "the_right_version_replaces"),
    (Fault::TakesStale, "a_stale_version_changes_nothing"),
    (Fault::TakesFuture, "a_future_version_changes_nothing"),
    (Fault::CreatesTwice, "a_second_creation_changes_nothing"),
    (Fault::ErrsOnConflict, "a_conflict_is_false_and_no_error"),
    (Fault::ReadsOnce, "a_load_changes_nothing"),
    (Fault::Alone, "what_one_handle_writes_the_others_see"),
    (Fault::Remembers, "a_handle_does_not_swap_by_what_it_remembers"),
    (Fault::Text, "bytes_come_back_as_they_were"),
    (Fault::EmptyIsNothing, "an_empty_record_is_a_record"),
    (Fault::Cuts, "a_large_record_comes_back_whole"),
    (Fault::LeavesTail, "a_shorter_record_leaves_no_tail_of_a_longer"),
    (Fault::SignedVersions, "versions_come_back_as_they_were"),
    (Fault::ComparesFloats, "versions_next_to_each_other_are_told_apart"),
    (Fault::OnlyGrows, "versions_need_not_grow"),
    (Fault::CountsChangedRows, "the_same_bytes_with_a_new_version_are_a_new_record"),
    (Fault::ShortKeys, "keys_that_differ_in_one_bit_are_apart"),
    (Fault::OneRecord, "a_swap_of_one_key_leaves_the_others_alone"),
    (Fault::ChecksFirst, "of_many_who_create_at_once_one_wins"),
    (Fault::ChecksFirst, "of_many_who_swap_at_once_one_wins"),
    (Fault::ChecksFirst, "no_increment_of_a_counter_is_lost"),
    (Fault::LoserWrites, "what_stands_there_is_the_winners"),
    (Fault::OneFile, "writers_of_different_keys_do_not_disturb_each_other"),
    (Fault::Halves, "who_reads_while_others_write_sees_whole_records"),
    (Fault::Replica, "who_reads_while_others_write_sees_no_older_record_again"),
    (Fault::EmptiesFirst, "a_swap_that_is_dropped_leaves_the_key_in_order"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    Invents,
    NeverCreates,
    Upserts,
    KeepsFirst,
    TakesStale,
    TakesFuture,
    CreatesTwice,
    ErrsOnConflict,
    ReadsOnce,
    Alone,
    Remembers,
    Text,
    EmptyIsNothing,
    Cuts,
    LeavesTail,
    SignedVersions,
    ComparesFloats,
    OnlyGrows,
    CountsChangedRows,
    ShortKeys,
    OneRecord,
    ChecksFirst,
    LoserWrites,
    OneFile,
    Halves,
    Replica,
    EmptiesFirst,
}

type Records = HashMap<Vec<u8>, Arc<Stored>>;

/// What the handles have in common.
pub(crate) type Shared = Arc<Mutex<Records>>;

pub(crate) struct Broken {
    fault: Fault,
    records: Shared,
    /// What this handle swapped in last.
    remembered: Mutex<HashMap<TokenKey, u64>>,
    /// What a replica still has.
    older: Mutex<Records>,
    loads: AtomicU64,
}

impl Broken {
    pub(crate) fn new(fault: Fault, shared: &Shared) -> Self {
        let records = if fault == Fault::Alone { Shared::default() } else { Arc::clone(shared) };
        let (remembered, older) = Default::default();
        Self { fault, records, remembered, older, loads: AtomicU64::new(0) }
    }

    fn find(&self, key: &TokenKey) -> Option<Arc<Stored>> {
        self.records.lock().unwrap().get(&self.place(key)).cloned()
    }

    fn insert(&self, key: &TokenKey, new: Arc<Stored>) {
        self.records.lock().unwrap().insert(self.place(key), new);
    }

    fn place(&self, key: &TokenKey) -> Vec<u8> {
        let length = if self.fault == Fault::ShortKeys { 31 } else { 32 };
        key.as_bytes().iter().copied().take(length).collect()
    }

    fn read(&self, key: &TokenKey) -> Option<Arc<Stored>> {
        match self.fault {
            Fault::Invents => self.find(key).or_else(|| Some(Arc::new(Stored::new(0, Vec::new())))),
            Fault::ReadsOnce => self.records.lock().unwrap().remove(&self.place(key)),
            Fault::EmptyIsNothing => self.find(key).filter(|stored| !stored.bytes().is_empty()),
            Fault::Replica => {
                let mut older = self.older.lock().unwrap();
                match self.loads.fetch_add(1, Ordering::Relaxed) % 3 {
                    0 => older.extend(self.find(key).map(|now| (self.place(key), now))),
                    1 => {}
                    _ => return older.get(&self.place(key)).cloned(),
                }
                self.find(key)
            }
            _ => self.find(key),
        }
    }

    /// Whether what stands there counts as what was expected.
    fn fits(&self, key: &TokenKey, expected: Option<u64>, new: &Stored) -> bool {
        let found = self.find(key);
        let version = found.as_ref().map(|found| found.version());
        match (self.fault, version, expected) {
            (Fault::Upserts, None, Some(_)) | (Fault::CreatesTwice, Some(_), None) => true,
            (Fault::TakesStale, Some(version), Some(expected)) => expected <= version,
            (Fault::TakesFuture, Some(version), Some(expected)) => expected >= version,
            (Fault::Remembers, _, _) => match self.remembered.lock().unwrap().get(key) {
                Some(remembered) => Some(*remembered) == expected || version == expected,
                None => version == expected,
            },
            #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "that is the fault")]
            (Fault::ComparesFloats, Some(version), Some(expected)) => {
                version as f64 == expected as f64
            }
            (Fault::OnlyGrows, Some(version), _) if new.version() <= version => false,
            (Fault::CountsChangedRows, _, _) => {
                version == expected && found.is_none_or(|found| found.bytes() != new.bytes())
            }
            _ => version == expected,
        }
    }

    /// What it makes of a record.
    fn kept(&self, key: &TokenKey, new: &Stored) -> Arc<Stored> {
        let mut bytes = new.bytes().to_vec();
        let mut version = new.version();
        match self.fault {
            Fault::Text => bytes = String::from_utf8_lossy(&bytes).into_owned().into_bytes(),
            Fault::Cuts => bytes.truncate(65_535),
            Fault::LeavesTail => {
                let before = self.find(key);
                bytes.extend(
                    before.iter().flat_map(|before| before.bytes()).skip(new.bytes().len()),
                );
            }
            Fault::SignedVersions => version = version.min(i64::MAX as u64),
            _ => {}
        }
        Arc::new(Stored::new(version, bytes))
    }

    async fn swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        let kept = self.kept(key, new);
        if self.fault == Fault::OneFile {
            let mut all = self.records.lock().unwrap().clone();
            pause().await;
            let fits = self.fits(key, expected, new);
            if fits {
                all.insert(self.place(key), kept);
                *self.records.lock().unwrap() = all;
            }
            return Ok(fits);
        }
        // One at a time, for those that are not wrong in that.
        let fits = {
            let _alone = TURN.lock().unwrap();
            let fits = self.fits(key, expected, new);
            if fits && !self.is_slow() {
                self.write(key, expected, &kept);
            }
            fits
        };
        if !fits {
            if self.fault == Fault::LoserWrites {
                self.insert(key, kept);
            }
            let errs = self.fault == Fault::ErrsOnConflict;
            return if errs { Err("duplicate key".into()) } else { Ok(false) };
        }
        if self.is_slow() {
            self.write_slowly(key, &kept).await;
        }
        Ok(true)
    }

    fn is_slow(&self) -> bool {
        matches!(self.fault, Fault::ChecksFirst | Fault::Halves | Fault::EmptiesFirst)
    }

    fn write(&self, key: &TokenKey, expected: Option<u64>, kept: &Arc<Stored>) {
        match self.fault {
            Fault::NeverCreates if expected.is_none() => return,
            Fault::KeepsFirst if expected.is_some() => return,
            Fault::OneRecord => self.records.lock().unwrap().clear(),
            _ => {}
        }
        self.insert(key, Arc::clone(kept));
        self.remembered.lock().unwrap().insert(*key, kept.version());
    }

    async fn write_slowly(&self, key: &TokenKey, kept: &Arc<Stored>) {
        match self.fault {
            Fault::Halves => {
                let half = kept.bytes().iter().copied().take(kept.bytes().len() / 2).collect();
                self.insert(key, Arc::new(Stored::new(kept.version(), half)));
            }
            Fault::EmptiesFirst => {
                self.records.lock().unwrap().remove(&self.place(key));
            }
            _ => {}
        }
        pause().await;
        self.insert(key, Arc::clone(kept));
    }
}

impl AsyncStore for Broken {
    async fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        Ok(self.read(key).map(|stored| Stored::clone(&stored)))
    }

    async fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        self.swap(key, expected, new).await
    }
}

impl Store for Broken {
    fn load(&self, key: &TokenKey) -> Result<Option<Stored>, StoreError> {
        Ok(self.read(key).map(|stored| Stored::clone(&stored)))
    }

    fn compare_and_swap(
        &self,
        key: &TokenKey,
        expected: Option<u64>,
        new: &Stored,
    ) -> Result<bool, StoreError> {
        let mut swap = pin!(self.swap(key, expected, new));
        loop {
            match swap.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(done) => return done,
                Poll::Pending => thread::yield_now(),
            }
        }
    }
}

/// Long enough for others to come in between.
async fn pause() {
    for _ in 0..4 {
        yield_now().await;
    }
}

static TURN: Mutex<()> = Mutex::new(());
