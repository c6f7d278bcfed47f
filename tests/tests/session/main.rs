//! Sessions in a store, and the faults that cost other libraries a refresh token: each story is
//! written once and told over both adapters.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests say what they expect"
)]

use std::thread::Builder;

mod changed;
mod clocks;
mod crowd;
mod files;
mod gone;
mod processes;
mod program;
mod refused;
mod runtimes;
mod secrets;
mod settled;
mod tenants;
mod threads;
mod unsaved;
mod world;

/// Makes each story a test, and tells it over either adapter.
macro_rules! over_both_adapters {
    ($($story:ident)+) => {
        mod over_both_adapters {
            $(#[test] fn $story() {
                $crate::tell(
                    super::$story::<$crate::program::Threads>,
                    super::$story::<$crate::program::Tasks>,
                );
            })+
        }
    };
}
use over_both_adapters;

/// Both at once, for there is a lot of waiting in them.
fn tell(blocking: fn(), asynchronous: fn()) {
    let begin = |name: &str, story: fn()| Builder::new().name(name.into()).spawn(story).unwrap();
    let told = [begin("blocking", blocking), begin("asynchronous", asynchronous)];
    let failed = told.map(|story| story.join().is_err());
    assert_eq!(failed, [false; 2], "whether the blocking one failed, and the asynchronous one");
}
