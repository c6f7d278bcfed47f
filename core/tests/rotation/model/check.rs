//! What must never happen.

use super::Model;
use super::closing;
use super::entry::Entry;
use super::machines::{End, Wants};
use super::world::{Fault, World};

pub(super) const KEPT: &str = "the newest refresh token is kept";
pub(super) const SUPERSEDED: &str = "no refresh token is sent that is known to be superseded";
pub(super) const ONE: &str = "one refresh is under way at a time";
pub(super) const ALIVE: &str = "no session dies without a fault that excuses it";
pub(super) const BACK: &str = "no record goes back to an older one";
pub(super) const LOGOUT: &str = "a logout stays a logout";
pub(super) const OTHERS: &str = "nobody's tokens are written into another's session";
pub(super) const ENDED: &str =
    "a session is ended by a refusal of its own refresh token, or by doubt";
pub(super) const STORED: &str = "tokens are handed out once they are stored";
pub(super) const TRUE: &str = "every error is true";
pub(super) const GOES_ON: &str = "every process can go on";

/// After these, nobody can know what came of a request.
const IN_DOUBT: [Fault; 5] = [Fault::Crash, Fault::Drop, Fault::Lost, Fault::Slow, Fault::Stall];
const OF_STORE: [Fault; 4] =
    [Fault::Unloaded, Fault::Unswapped, Fault::HalfSwapped, Fault::LateSwap];

fn wrong(world: &mut World, name: &'static str) {
    world.wrong.get_or_insert(name);
}

/// A rotation's swap, which is made.
pub(super) fn swap(model: &Model, world: &mut World, by: Option<usize>, new: Entry) {
    let Some(old) = world.record.map(|old| model.machines.content(old)) else { return };
    let new = model.machines.content(new);
    let Some((_, old_token)) = old.tokens else {
        return wrong(world, LOGOUT);
    };
    let Some((_, new_token)) = new.tokens else {
        return wrong(world, KEPT);
    };
    if world.server.session(new_token) != world.server.session(old_token) {
        wrong(world, OTHERS);
    } else if new_token < old_token && !is_excused(world) {
        wrong(world, BACK);
    } else if new.has_ended && !old.has_ended {
        let sent = by.map(|by| world.processes[by].sent);
        // Nobody sends it a third time, whether it was refused or not.
        let is_right = if new.is_uncertain {
            world.faults.has_any(&IN_DOUBT)
        } else {
            sent.is_none_or(|sent| sent == Some(old_token))
        };
        if new_token != old_token || !is_right {
            wrong(world, ENDED);
        }
    }
}

pub(super) fn send(world: &mut World, number: usize, token: u8) {
    let is_older = (world.server.session(token), token) < world.processes[number].seen;
    if is_older && !world.server.has_twins() {
        wrong(world, SUPERSEDED);
    }
    let session = world.server.session(token);
    let others = world.processes.iter().filter_map(|process| process.request);
    let mut others = others.map(|(token, _)| token).chain(world.adrift.iter().copied());
    let is_excused = world.faults.has_any(&[Fault::Stall, Fault::Slow]);
    // Whoever was taken for dead may come back, and store what it got. Then the request with the
    // token before that is under way for nothing.
    let was_dead = world.faults.has_any(&[Fault::Crash, Fault::Drop]);
    let counts = |other| world.server.session(other) == session && !(was_dead && other < token);
    if !is_excused && others.any(counts) {
        wrong(world, ONE);
    }
}

/// The server has refused this refresh token.
pub(super) fn refusal(world: &mut World) {
    if !world.faults.has_any(&IN_DOUBT) {
        wrong(world, ALIVE);
    }
}

/// A rotation has ended, and this is what whoever asked for a token learns.
pub(super) fn end(model: &Model, world: &mut World, number: usize, end: End) {
    let tokens = world.record.and_then(|record| model.machines.content(record).tokens);
    let faults = world.faults;
    let is_true = match end {
        End::Tokens(token) => {
            if tokens.is_none_or(|(stored, _)| stored != token) {
                wrong(world, STORED);
            }
            true
        }
        End::Unsaved(token) => {
            faults.has_any(&OF_STORE)
                && world.processes[number].received.is_none_or(|it| it == token)
        }
        End::Missing => tokens.is_none(),
        End::Refused => !knows_newer(model, world, number) && is_refusal_true(model, world),
        End::Uncertain => faults.has_any(&IN_DOUBT) && !knows_newer(model, world, number),
        End::Lost => faults.has_any(&IN_DOUBT),
        End::Unconnected => faults.has(Fault::Unconnected),
        End::Unavailable => faults.has(Fault::Unavailable),
        End::Store => faults.has_any(&OF_STORE),
        End::Abandoned => faults.has(Fault::Drop),
        End::Over => faults.has(Fault::Jump),
        End::Other => false,
    };
    if !is_true && !is_excused(world) {
        wrong(world, TRUE);
    }
}

/// When it last looked, there was one that lives, and newer than the one it sent.
fn knows_newer(model: &Model, world: &World, number: usize) -> bool {
    let process = &world.processes[number];
    let found = process.loaded.and_then(|record| model.machines.content(record).tokens);
    found.is_some_and(|(_, found)| {
        world.server.is_live(found) && process.sent.is_some_and(|sent| sent < found)
    })
}

/// Nobody has one that lives.
fn is_refusal_true(model: &Model, world: &World) -> bool {
    // What somebody has stored since the last look that worked cannot be known.
    if world.faults.has_any(&OF_STORE) {
        return true;
    }
    let stored = world.record.and_then(|record| model.machines.content(record).tokens);
    let Some((_, stored)) = stored else { return true };
    let Some(live) = world.server.live(world.server.session(stored)) else { return true };
    stored != live && world.processes.iter().all(|process| process.received != Some(live))
}

/// A process forgets all it knows.
pub(super) fn rest(world: &mut World, number: usize) {
    let received = world.processes[number].received;
    if received.is_some_and(|token| world.server.is_live(token)) && !is_excused(world) {
        wrong(world, KEPT);
    }
    world.processes[number].received = None;
}

/// Where the last refresh token but one is taken too, there can be two new ones. Which of them the
/// server has made last, nobody can know.
fn is_excused(world: &World) -> bool {
    world.server.has_twins()
}

/// A new refresh token that is stored, or that has no session any more, need not be kept.
pub(super) fn forget_what_is_stored(model: &Model, world: &mut World) {
    let Some(record) = world.record else { return };
    let tokens = model.machines.content(record).tokens;
    for process in &mut world.processes {
        process.received = process.received.filter(|received| {
            tokens.is_some_and(|(_, stored)| {
                world.server.session(stored) == world.server.session(*received)
                    && stored < *received
                    && world.server.is_live(*received)
            })
        });
    }
}

/// What has to be tried out, at every state.
pub(super) fn is_kept(model: &Model, world: &World) -> bool {
    (0..world.processes.len()).all(|number| {
        let Some(received) = world.processes[number].received else { return true };
        if is_excused(world) {
            return true;
        }
        let last = closing::run(model, world, number);
        let stored = last.record.and_then(|record| model.machines.content(record).tokens);
        stored.is_some_and(|(_, stored)| stored >= received)
    })
}

pub(super) fn can_go_on(model: &Model, world: &World) -> bool {
    is_excused(world) || (0..world.processes.len()).all(|number| {
        if !matches!(model.wants(world, number), Some(wants) if !matches!(wants, Wants::Nothing(_, true)))
        {
            return true;
        }
        let last = closing::run(model, world, number);
        is_excused(&last) || last.wrong.is_none() && closing::is_good(model, &last, number)
    })
}
