//! What the daemon does about a part: offer it if it is still wanted, ask when in doubt, store its
//! end, and take charge of everything again after a crash.

use super::bounds::{ASKS_MAX, KEYS};
use super::memo::{Fate, Which};
use super::mutation::Mutation;
use super::protocol::Protocol;
use super::rule::Rule;
use super::script::{LATE, NOW, WINDOW};
use super::step::Storage;
use super::stored::number;
use super::world::{Care, Ledger, Phase, World};
use domain::contract::samples::preimage;
use domain::{
    Failure, LookUp, NextStep, OfferAnswer, OfferDecision, Outcome, PartId, Refusal, StatusKind,
};

impl Protocol {
    pub(super) fn wish(world: &mut World, key: usize, late: bool) {
        let part = world.part_of(key);
        let now = if late { LATE } else { NOW };
        let payment = world.stored.payment();
        let wish = payment.map_or(OfferDecision::Resolved, |payment| {
            payment.wish(PartId(part.into()), now, WINDOW, None)
        });
        world.keys[key].care = match wish {
            OfferDecision::Resolved => Care::Nothing,
            OfferDecision::Drop(_) => Care::Resolve { fulfilled: false },
            OfferDecision::Offer(offer) => {
                let complete = world.stored.status() == Some(StatusKind::Complete);
                world.broken.require(!complete, Rule::NeverTwice);
                let amount = u16::try_from(offer.route.amount().get()).unwrap_or(u16::MAX);
                world.keys[key].part = part;
                world.keys[key].amount = amount;
                Care::Wanted
            }
        };
    }

    pub(super) fn time_out(&self, world: &mut World, key: usize) {
        world.left.lose();
        let key = &mut world.keys[key];
        key.call = false;
        key.strays += 1;
        key.care = if self.does(Mutation::TimeoutIsFailure) {
            Care::Resolve { fulfilled: false }
        } else {
            Care::after(OfferAnswer::Unknown(String::new()).into())
        };
    }

    /// Whether the node can answer a look-up: "never seen" is a proof, and while an offer is on its
    /// way there is none. The daemon asks until there is.
    pub(super) fn can_answer(&self, world: &World, key: usize) -> bool {
        let on_its_way = world.keys[key].ledger == Ledger::Absent
            && world.keys[key].is_on_its_way()
            && !self.does(Mutation::NeverSeenWithoutProof);
        !on_its_way || !world.stored.is_live(world.part_of(key))
    }

    pub(super) fn look_up(&self, world: &mut World, key: usize) {
        let part = world.part_of(key);
        let live = world.stored.is_live(part);
        let (_, preimage) = preimage(1);
        let found = &mut world.keys[key];
        let answer = match found.ledger {
            Ledger::Pending => LookUp::Pending,
            Ledger::Fulfilled => LookUp::Fulfilled(preimage),
            Ledger::Failed | Ledger::Refused => LookUp::Failed(Box::new(Failure::never_sent(""))),
            Ledger::Absent => LookUp::NeverSeen,
        };
        found.care = if live {
            Care::after(answer.into())
        } else {
            Care::Nothing
        };
        if self.does(Mutation::AnotherKey) && live && key < ASKS_MAX && found.amount > 0 {
            found.care = Care::Nothing;
            let amount = found.amount;
            let other = &mut world.keys[key + ASKS_MAX];
            (other.part, other.amount, other.care) = (part, amount, Care::Wanted);
        }
    }

    pub(super) fn resolve(&self, world: &mut World, key: usize, storage: Storage) {
        let fulfilled = world.keys[key].care == Care::Resolve { fulfilled: true };
        if self.store_end(world, key, fulfilled, storage) {
            world.keys[key].care = Care::Nothing;
        }
    }

    pub(super) fn hear(&self, world: &mut World, key: usize, storage: Storage) {
        let fulfilled = world.keys[key].ledger == Ledger::Fulfilled;
        if self.store_end(world, key, fulfilled, storage) {
            world.keys[key].word = false;
        }
    }

    /// Read, decide, commit: the payment's turn is not given up in between. Whether the daemon
    /// knows that it is stored.
    fn store_end(&self, world: &mut World, key: usize, fulfilled: bool, storage: Storage) -> bool {
        world.pay_for(storage);
        let part = world.part_of(key);
        let which = Which::Outcome { part, fulfilled };
        let stored = &world.stored;
        match self.memo.fate(stored, stored, which, &self.script) {
            Fate::Commit { after, .. } => world.stored = after,
            Fate::Unchanged(_) => {}
            Fate::Refused(refusal) => {
                let stranger = matches!(*refusal, Refusal::NoSuchPart { .. });
                world.broken.require(stranger, Rule::Proof);
            }
        }
        storage == Storage::Works
    }

    pub(super) fn recover(&self, world: &mut World) {
        world.recovering = false;
        let care = if self.does(Mutation::RecoveryOffersUnasked) {
            Care::Offer
        } else {
            Care::LookUp
        };
        let stored = world.stored.clone();
        for part in stored.parts().filter(|part| part.is_live()) {
            world.begin(number(part), care);
        }
    }

    /// What is stored, the node, and what is on its way to it stay.
    pub(super) fn crash(&self, world: &mut World) {
        world.left.crashes -= 1;
        world.orphan = None;
        world.recovering = !self.does(Mutation::NoRecovery);
        for caller in 0..world.callers.len() {
            match world.callers[caller].phase {
                Phase::Deciding(_) | Phase::Answered(_) => self.cut_off(world, caller),
                Phase::Ready | Phase::Done => {}
            }
        }
        for key in &mut world.keys {
            key.care = Care::Nothing;
            key.strays += u8::from(key.call);
            key.call = false;
        }
    }
}

impl Care {
    /// What the product's own function says.
    pub(super) fn after(step: NextStep) -> Care {
        match step {
            NextStep::Done => Care::Nothing,
            NextStep::Store(word) => Care::Resolve {
                fulfilled: matches!(word, Outcome::Fulfilled(_)),
            },
            NextStep::Offer => Care::Offer,
            NextStep::LookUp | NextStep::InDoubt(_) => Care::LookUp,
            NextStep::Wait(_) => unreachable!("the node of the model is at the tip"),
        }
    }
}

impl World {
    /// The part that a key stands for.
    pub(super) fn part_of(&self, key: usize) -> u8 {
        match self.keys[key].part {
            0 => u8::try_from(key.min(KEYS) + 1).unwrap_or(u8::MAX),
            part => part,
        }
    }
}
