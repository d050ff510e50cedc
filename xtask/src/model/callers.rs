//! A caller's request: read and decide, commit what was decided if storage is still what it was
//! decided on, answer, and only then offer.

use super::mutation::Mutation;
use super::protocol::Protocol;
use super::rule::Rule;
use super::script::has_key;
use super::step::{By, Storage};
use super::world::{Care, Decided, Phase, Reply, World};
use domain::{Command, Decision, Refusal, StatusKind, Transition, Unchanged};

impl Protocol {
    /// What that caller asks for now: its number, and the command.
    pub(super) fn asked(&self, world: &World, caller: usize) -> (usize, &Command) {
        let ask = 2 * world.callers[caller].over + caller;
        (ask, self.script.ask(ask, world.with_sendpay))
    }

    pub(super) fn ask(&self, world: &mut World, caller: usize) {
        let (ask, command) = self.asked(world, caller);
        world.callers[caller].phase = match self.replayed(world, ask) {
            Some(part) => Phase::Answered(Reply::Part(part)),
            None => match world.stored.decide(command) {
                Ok(Decision::Commit(_)) => Phase::Deciding(world.stored.clone()),
                Ok(Decision::Unchanged(Unchanged::InProgress)) => {
                    Phase::Answered(Reply::InProgress)
                }
                Ok(Decision::Unchanged(_)) => {
                    let complete = world.stored.status() == Some(StatusKind::Complete);
                    world.broken.require(complete, Rule::Proof);
                    Phase::Answered(Reply::Complete)
                }
                Err(refusal) => {
                    // Nothing else that is asked here is against a rule.
                    let too_much = matches!(refusal, Refusal::Ceiling { .. });
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

    pub(super) fn decided(&self, world: &World, by: By) -> Option<(Decided, Transition)> {
        let decided = match by {
            By::Orphan => world.orphan.clone()?,
            By::Caller(caller) => match &world.callers[caller].phase {
                Phase::Deciding(on) => Decided {
                    ask: self.asked(world, caller).0,
                    on: on.clone(),
                },
                Phase::Ready | Phase::Answered(_) | Phase::Done => return None,
            },
        };
        let command = self.script.ask(decided.ask, world.with_sendpay);
        let transition = Self::transition(&decided.on, command)?;
        Some((decided, transition))
    }

    /// Whether storage takes it.
    pub(super) fn takes(&self, world: &World, ask: usize, transition: &Transition) -> bool {
        let expected = world.stored.is_expected(transition);
        (expected || self.does(Mutation::CommitIgnoresVersion))
            && self.replayed(world, ask).is_none()
    }

    pub(super) fn commit(&self, world: &mut World, by: By, storage: Storage) {
        world.pay_for(storage);
        let Some((decided, transition)) = self.decided(world, by) else {
            return;
        };
        let ask = decided.ask;
        let takes = self.takes(world, ask, &transition);
        let reply = match storage {
            Storage::Works if !takes => return self.decide_again(world, by, ask),
            Storage::Works => {
                let part = self.write(world, ask, transition);
                world.begin(part, Care::Offer);
                Reply::Part(part)
            }
            Storage::Unavailable => Reply::Unavailable,
            Storage::UnknownNotWritten => self.doubt(world),
            Storage::UnknownWritten => {
                self.write(world, ask, transition);
                self.doubt(world)
            }
        };
        match by {
            By::Caller(caller) => world.callers[caller].phase = Phase::Answered(reply),
            By::Orphan => world.orphan = None,
        }
    }

    fn write(&self, world: &mut World, ask: usize, transition: Transition) -> u8 {
        let keyed = has_key(self.script.ask(ask, world.with_sendpay));
        let (stored, part) = world
            .stored
            .after(transition, keyed.then_some(ask), &self.script);
        world.stored = stored;
        part
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
    fn decide_again(&self, world: &mut World, by: By, ask: usize) {
        match by {
            By::Caller(caller) => world.callers[caller].phase = Phase::Ready,
            By::Orphan => {
                let command = self.script.ask(ask, world.with_sendpay);
                let wanted = self.replayed(world, ask).is_none()
                    && Self::transition(&world.stored, command).is_some();
                let on = world.stored.clone();
                world.orphan = wanted.then_some(Decided { ask, on });
            }
        }
    }

    pub(super) fn hang_up(&self, world: &mut World, caller: usize) {
        world.left.losses -= 1;
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
