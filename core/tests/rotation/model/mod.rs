//! Every order in which several processes can use one session, with what can go wrong.
//!
//! The machines are the real ones, driven as adapters drive them. All else is plain data: the store,
//! the server, the clocks, and what is on its way between them. Time is made of two steps: 6 s,
//! after which an owner does not send, and 100 s, after which all marks and pauses are over.
//!
//! A step of the store is one action, and so is each half of a request: its arrival at the server,
//! and the answer's return. Whatever happens between two steps of a machine is another order of
//! the same actions.
#![expect(clippy::string_slice, reason = "a model is wrong if it is out of bounds, and says so")]

mod act;
mod check;
mod closing;
mod driver;
mod entry;
mod machines;
mod may;
mod runs;
mod world;

use grantflow::Stored;
use stateright::Property;

use self::act::Action;
use self::machines::Machines;
use self::world::{Faults, Process, Reuse, Server, World};
use crate::scenario::at;

/// The real machines in a world where what can go wrong does.
struct Model {
    bounds: Bounds,
    machines: Machines,
}

/// How much of it is looked at.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    processes: usize,
    /// How often each wants a token.
    rounds: u8,
    /// What may go wrong, and how often in all.
    faults: Faults,
    most: u8,
    /// How many steps of 6 s and of 100 s there are.
    shorts: u8,
    longs: u8,
    reuse: Reuse,
    broken: Broken,
}

/// What is broken on purpose, outside of the machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Nothing,
    /// New tokens are said to be stored, and are not.
    SaveSkipped,
    /// The look into the store after a refusal shows what the one before did.
    NoReload,
    /// The store does not compare before it swaps.
    BlindSwap,
    /// Clocks say that every wait is over.
    MarkIgnored,
}

impl Model {
    fn new(bounds: Bounds) -> Self {
        Self { bounds, machines: Machines::default() }
    }
}

impl stateright::Model for Model {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            second: 3_600,
            record: Some(self.machines.entry(&login_record(0, 0))),
            server: Server::new(),
            processes: vec![Process::new(self.bounds.rounds); self.bounds.processes],
            user: None,
            adrift: Vec::new(),
            late: None,
            faults: Faults::default(),
            left: self.bounds.most,
            shorts: self.bounds.shorts,
            longs: self.bounds.longs,
            wrong: None,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.wrong.is_none() {
            self.what_may_happen(world, actions);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        if let Some(fault) = action.fault() {
            next.left -= 1;
            next.faults = next.faults.with(fault);
        }
        self.act(&mut next, action);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        /// What is found wrong on the way stands in the world.
        macro_rules! never {
            ($($name:ident),+) => {
                [$(Property::always(check::$name, |_, it: &World| it.wrong != Some(check::$name))),+]
            };
        }
        let mut all = vec![
            Property::always(check::KEPT, |model: &Self, world: &World| {
                world.wrong != Some(check::KEPT) && check::is_kept(model, world)
            }),
            Property::always(check::GOES_ON, |model: &Self, world: &World| {
                world.wrong.is_some() || check::can_go_on(model, world)
            }),
        ];
        all.extend(never!(SUPERSEDED, ONE, ALIVE, BACK, LOGOUT, OTHERS, ENDED, STORED, TRUE));
        all
    }
}

/// What a login brings, with the tokens of this number.
fn login_record(number: u8, second: u32) -> Stored {
    let sent_at = at(second.into()).unix_seconds();
    let text = format!(
        r#"{{"format":1,"origin":"","tokens":{{"format":1,"client_id":"app",
            "token_endpoint":"https://as.example.com/token","access_token":"at-{number}",
            "refresh_token":"rt-{number}","sent_at":{sent_at},"expires_in":3600}}}}"#
    );
    Stored::new(sent_at * 1_000, text.into_bytes())
}
