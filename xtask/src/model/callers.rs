//! A caller's request: read and decide, commit what was decided if storage is still what it was
//! decided on, answer, and only then offer.

use super::memo::{Fate, Which};
use super::mutation::Mutation;
use super::protocol::Protocol;
use super::rule::Rule;
use super::script::has_key;
use super::step::{By, Storage};
use super::stored::Stored;
use super::world::{Care, Decided, Phase, Reply, World};
use domain::contract::samples::Command;
use domain::{Refusal, StatusKind, Unchanged};

impl Protocol {
    /// What that caller asks for now: its number, and the command.
    pub(super) fn asked(&self, world: &World, caller: usize) -> (usize, &Command) {
        let ask = 2 * world.callers[caller].over + caller;
        (ask, self.script.ask(ask, world.with_sendpay))
    }

    pub(super) fn ask(&self, world: &mut World, caller: usize) {
        let (ask, _) = self.asked(world, caller);
        world.callers[caller].phase = match self.replayed(world, ask) {
            Some(part) => Phase::Answered(Reply::Part(part)),
            None => match self.fate(world, ask, &world.stored) {
                Fate::Commit { .. } => Phase::Deciding(world.stored.clone()),
                Fate::Unchanged(Unchanged::InProgress) => Phase::Answered(Reply::InProgress),
                Fate::Unchanged(_) => {
                    let complete = world.stored.status() == Some(StatusKind::Complete);
                    world.broken.require(complete, Rule::Proof);
                    Phase::Answered(Reply::Complete)
                }
                Fate::Refused(refusal) => {
                    // Nothing else that is asked here is against a rule.
                    let too_much = matches!(*refusal, Refusal::Ceiling { .. });
                    world.broken.require(too_much, Rule::OneSetOfTerms);
                    Phase::Answered(Reply::Refused)
                }
            },
        };
        self.act_too_soon(world, caller, ask);
    }

    /// What a broken protocol does before anything is stored.
    fn act_too_soon(&self, world: &mut World, caller: usize, ask: usize) {
        let Phase::Deciding(on) = world.callers[caller].phase.clone() else {
            return;
        };
        let part = on.next_part();
        if self.does(Mutation::OfferBeforeCommit) {
            world.begin(part, Care::Offering);
            let key = &mut world.keys[usize::from(part) - 1];
            (key.part, key.amount, key.call) = (part, 1, true);
        }
        if self.does(Mutation::AnswerBeforeCommit) && world.orphan.is_none() {
            world.orphan = Some(Decided { ask, on });
            world.callers[caller].phase = Phase::Answered(Reply::Part(part));
        }
    }

    /// a repeated request is the same request.
    fn replayed(&self, world: &World, ask: usize) -> Option<u8> {
        let part = world.stored.request(ask);
        part.filter(|_| !self.does(Mutation::RequestIsForgotten))
    }

    /// What an ask comes to that is decided on that.
    fn fate(&self, world: &World, ask: usize, on: &Stored) -> Fate {
        let with_sendpay = world.with_sendpay;
        let which = Which::Ask { ask, with_sendpay };
        self.memo.fate(on, &world.stored, which, &self.script)
    }

    /// What was asked and decided on, and is to be committed.
    fn decided(&self, world: &World, by: By) -> Option<Decided> {
        match by {
            By::Orphan => world.orphan.clone(),
            By::Caller(caller) => match &world.callers[caller].phase {
                Phase::Deciding(on) => Some(Decided {
                    ask: self.asked(world, caller).0,
                    on: on.clone(),
                }),
                Phase::Ready | Phase::Answered(_) | Phase::Done => None,
            },
        }
    }

    /// Storage after that commit, and the part: none if there is a conflict.
    pub(super) fn committed(&self, world: &World, by: By) -> Option<(Stored, u8)> {
        let Decided { ask, on } = self.decided(world, by)?;
        let fate = self.fate(world, ask, &on);
        let Fate::Commit {
            after,
            part,
            expected,
        } = fate
        else {
            return None;
        };
        let taken = expected || self.does(Mutation::CommitIgnoresVersion);
        (taken && self.replayed(world, ask).is_none()).then_some((after, part))
    }

