//! Each thread's own copy of a few header fields, so that the way to a good token takes no lock
//! and touches no memory that another thread writes.

use core::cell::RefCell;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread_local;

use http::HeaderValue;

use super::Reading;
use crate::cache::TokenCache;

/// A cache's place in every thread.
pub(super) struct Slot {
    id: usize,
    /// The cache's present one: copies of another do not count.
    edition: AtomicU32,
    /// As [`TokenCache::has_ended`].
    has_ended: AtomicBool,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.forget(|_| true);
    }
}

struct Kept {
    id: usize,
    edition: u32,
    header: HeaderValue,
    /// When it was taken, and until when it is good.
    from: Reading,
    until: Reading,
}

impl Slot {
    pub(super) fn of(cache: &TokenCache) -> Self {
        let (id, edition) = cache.id_and_edition();
        let has_ended = AtomicBool::new(cache.has_ended());
        Self { id, edition: AtomicU32::new(edition), has_ended }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    /// This thread's copy, if it is the present edition and still good.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the way to a good token is too short for a call")]
    pub(super) fn find(&self, clocks: impl Fn() -> Reading) -> Option<HeaderValue> {
        let edition = self.edition.load(Ordering::Acquire);
        let find = |places: &Places| {
            let places = places.try_borrow().ok()?;
            let copy = places.get(self.place()?)?.as_ref()?;
            let is_present = copy.id == self.id && copy.edition == edition;
            let is_good = is_present && clocks().is_between(&copy.from, &copy.until);
            is_good.then(|| copy.header.clone())
        };
        COPIES.try_with(find).ok()?
    }

    /// The header field of the cache's token. Keeps it for this thread, with bytes of its own: a
    /// reference count that threads share would be what they wait for.
    pub(super) fn keep(&self, cache: &mut TokenCache, from: Reading) -> Option<HeaderValue> {
        let (tokens, time_left) = cache.fresh(from.into())?;
        let header = tokens.access_token().header();
        if let Some(until) = from.after(time_left) {
            let (id, edition) = cache.id_and_edition();
            let kept = Kept { id, edition, header: header.clone(), from, until };
            self.with(|place| *place = Some(kept));
        }
        Some(header)
    }

    /// After each step of the cache, under its lock.
    pub(super) fn follow(&self, cache: &TokenCache) {
        let edition = cache.id_and_edition().1;
        if self.edition.swap(edition, Ordering::AcqRel) != edition {
            self.forget(|copy| copy.edition != edition);
        }
        self.has_ended.store(cache.has_ended(), Ordering::Release);
    }

    /// Drops this thread's copy, where that is so of it; another thread's stays until that thread
    /// needs its place, or ends.
    fn forget(&self, is_over: impl FnOnce(&Kept) -> bool) {
        self.with(|place| {
            if place.as_ref().is_some_and(|copy| copy.id == self.id && is_over(copy)) {
                *place = None;
            }
        });
    }

    fn place(&self) -> Option<usize> {
        self.id.checked_rem(PLACES)
    }

    /// `None` while the thread ends, or where a clock asks for a token itself.
    fn with<R>(&self, then: impl FnOnce(&mut Option<Kept>) -> R) -> Option<R> {
        let run = |places: &Places| places.try_borrow_mut().ok()?.get_mut(self.place()?).map(then);
        COPIES.try_with(run).ok()?
    }
}

type Places = RefCell<[Option<Kept>; PLACES]>;

/// So many sources can be hot at a time. Of those that share a place, the last one used has it.
const PLACES: usize = 8;

thread_local! {
    static COPIES: Places = const { RefCell::new([const { None }; PLACES]) };
}
