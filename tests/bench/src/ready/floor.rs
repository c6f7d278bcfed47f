//! By hand: one clock, and a header field from where threads can reach it. None of them asks a second
//! clock whether the machine has slept, or knows that an API has refused the token.

use std::cell::RefCell;
use std::error::Error;
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use http::HeaderValue;

use crate::subject::Rounds;

type Done = Result<(), Box<dyn Error>>;

pub struct Held {
    header: HeaderValue,
    until: Instant,
}

impl Held {
    pub fn new() -> Self {
        let mut header =
            HeaderValue::try_from("Bearer mF_9.B5f-4.1JqMzGh0tR2".to_owned()).expect("a header");
        header.set_sensitive(true);
        Self { header, until: Instant::now() + Duration::from_secs(3_600) }
    }

    fn header(&self) -> Option<HeaderValue> {
        (Instant::now() < self.until).then(|| self.header.clone())
    }
}

thread_local! {
    static OWN: RefCell<Option<Held>> = const { RefCell::new(None) };
}

/// From this thread's copy, which it has after the first call.
pub fn from_thread_local() -> Option<HeaderValue> {
    OWN.with_borrow_mut(|own| own.get_or_insert_with(Held::new).header())
}

pub fn from_arc_swap(held: &ArcSwap<Held>) -> Option<HeaderValue> {
    held.load().header()
}

pub fn from_mutex(held: &Mutex<Held>) -> Option<HeaderValue> {
    held.lock().unwrap_or_else(PoisonError::into_inner).header()
}

pub fn thread_local(rounds: &Rounds<'_>) -> Done {
    rounds.run(|_| from_thread_local().expect("a token"));
    Ok(())
}

async fn awaited() -> Option<HeaderValue> {
    from_thread_local()
}

/// For whoever awaits it.
pub fn asynchronous(rounds: &Rounds<'_>) -> Done {
    rounds.run_async(async |count| {
        for _ in 0..count {
            black_box(awaited().await.expect("a token"));
        }
    })
}

pub fn arc_swap(rounds: &Rounds<'_>) -> Done {
    let held = ArcSwap::from_pointee(Held::new());
    rounds.run(|_| from_arc_swap(&held).expect("a token"));
    Ok(())
}

/// As Go's oauth2 does it.
pub fn mutex(rounds: &Rounds<'_>) -> Done {
    let held = Mutex::new(Held::new());
    rounds.run(|_| from_mutex(&held).expect("a token"));
    Ok(())
}
