//! What may happen next.

use super::Broken;
use super::Model;
use super::act::Action;
use super::machines::{End, Machine, Told, Wants};
use super::world::{Fault, World};

impl Model {
    pub(super) fn what_may_happen(&self, world: &World, actions: &mut Vec<Action>) {
        for number in 0..world.processes.len() {
            actions.extend(self.can_do(world, number));
            if let Some(wants) = self.wants(world, number) {
                self.what_may_go_wrong(world, number, wants, actions);
            }
        }
        if world.user.is_some() {
            actions.push(Action::UserStep);
        } else {
            let users = [Fault::Login, Fault::Logout].into_iter();
            actions.extend(users.filter(|fault| self.may(world, *fault)).map(Action::User));
        }
        let is_over = |process: &super::Process| process.rounds == 0 && process.machine.is_none();
        if !world.processes.iter().all(is_over) {
            self.what_time_may_bring(world, actions);
        }
    }

    /// What can happen to a process of itself.
    pub(super) fn can_do(&self, world: &World, number: usize) -> Option<Action> {
        let process = &world.processes[number];
        let get = (process.rounds > 0).then_some(Action::Get(number));
        let Some(machine) = process.machine else { return get };
        match self.machines.wants(machine) {
            Wants::Nothing(end, _) => {
                let has_failed = end.is_some_and(|end| !matches!(end, End::Tokens(_)));
                get.filter(|_| !has_failed || process.since != world.second)
            }
            Wants::Load | Wants::Swap(..) => Some(Action::Step(number)),
            Wants::Wait => {
                let may_go_on = self.bounds.broken == Broken::MarkIgnored
                    || self.is_retry(machine)
                    || process.loaded != world.record
                    || process.since != world.second;
                may_go_on.then_some(Action::Step(number))
            }
            Wants::Send(_) => Some(match process.request {
                Some((_, Some(_))) => Action::Answer(number),
                _ => Action::Arrive(number),
            }),
        }
    }

    fn what_may_go_wrong(
        &self,
        world: &World,
        number: usize,
        wants: Wants,
        actions: &mut Vec<Action>,
    ) {
        let process = &world.processes[number];
        let faults: &[Fault] = match wants {
            Wants::Load => &[Fault::Unloaded],
            Wants::Swap(..) => &[Fault::Unswapped, Fault::HalfSwapped, Fault::LateSwap],
            Wants::Send(_) if matches!(process.request, Some((_, None))) => {
                &[Fault::Lost, Fault::Unavailable, Fault::Unconnected]
            }
            Wants::Send(_) => &[Fault::Lost],
            Wants::Wait | Wants::Nothing(..) => &[],
        };
        let faults = faults.iter().filter(|fault| self.may(world, **fault));
        actions.extend(faults.map(|fault| match wants {
            Wants::Send(_) => Action::NoAnswer(number, *fault),
            _ => Action::Fail(number, *fault),
        }));
        if !matches!(wants, Wants::Nothing(_, true)) && self.may(world, Fault::Crash) {
            actions.push(Action::Crash(number));
        }
        if !matches!(wants, Wants::Nothing(..)) && self.may(world, Fault::Drop) {
            actions.push(Action::Drop(number));
        }
        if self.may(world, Fault::Jump) {
            let others = [-1, 0, 1].into_iter().filter(|hours| *hours != process.hours);
            actions.extend(others.map(|hours| Action::Jump(number, hours)));
        }
    }

    fn what_time_may_bring(&self, world: &World, actions: &mut Vec<Action>) {
        actions.extend((0..world.adrift.len()).map(Action::ArriveAdrift));
        if world.late.is_some() {
            actions.push(Action::SwapLate);
        }
        let mut all = 0..world.processes.len();
        if world.shorts > 0 && all.clone().any(|number| self.may_be_late(world, number)) {
            actions.push(Action::Short);
        }
        if world.longs == 0 {
            return;
        }
        if all.any(|number| self.is_busy(world, number)) {
            // Longer than a step may take.
            if self.may(world, Fault::Stall) {
                actions.push(Action::Long(Some(Fault::Stall)));
            }
            return;
        }
        actions.push(Action::Long(None));
        if !world.adrift.is_empty() && self.may(world, Fault::Slow) {
            actions.push(Action::Long(Some(Fault::Slow)));
        }
    }

    fn may(&self, world: &World, fault: Fault) -> bool {
        world.left > 0 && self.bounds.faults.has(fault)
    }

    /// Whether it waits because the store has failed.
    fn is_retry(&self, machine: Machine) -> bool {
        matches!(self.machines.last(machine), Told::Unloaded | Told::Unswapped)
    }

    /// Whether it has something to do that cannot wait for long.
    fn is_busy(&self, world: &World, number: usize) -> bool {
        world.processes[number].machine.is_some_and(|machine| match self.machines.wants(machine) {
            Wants::Load | Wants::Swap(..) | Wants::Send(_) => true,
            Wants::Wait => self.is_retry(machine),
            Wants::Nothing(..) => false,
        })
    }

    /// Whether it matters to a process how late it is.
    fn may_be_late(&self, world: &World, number: usize) -> bool {
        match self.wants(world, number) {
            Some(Wants::Swap(_, new)) => self.machines.content(new).has_mark,
            _ => false,
        }
    }
}
