//! What goes wrong, and when: by chance, and no more than was planned.

use std::mem::Discriminant;
use std::time::Duration;

use super::Plan;
use super::chance::Chance;
use super::deed::{Answer, Deed, What};
use super::pool::Number;
use crate::sandbox::Loss;

/// Plans kills and losses. Both come after so many stored refreshes, so that the session goes on in
/// between. Three kills of four hit a worker right after a step of its refresh, the others whomever
/// at whatever moment.
pub(super) struct Mischief {
    chance: Chance,
    kills: Row,
    losses: Row,
    aim: Option<Aim>,
}

/// So many, spread over the run.
struct Row {
    left: u64,
    /// After how many stored refreshes one comes, on average.
    every: u64,
    next: u64,
}

enum Aim {
    Anybody,
    /// Who next tells a deed of this kind.
    After(Discriminant<Deed>),
}

/// What is to be done.
pub(super) enum Act {
    /// Kill this worker, or whoever has this place, after a while.
    Kill(Victim, Duration),
    Lose(Loss),
}

pub(super) enum Victim {
    Worker(Number),
    Place(usize),
}

impl Mischief {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut chance = Chance::new(plan.seed);
        let kills = Row::new(plan.kills, plan.refreshes, &mut chance);
        let losses = Row::new(plan.losses, plan.refreshes, &mut chance);
        Self { chance, kills, losses, aim: None }
    }

    /// A worker has told something; so many refreshes were stored by then.
    pub(super) fn at(
        &mut self,
        worker: Number,
        deed: &Deed,
        stored: u64,
        places: usize,
    ) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.losses.is_due(stored, &mut self.chance) {
            let loss = *self.chance.pick(&[Loss::Request, Loss::Answer]).unwrap_or(&Loss::Answer);
            acts.push(Act::Lose(loss));
            // Twice in a row, now and then: then nobody knows what came of it.
            if self.chance.below(4) == 0 {
                acts.push(Act::Lose(loss));
            }
        }
        if self.aim.is_none() && self.kills.is_due(stored, &mut self.chance) {
            let is_anybody = self.chance.below(4) == 0;
            let after = self.chance.pick(&steps()).map(std::mem::discriminant);
            self.aim = after.filter(|_| !is_anybody).map(Aim::After).or(Some(Aim::Anybody));
        }
        let victim = match self.aim {
            Some(Aim::After(kind)) if std::mem::discriminant(deed) == kind => {
                Victim::Worker(worker)
            }
            Some(Aim::Anybody) => {
                let place = self.chance.below(u64::try_from(places).unwrap_or(1));
                Victim::Place(usize::try_from(place).unwrap_or_default())
            }
            _ => return acts,
        };
        self.aim = None;
        let longest = self.chance.pick(&[1, 4_000, 25_000]).copied().unwrap_or(1);
        acts.push(Act::Kill(victim, Duration::from_micros(self.chance.below(longest))));
        acts
    }
}

impl Row {
    fn new(number: u64, refreshes: u64, chance: &mut Chance) -> Self {
        let every = refreshes.checked_div(number).unwrap_or_default().max(1);
        Self { left: number, every, next: chance.below(every) }
    }

    fn is_due(&mut self, stored: u64, chance: &mut Chance) -> bool {
        let is_due = self.left > 0 && stored >= self.next;
        if is_due {
            self.left = self.left.saturating_sub(1);
            // Twice the average at most.
            let range = self.every.saturating_mul(2).saturating_sub(1);
            self.next = stored.saturating_add(1).saturating_add(chance.below(range));
        }
        is_due
    }
}

/// One deed of each kind that a refresh is made of.
fn steps() -> [Deed; 6] {
    let token = String::new;
    [
        Deed::Marking { token: token(), owner: String::new(), over: None },
        Deed::Marked,
        Deed::Sending { token: token() },
        Deed::Answered(Answer::Tokens),
        Deed::Storing { token: token(), what: What::Nothing },
        Deed::Stored,
    ]
}
