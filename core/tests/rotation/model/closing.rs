//! How it ends if nothing more goes wrong, and but one process goes on.

use super::Model;
use super::act::Action;
use super::check;
use super::machines::{End, Told, Wants};
use super::world::{Fault, World};

/// The process goes on until it has a token, or until asking again does not help.
pub(super) fn run(model: &Model, world: &World, number: usize) -> World {
    let mut world = world.clone();
    world.longs = u8::MAX;
    world.wrong = None;
    // The others stand still, for all that this one knows.
    world.faults = world.faults.with(Fault::Crash).with(Fault::Stall);
    world.processes[number].rounds = 4;
    for _ in 0..MOST_STEPS {
        if world.wrong.is_some() || has_tokens(model, &world, number) {
            return world;
        }
        match model.can_do(&world, number) {
            Some(action) => model.act(&mut world, action),
            None if world.processes[number].rounds == 0 => return world,
            None => model.act(&mut world, Action::Long(None)),
        }
    }
    world.wrong = Some(check::GOES_ON);
    world
}

/// Then it has started anew, with them.
fn has_tokens(model: &Model, world: &World, number: usize) -> bool {
    let machine = world.processes[number].machine;
    machine.is_some_and(|it| matches!(model.machines.last(it), Told::Holding(_)))
}

/// A session that lives brings tokens.
pub(super) fn is_good(model: &Model, world: &World, number: usize) -> bool {
    if has_tokens(model, world, number) {
        return true;
    }
    let end = match model.wants(world, number) {
        Some(Wants::Nothing(Some(end), _)) => end,
        None => return true,
        _ => return false,
    };
    let record = world.record.map(|record| model.machines.content(record));
    match (end, record) {
        (End::Missing, record) => record.is_none_or(|record| record.tokens.is_none()),
        (End::Refused | End::Uncertain, Some(record)) => {
            record.has_ended || record.tokens.is_none_or(|(_, token)| !world.server.is_live(token))
        }
        _ => false,
    }
}

const MOST_STEPS: usize = 80;
