//! What may happen, and what comes of it.

use super::check;
use super::entry::Entry;
use super::machines::{Answer, End, Now, Told, Wants};
use super::world::{Fault, World, go_adrift, now_of};
use super::{Broken, Model};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Somebody wants a token; where the process is not running, it starts.
    Get(usize),
    /// The next step, if it is one of the store's, or a wait.
    Step(usize),
    /// The same, and it goes wrong.
    Fail(usize, Fault),
    /// The server sees the request.
    Arrive(usize),
    /// The answer comes.
    Answer(usize),
    /// It comes without a decision, or none comes.
    NoAnswer(usize, Fault),
    Crash(usize),
    Drop(usize),
    Jump(usize, i8),
    User(Fault),
    UserStep,
    ArriveAdrift(usize),
    SwapLate,
    /// 6 s: too long to send after that, and too short for all else.
    Short,
    /// 100 s: all marks and pauses are over.
    Long(Option<Fault>),
}

impl Action {
    /// What has gone wrong with it.
    pub(super) fn fault(self) -> Option<Fault> {
        match self {
            Self::Fail(_, fault) | Self::NoAnswer(_, fault) | Self::User(fault) => Some(fault),
            Self::Crash(_) => Some(Fault::Crash),
            Self::Drop(_) => Some(Fault::Drop),
            Self::Jump(..) => Some(Fault::Jump),
            Self::Long(fault) => fault,
            _ => None,
        }
    }
}

impl Model {
    pub(super) fn wants(&self, world: &World, process: usize) -> Option<Wants> {
        world.processes[process].machine.map(|machine| self.machines.wants(machine))
    }

    pub(super) fn act(&self, world: &mut World, action: Action) {
        match action {
            Action::Get(number) => {
                if world.processes[number].machine.is_none() {
                    self.start(world, number);
                }
                let process = &mut world.processes[number];
                process.rounds -= 1;
                self.tell(world, number, Told::Get);
            }
            Action::Step(number) => self.step(world, number),
            Action::Fail(number, fault) => self.fail(world, number, fault),
            Action::Arrive(number) => {
                let (token, _) = world.processes[number].request.unwrap();
                let answer = self.refresh(world, token);
                world.processes[number].request = Some((token, Some(answer)));
            }
            Action::Answer(number) => {
                let (_, answer) = world.processes[number].request.take().unwrap();
                let answer = answer.unwrap();
                if let Answer::Tokens(new) = answer {
                    let process = &mut world.processes[number];
                    process.seen = process.seen.max((world.server.session(new), new));
                    process.received = Some(new);
                }
                self.tell(world, number, Told::Answered(answer));
            }
            Action::NoAnswer(number, fault) => {
                go_adrift(world, number, fault == Fault::Lost);
                let answer = match fault {
                    Fault::Unavailable => Answer::Unavailable,
                    Fault::Unconnected => Answer::Unconnected,
                    _ => Answer::Lost,
                };
                self.tell(world, number, Told::Answered(answer));
            }
            Action::Crash(number) => {
                let is_at_it = !matches!(self.wants(world, number), Some(Wants::Nothing(..)));
                go_adrift(world, number, true);
                let process = &mut world.processes[number];
                // Whoever wanted a token will want it once more.
                process.rounds += u8::from(is_at_it);
                (process.machine, process.received, process.sent) = (None, None, None);
                (process.seen, process.loaded, process.since) = ((0, 0), None, 0);
            }
            Action::Drop(number) => {
                go_adrift(world, number, true);
                world.processes[number].rounds += 1;
                self.tell(world, number, Told::Dropped);
            }
            Action::Jump(number, hours) => world.processes[number].hours = hours,
            Action::User(fault) => self.start_user(world, fault),
            Action::UserStep => self.step_user(world),
            Action::ArriveAdrift(index) => {
                let token = world.adrift.remove(index);
                self.refresh(world, token);
            }
            Action::SwapLate => {
                if let Some((expected, new)) = world.late.take() {
                    self.swap(world, None, expected, new);
                }
            }
            Action::Short => (world.second, world.shorts) = (world.second + 6, world.shorts - 1),
            Action::Long(fault) => {
                (world.second, world.longs) = (world.second + 100, world.longs - 1);
                if fault != Some(Fault::Slow) {
                    world.adrift.clear();
                    world.late = None;
                }
            }
        }
        check::forget_what_is_stored(self, world);
    }

    fn start(&self, world: &mut World, number: usize) {
        let process = &mut world.processes[number];
        let name = u8::try_from(number).unwrap() * 32 + process.starts;
        process.starts += 1;
        let now = now_of(world, number);
        let (machine, _) = self.machines.tell(None, Told::Process(name), now);
        world.processes[number].machine = Some(machine);
    }

