//! What can happen next in a state.

use super::protocol::Protocol;
use super::rule::Rule;
use super::step::{By, Delivery, Luck, Step, Storage};
use super::world::{Care, Ledger, Phase, World};

impl Protocol {
    pub(super) fn enabled(&self, world: &World, steps: &mut Vec<Step>) {
        if world.stored.breaks(Rule::ReadsWell) {
            // It cannot be read any more, and the daemon does nothing with it.
            return;
        }
        for caller in 0..world.callers.len() {
            self.enabled_for_caller(world, caller, steps);
        }
        if world.orphan.is_some() {
            self.commits(world, By::Orphan, steps);
        }
        for key in 0..world.keys.len() {
            self.enabled_for_care(world, key, steps);
            enabled_at_node(world, key, steps);
        }
        if world.can_take() {
            steps.push(Step::Take);
        }
        if world.recovering {
            steps.push(Step::Recover);
        }
        if world.left.crashes > 0 {
            steps.push(Step::Crash);
        }
    }

    fn enabled_for_caller(&self, world: &World, caller: usize, steps: &mut Vec<Step>) {
        match world.callers[caller].phase {
            Phase::Ready if self.asks_on(world, caller) => steps.push(Step::Ask(caller)),
            Phase::Ready | Phase::Done => {}
            Phase::Deciding(_) => {
                self.commits(world, By::Caller(caller), steps);
                if world.left.losses > 0 && world.orphan.is_none() {
                    steps.push(Step::HangUp(caller));
                }
            }
            Phase::Answered(_) => {
                steps.push(Step::Answer(caller));
                if world.left.losses > 0 {
                    steps.push(Step::LoseAnswer(caller));
                }
            }
        }
    }

    fn commits(&self, world: &World, by: By, steps: &mut Vec<Step>) {
        steps.push(Step::Commit(by, Storage::Works));
        if world.left.lapses == 0 {
            return;
        }
        steps.push(Step::Commit(by, Storage::Unavailable));
        steps.push(Step::Commit(by, Storage::UnknownNotWritten));
        if self.committed(world, by).is_some() {
            steps.push(Step::Commit(by, Storage::UnknownWritten));
        }
    }

    fn enabled_for_care(&self, world: &World, key: usize, steps: &mut Vec<Step>) {
        match world.keys[key].care {
            Care::Offer => {
                steps.push(Step::OfferDecision { key, late: false });
                steps.push(Step::OfferDecision { key, late: true });
            }
            Care::Wanted => steps.push(Step::Send(key)),
            Care::Offering => {
                if world.left.losses > 0 && world.keys[key].call {
                    steps.push(Step::TimeOut(key));
                }
            }
            Care::LookUp if self.can_answer(world, key) => steps.push(Step::LookUp(key)),
            Care::LookUp | Care::Nothing => {}
            Care::Resolve { .. } => stores(world, key, steps, Step::Resolve),
        }
    }
}

/// An end that cannot be stored now is tried again: only one that was stored unknown to the daemon
/// makes a difference.
fn stores(world: &World, key: usize, steps: &mut Vec<Step>, step: fn(usize, Storage) -> Step) {
    steps.push(step(key, Storage::Works));
    if world.left.lapses > 0 && world.stored.is_live(world.part_of(key)) {
        steps.push(step(key, Storage::UnknownWritten));
    }
}

fn enabled_at_node(world: &World, key: usize, steps: &mut Vec<Step>) {
    let found = &world.keys[key];
    if found.call {
        arrivals(world, key, false, steps);
    }
    if found.strays > 0 {
        arrivals(world, key, true, steps);
    }
    if found.ledger == Ledger::Pending {
        steps.push(Step::Fail(key));
    }
    if found.word {
        stores(world, key, steps, Step::Hear);
    } else if found.has_end() && world.left.copies > 0 {
        steps.push(Step::TellAgain(key));
    }
}

fn arrivals(world: &World, key: usize, stray: bool, steps: &mut Vec<Step>) {
    let how = Delivery {
        key,
        stray,
        refused: false,
        luck: Luck::Good,
    };
    let refused = [false, true].into_iter();
    for refused in refused.filter(|refused| !refused || world.keys[key].ledger == Ledger::Absent) {
        let how = Delivery { refused, ..how };
        steps.push(Step::Deliver(how));
        if world.left.copies > 0 {
            let luck = Luck::Twice;
            steps.push(Step::Deliver(Delivery { luck, ..how }));
        }
        if world.left.losses > 0 && !stray {
            let luck = Luck::Unheard;
            steps.push(Step::Deliver(Delivery { luck, ..how }));
        }
    }
    if world.left.losses > 0 {
        steps.push(Step::Lose { key, stray });
    }
}
