//! The engine's protocol as stateright sees it: states, what can happen next, and what comes of it.

use super::bounds::Bounds;
use super::memo::Memo;
use super::mutation::Mutation;
use super::properties::properties;
use super::script::Script;
use super::step::{Step, Storage};
use super::world::World;
use stateright::{Model, Property};

/// The protocol, perhaps with one thing done wrong.
pub(super) struct Protocol {
    pub(super) script: Script,
    pub(super) bounds: Bounds,
    pub(super) mutation: Option<Mutation>,
    pub(super) memo: Memo,
}

impl Model for Protocol {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        let with_sendpay = if self.script.len() > 1 {
            &[false, true][..]
        } else {
            &[false]
        };
        let worlds = with_sendpay.iter();
        worlds.map(|with| World::new(self.bounds, *with)).collect()
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        self.enabled(world, steps);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        self.take(&mut next, step);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties(self)
    }
}

impl Protocol {
    pub(super) fn does(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    fn take(&self, world: &mut World, step: Step) {
        match step {
            Step::Ask(caller) => self.ask(world, caller),
            Step::Commit(by, storage) => self.commit(world, by, storage),
            Step::HangUp(caller) => self.hang_up(world, caller),
            Step::Answer(caller) => self.answer(world, caller),
            Step::LoseAnswer(caller) => {
                world.left.lose();
                self.cut_off(world, caller);
            }
            Step::OfferDecision { key, late } => Self::wish(world, key, late),
            Step::Send(key) => world.keys[key].send(),
            Step::Deliver(how) => Self::deliver(world, how),
            Step::Lose { key, stray } => {
                world.left.lose();
                world.keys[key].lose(stray);
            }
            Step::TimeOut(key) => self.time_out(world, key),
            Step::LookUp(key) => self.look_up(world, key),
            Step::Resolve(key, storage) => self.resolve(world, key, storage),
            Step::Fail(key) => world.keys[key].fail(),
            Step::Take => world.keys.iter_mut().for_each(super::world::Key::fulfil),
            Step::Hear(key, storage) => self.hear(world, key, storage),
            Step::TellAgain(key) => {
                world.left.copy();
                world.keys[key].word = true;
            }
            Step::Recover => self.recover(world),
            Step::Crash => self.crash(world),
        }
    }
}

impl World {
    /// One fault of storage less, if this is one.
    pub(super) fn pay_for(&mut self, storage: Storage) {
        if storage != Storage::Works {
            self.left.lapse();
        }
    }
}