    pub(super) fn commit(&self, world: &mut World, by: By, storage: Storage) {
        world.pay_for(storage);
        let written = self.committed(world, by);
        let reply = match (storage, written) {
            (Storage::Works, None) => return self.decide_again(world, by),
            (Storage::Works, Some((after, part))) => {
                world.stored = after;
                world.begin(part, Care::Offer);
                Reply::Part(part)
            }
            (Storage::Unavailable, _) => Reply::Unavailable,
            (Storage::UnknownWritten, Some((after, _))) => {
                world.stored = after;
                self.doubt(world)
            }
            (Storage::UnknownWritten, None) | (Storage::UnknownNotWritten, _) => self.doubt(world),
        };
        match by {
            By::Caller(caller) => world.callers[caller].phase = Phase::Answered(reply),
            By::Orphan => world.orphan = None,
        }
    }

    /// Whatever was written must be taken charge of.
    fn doubt(&self, world: &mut World) -> Reply {
        if self.does(Mutation::DoubtIsForgotten) {
            return Reply::Unavailable;
        }
        world.recovering = true;
        Reply::Unknown
    }

    /// A conflict: nothing was written.
    fn decide_again(&self, world: &mut World, by: By) {
        match (by, world.orphan.take()) {
            (By::Caller(caller), orphan) => {
                world.orphan = orphan;
                world.callers[caller].phase = Phase::Ready;
            }
            (By::Orphan, Some(Decided { ask, .. })) if self.replayed(world, ask).is_none() => {
                let on = world.stored.clone();
                if let Fate::Commit { .. } = self.fate(world, ask, &on) {
                    world.orphan = Some(Decided { ask, on });
                }
            }
            (By::Orphan, _) => {}
        }
    }

    pub(super) fn hang_up(&self, world: &mut World, caller: usize) {
        world.left.lose();
        if let Phase::Deciding(on) = &world.callers[caller].phase {
            let ask = self.asked(world, caller).0;
            let on = on.clone();
            world.orphan = Some(Decided { ask, on });
        }
        self.cut_off(world, caller);
    }

    pub(super) fn answer(&self, world: &mut World, caller: usize) {
        let Phase::Answered(reply) = world.callers[caller].phase else {
            return;
        };
        match reply {
            Reply::Part(part) => {
                let over = world.callers[caller].over;
                world.callers[caller].told[over] = Some(part);
                self.next_ask(world, caller);
            }
            Reply::InProgress | Reply::Complete | Reply::Refused => self.next_ask(world, caller),
            Reply::Unavailable => world.callers[caller].phase = Phase::Ready,
            Reply::Unknown => self.cut_off(world, caller),
        }
    }

    /// The caller does not learn what came of it: it asks again if it has a key, and gives up
    /// otherwise.
    pub(super) fn cut_off(&self, world: &mut World, caller: usize) {
        if has_key(self.asked(world, caller).1) {
            world.callers[caller].phase = Phase::Ready;
        } else {
            self.next_ask(world, caller);
        }
    }

    fn next_ask(&self, world: &mut World, caller: usize) {
        world.callers[caller].over += 1;
        let more = self.asks_on(world, caller);
        world.callers[caller].phase = if more { Phase::Ready } else { Phase::Done };
    }

    /// Whether that caller has something to ask.
    pub(super) fn asks_on(&self, world: &World, caller: usize) -> bool {
        2 * world.callers[caller].over + caller < self.script.len()
    }
}

impl World {
    /// One carer a part.
    pub(super) fn begin(&mut self, part: u8, care: Care) {
        let key = &mut self.keys[usize::from(part) - 1];
        if key.care == Care::Nothing {
            key.care = care;
        }
    }
}
