//! At the log level `trace` ureq writes all that it sends and receives, row by row. So there is no
//! such level while a secret is on its way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use log::{Level, LevelFilter, Metadata, logger, max_level, set_max_level, warn};

/// As long as one of these is kept, the wire is not logged.
pub(crate) struct Quiet(());

impl Quiet {
    /// Lowers the program's log level to `debug` where ureq would write what it sends: a program
    /// that does not log that target keeps its level. `None` where there is nothing to do.
    pub(crate) fn keep() -> Option<Self> {
        // Asked without the lock, and whatever the level is: a logger may send by us itself.
        let wire = Metadata::builder().level(Level::Trace).target(WIRE).build();
        let is_heard = max_level() > LevelFilter::Off && logger().enabled(&wire);
        let mut guards = guards();
        let is_loud = is_heard && max_level() == LevelFilter::Trace;
        if is_loud {
            set_max_level(LevelFilter::Debug);
        } else if *guards == 0 {
            return None;
        }
        *guards = guards.saturating_add(1);
        drop(guards);
        let quiet = Self(());
        if is_loud && !TOLD.swap(true, Ordering::Relaxed) {
            warn!("{WITHHELD}");
        }
        Some(quiet)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let mut guards = guards();
        *guards = guards.saturating_sub(1);
        // Where the program has set another level meanwhile, that one stays; `debug` looks like ours.
        if *guards == 0 && max_level() == LevelFilter::Debug {
            set_max_level(LevelFilter::Trace);
        }
    }
}

/// How many are kept. While any is, the level is ours.
fn guards() -> MutexGuard<'static, usize> {
    static GUARDS: Mutex<usize> = Mutex::new(0);
    GUARDS.lock().unwrap_or_else(PoisonError::into_inner)
}

static TOLD: AtomicBool = AtomicBool::new(false);

/// Where ureq logs the bytes of requests and answers.
const WIRE: &str = "ureq_proto::util";

const WITHHELD: &str = "log lines of the level trace are left out while a token is on its way, as \
    ureq would write it into them; to have your own, set the level of the target ureq_proto to debug";
