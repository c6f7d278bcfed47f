//! Any order of steps of processes that share a session: no refresh token that is known to be spent is
//! sent, none that was received is lost, a logout stays one, and everything ends.
#![no_main]

use std::time::Duration;

use grantflow_fuzz::rotation::{Fate, Fault, World};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Operation {
    Begin { process: u8 },
    Step { which: Which, fault: How },
    Run { which: Which, fault: How },
    Answer { which: Which, fate: What, lifetime: u8 },
    Conclude { which: Which },
    Crash { process: u8 },
    Tell { process: u8 },
    Reject { process: u8 },
    Save { process: u8 },
    Login,
    Logout,
    Pass { seconds: u8 },
    PassMinutes { minutes: u8 },
    SetClock { process: u8, seconds: i16 },
}

/// A process' first or second rotation.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Which {
    process: u8,
    is_second: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum How {
    Works,
    Undone,
    Done,
    NeverHeard,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum What {
    Answered,
    Unreadable,
    AnswerLost,
    RequestLost,
    Unavailable,
    NotSent,
}

fuzz_target!(|input: (bool, Vec<Operation>)| {
    let (are_three, operations) = input;
    let number = if are_three { 3 } else { 2 };
    let mut world = World::new(number);
    let index = |process: u8| usize::from(process) % number;
    for operation in operations.into_iter().take(300) {
        match operation {
            Operation::Begin { process } => world.begin(index(process)),
            Operation::Step { which, fault } => {
                if let Some((p, r)) = find(&world, which, number) {
                    world.step(p, r, fault_of(fault));
                }
            }
            Operation::Run { which, fault } => {
                if let Some((p, r)) = find(&world, which, number) {
                    while world.step(p, r, fault_of(fault)) {}
                }
            }
            Operation::Answer { which, fate, lifetime } => {
                if let Some((p, r)) = find(&world, which, number) {
                    world.answer(p, r, fate_of(fate), lifetime);
                }
            }
            Operation::Conclude { which } => {
                if let Some((p, r)) = find(&world, which, number) {
                    world.conclude(p, r);
                }
            }
            Operation::Crash { process } => world.crash(index(process)),
            Operation::Tell { process } => world.tell(index(process)),
            Operation::Reject { process } => world.reject(index(process)),
            Operation::Save { process } => world.save(index(process)),
            Operation::Login => world.log_in(),
            Operation::Logout => world.log_out(),
            Operation::Pass { seconds } => world.pass(Duration::from_secs(seconds.into())),
            Operation::PassMinutes { minutes } => {
                world.pass(Duration::from_secs(u64::from(minutes) * 60));
            }
            Operation::SetClock { process, seconds } => {
                world.set_clock(index(process), seconds.into());
            }
        }
    }
    world.settle();
});

fn find(world: &World, which: Which, number: usize) -> Option<(usize, usize)> {
    let p = usize::from(which.process) % number;
    let last = world.rotations(p).checked_sub(1)?;
    Some((p, last.min(usize::from(which.is_second))))
}

fn fault_of(how: How) -> Fault {
    match how {
        How::Works => Fault::None,
        How::Undone => Fault::Undone,
        How::Done => Fault::Done,
        How::NeverHeard => Fault::NeverHeard,
    }
}

fn fate_of(what: What) -> Fate {
    match what {
        What::Answered => Fate::Answered,
        What::Unreadable => Fate::Unreadable,
        What::AnswerLost => Fate::AnswerLost,
        What::RequestLost => Fate::RequestLost,
        What::Unavailable => Fate::Unavailable,
        What::NotSent => Fate::NotSent,
    }
}
