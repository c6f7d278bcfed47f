//! How far the model is looked at.

use stateright::{Checker, HasDiscoveries, Model as _};

use super::check;
use super::world::{Fault, Faults, Reuse};
use super::{Bounds, Broken, Model};

/// Two processes, each of which wants a token once, and nothing goes wrong.
const BASE: Bounds = Bounds {
    processes: 2,
    rounds: 1,
    faults: Faults::ALL,
    most: 0,
    shorts: 0,
    longs: 1,
    reuse: Reuse::Revokes,
    broken: Broken::Nothing,
};

/// Looks at all states until `enough` does not hold, prints how many there are, and says what does
/// not hold.
fn look(name: &str, bounds: Bounds, enough: HasDiscoveries) -> (usize, Vec<&'static str>) {
    let checker = Model::new(bounds).checker().threads(2).finish_when(enough).spawn_bfs().join();
    let states = checker.unique_state_count();
    println!(
        "{name}: {states} states on {} ways, depth {}, {} machines",
        checker.state_count(),
        checker.max_depth(),
        checker.model().machines.len(),
    );
    let mut wrong = Vec::new();
    for (property, path) in checker.discoveries() {
        println!("{name}: not so: {property}");
        for action in path.into_actions() {
            println!("    {action:?}");
        }
        wrong.push(property);
    }
    (states, wrong)
}

/// All holds, in so many states at least.
fn holds(name: &str, least: usize, bounds: Bounds) {
    let (states, wrong) = look(name, bounds, HasDiscoveries::Any);
    assert!(wrong.is_empty(), "{name}: {wrong:?}");
    assert!(states >= least, "{name}: the model has shrunk to {states} states");
}

#[test]
fn two_processes_and_anything_goes_wrong_once_on_any_server() {
    for reuse in [Reuse::Revokes, Reuse::Refused, Reuse::Grace] {
        holds("once", 12_000, Bounds { most: 1, reuse, ..BASE });
    }
}

#[test]
fn two_processes_twice() {
    let faults = Faults::of(&[Fault::Crash, Fault::HalfSwapped, Fault::Jump]);
    holds("twice", 10_000, Bounds { rounds: 2, faults, most: 1, ..BASE });
}

#[test]
fn two_processes_that_may_be_late() {
    let faults = Faults::of(&[Fault::HalfSwapped, Fault::LateSwap]);
    holds("late", 1_000, Bounds { faults, most: 1, shorts: 1, ..BASE });
}

#[test]
fn two_processes_that_vanish_and_lose_answers() {
    let faults = Faults::of(&[Fault::Crash, Fault::Drop, Fault::Lost, Fault::Slow, Fault::Stall]);
    holds("vanish", 60_000, Bounds { faults, most: 2, ..BASE });
}

#[test]
fn two_processes_on_a_store_that_fails_and_another_user() {
    let faults = Faults::of(&[
        Fault::Unswapped,
        Fault::HalfSwapped,
        Fault::LateSwap,
        Fault::Login,
        Fault::Logout,
    ]);
    holds("store", 10_000, Bounds { faults, most: 2, ..BASE });
}

#[test]
fn three_processes_that_vanish_and_lose_answers() {
    let faults = Faults::of(&[Fault::Crash, Fault::Lost, Fault::Stall, Fault::HalfSwapped]);
    holds("three", 50_000, Bounds { processes: 3, faults, most: 1, ..BASE });
}

#[test]
#[ignore = "takes minutes, and only in a release build"]
fn more_of_it() {
    holds("two faults", 800_000, Bounds { most: 2, ..BASE });
    for reuse in [Reuse::Refused, Reuse::Grace] {
        holds("two faults, other servers", 800_000, Bounds { most: 2, reuse, ..BASE });
    }
    holds("twice", 200_000, Bounds { rounds: 2, most: 1, ..BASE });
    holds("late", 12_000, Bounds { most: 1, shorts: 1, ..BASE });
    holds("three", 200_000, Bounds { processes: 3, most: 1, ..BASE });
}

/// Whatever is broken on purpose is found.
fn finds(property: &'static str, bounds: Bounds) {
    let enough = HasDiscoveries::AllOf([property].into());
    let (_, wrong) = look(&format!("{:?}", bounds.broken), bounds, enough);
    assert!(wrong.contains(&property), "{wrong:?}");
}

#[test]
fn a_save_that_is_skipped_is_found() {
    let bounds = Bounds { broken: Broken::SaveSkipped, ..BASE };
    finds(check::STORED, bounds);
    finds(check::KEPT, bounds);
}

/// The store's versions hide that for as long as the store works.
#[test]
fn a_refusal_that_is_believed_without_another_look_is_found() {
    let faults = Faults::of(&[Fault::Stall, Fault::Unswapped]);
    let bounds = Bounds { faults, most: 4, reuse: Reuse::Refused, ..BASE };
    holds("reload", 40_000, bounds);
    finds(check::TRUE, Bounds { broken: Broken::NoReload, ..bounds });
}

#[test]
fn a_store_that_does_not_compare_is_found() {
    let bounds = Bounds { broken: Broken::BlindSwap, ..BASE };
    finds(check::ONE, bounds);
    finds(check::ALIVE, bounds);
    finds(check::BACK, bounds);
    let faults = Faults::of(&[Fault::Login, Fault::Logout]);
    finds(check::LOGOUT, Bounds { faults, most: 1, ..bounds });
    finds(check::OTHERS, Bounds { faults, most: 1, ..bounds });
}

#[test]
fn a_mark_that_is_ignored_is_found() {
    let bounds = Bounds { broken: Broken::MarkIgnored, ..BASE };
    finds(check::ONE, bounds);
    finds(check::ALIVE, bounds);
}