    fn step(&self, world: &mut World, number: usize) {
        match self.wants(world, number).unwrap() {
            Wants::Load => {
                let mut found = world.record;
                let process = &mut world.processes[number];
                let before = std::mem::replace(&mut process.loaded, found);
                let last = process.machine.map(|machine| self.machines.last(machine));
                if self.bounds.broken == Broken::NoReload
                    && last == Some(Told::Answered(Answer::Refused))
                {
                    found = before;
                }
                self.see(world, number, found);
                self.tell(world, number, Told::Loaded(found));
            }
            Wants::Swap(expected, new) => {
                let content = self.machines.content(new);
                let is_skipped = self.bounds.broken == Broken::SaveSkipped && !content.has_mark;
                let done = is_skipped || self.swap(world, Some(number), expected, new);
                if done {
                    self.see(world, number, Some(new));
                }
                self.tell(world, number, Told::Swapped(done));
            }
            Wants::Wait => {
                if self.bounds.broken == Broken::MarkIgnored {
                    world.processes[number].ahead += 100;
                }
                self.tell(world, number, Told::Waited);
            }
            Wants::Send(_) | Wants::Nothing(..) => {}
        }
    }

    fn fail(&self, world: &mut World, number: usize, fault: Fault) {
        let told = match self.wants(world, number).unwrap() {
            Wants::Swap(expected, new) => {
                match fault {
                    Fault::HalfSwapped => {
                        self.swap(world, Some(number), expected, new);
                    }
                    Fault::LateSwap => world.late = Some((expected, new)),
                    _ => {}
                }
                Told::Unswapped
            }
            _ => Told::Unloaded,
        };
        self.tell(world, number, told);
    }

    /// Takes note of what a process has seen.
    fn see(&self, world: &mut World, number: usize, entry: Option<Entry>) {
        let Some(entry) = entry else { return };
        let seen = match self.machines.content(entry).tokens {
            Some((_, token)) => (world.server.session(token), token),
            None => (world.server.last_session(), u8::MAX),
        };
        let process = &mut world.processes[number];
        process.seen = process.seen.max(seen);
    }

    /// `by`: which process' rotation.
    fn swap(
        &self,
        world: &mut World,
        by: Option<usize>,
        expected: Option<u64>,
        new: Entry,
    ) -> bool {
        let version = world.record.map(|record| record.version);
        let done = version == expected || self.bounds.broken == Broken::BlindSwap;
        if done {
            check::swap(self, world, by, new);
            world.record = Some(new);
            check::forget_what_is_stored(self, world);
        }
        done
    }

    fn refresh(&self, world: &mut World, token: u8) -> Answer {
        let answer = world.server.refresh(token, self.bounds.reuse);
        if answer == Answer::Refused {
            check::refusal(world);
        }
        answer
    }

    fn tell(&self, world: &mut World, number: usize, told: Told) {
        let now = now_of(world, number);
        let (machine, wants) = self.machines.tell(world.processes[number].machine, told, now);
        world.processes[number].machine = Some(machine);
        world.processes[number].since = world.second;
        match wants {
            Wants::Send(token) => {
                check::send(world, number, token);
                let process = &mut world.processes[number];
                (process.request, process.sent) = (Some((token, None)), Some(token));
            }
            Wants::Nothing(end, is_empty) => {
                if let Some(end) = end
                    && !matches!(told, Told::Get)
                {
                    check::end(self, world, number, end);
                }
                if is_empty {
                    self.rest(world, number, end);
                }
            }
            _ => {}
        }
    }

    /// Nothing is lost if a process starts anew that has nothing to do.
    fn rest(&self, world: &mut World, number: usize, end: Option<End>) {
        check::rest(world, number);
        let process = &mut world.processes[number];
        if process.rounds == 0 {
            (process.machine, process.sent, process.loaded) = (None, None, None);
            (process.since, process.seen) = (0, (0, 0));
        } else if let (Some(End::Tokens(_)), Some(record)) = (end, world.record) {
            (process.sent, process.loaded, process.since) = (None, None, 0);
            self.start(world, number);
            let (now, machine) = (now_of(world, number), world.processes[number].machine);
            let (machine, _) = self.machines.tell(machine, Told::Holding(record), now);
            world.processes[number].machine = Some(machine);
        }
    }

    fn start_user(&self, world: &mut World, fault: Fault) {
        let told = if fault == Fault::Login {
            let token = world.server.login();
            Told::Login(self.machines.entry(&super::login_record(token, world.second)))
        } else {
            Told::Logout
        };
        let (machine, _) = self.machines.tell(None, told, Now { second: world.second, hours: 0 });
        world.user = Some(machine);
    }

    fn step_user(&self, world: &mut World) {
        let machine = world.user.unwrap();
        let told = match self.machines.wants(machine) {
            Wants::Load => Told::Loaded(world.record),
            Wants::Swap(expected, new) => {
                let version = world.record.map(|record| record.version);
                let done = version == expected;
                if done {
                    world.record = Some(new);
                }
                Told::Swapped(done)
            }
            _ => return,
        };
        let now = Now { second: world.second, hours: 0 };
        let (machine, wants) = self.machines.tell(Some(machine), told, now);
        world.user = Some(machine).filter(|_| !matches!(wants, Wants::Nothing(..)));
    }
}
