//! What has to be done, and what came of it.

use core::time::Duration;

use crate::cache::{Fetched, Ticket, TokenKey};
use crate::exchange::sealed::Sealed;
use crate::flow::Failed;
use crate::store::{StoreError, Stored};
use crate::time::Timestamp;

/// What has to be done next. All there is to do, so whoever drives deals with each.
#[derive(Debug)]
#[must_use = "the machine goes on only when it is done"]
pub enum Step<'a> {
    /// [`Store::load`](crate::Store::load): [`Event::Loaded`].
    Load(&'a TokenKey),
    /// [`Store::compare_and_swap`](crate::Store::compare_and_swap): [`Event::Swapped`].
    Swap {
        /// What it stands under.
        key: &'a TokenKey,
        /// The version that is to stand there; `None`: nothing.
        expected: Option<u64>,
        /// What is to stand there.
        new: &'a Stored,
    },
    /// Perform the exchange: [`Event::Answered`]. It is given once: who asks again without an
    /// answer has lost it.
    Send(Ticket),
    /// Wait for as long: [`Event::Waited`].
    Wait(Duration),
    /// Nothing any more.
    Done,
}

/// What came of a [`Step`]: all there is to report.
#[derive(Debug)]
pub enum Event {
    /// What the store has.
    Loaded(Result<Option<Stored>, StoreError>),
    /// Whether the store has swapped.
    Swapped(Result<bool, StoreError>),
    /// What the server answered.
    Answered(Result<Fetched, Failed<Ticket>>),
    /// The time is over.
    Waited,
}

/// A machine that goes by steps: [`Rotation`](crate::Rotation), [`Login`](crate::Login) and
/// [`Logout`](crate::Logout). Whoever can do the steps of one can do them all.
///
/// ```
/// use grantflow::{Event, Step, Stepwise, Store, Timestamp};
///
/// /// A driver for a login or a logout, which send nothing.
/// fn drive(machine: &mut impl Stepwise, store: &impl Store, now: fn() -> Timestamp) {
///     loop {
///         let event = match machine.step(now()) {
///             Step::Load(key) => Event::Loaded(store.load(key)),
///             Step::Swap { key, expected, new } => {
///                 Event::Swapped(store.compare_and_swap(key, expected, new))
///             }
///             Step::Wait(time) => {
///                 std::thread::sleep(time);
///                 Event::Waited
///             }
///             Step::Send(_) | Step::Done => return,
///         };
///         machine.take(event, now());
///     }
/// }
/// ```
pub trait Stepwise: Sealed {
    /// What has to be done next.
    fn step(&mut self, now: Timestamp) -> Step<'_>;

    /// Takes what came of the step. What is not about that step is ignored.
    fn take(&mut self, event: Event, now: Timestamp);
}
