//! The node and the payee: at most one HTLC a key, and the payee takes nothing before everything
//! has arrived.

use super::protocol::Protocol;
use super::rule::Rule;
use super::script::INTENDED;
use super::step::{Delivery, Luck};
use super::world::{Care, Key, Ledger, World};
use domain::{Failure, OfferAnswer, StatusKind};

impl Protocol {
    pub(super) fn deliver(world: &mut World, how: Delivery) {
        let complete = world.stored.status() == Some(StatusKind::Complete);
        match how.luck {
            Luck::Good => {}
            Luck::Twice => world.left.copy(),
            Luck::Unheard => world.left.lose(),
        }
        let key = &mut world.keys[how.key];
        if how.stray {
            key.strays -= 1;
        } else {
            key.call = false;
        }
        key.strays += u8::from(how.luck == Luck::Twice);
        let before = key.ledger;
        match before {
            Ledger::Absent if how.refused => key.ledger = Ledger::Refused,
            Ledger::Absent => {
                key.ledger = Ledger::Pending;
                world.broken.require(!complete, Rule::NeverTwice);
            }
            Ledger::Pending | Ledger::Fulfilled | Ledger::Failed | Ledger::Refused => {}
        }
        if !how.stray && key.care == Care::Offering {
            let answer = match key.ledger {
                _ if how.luck == Luck::Unheard => OfferAnswer::Unknown(String::new()),
                _ if before != Ledger::Absent && before != Ledger::Refused => {
                    OfferAnswer::AlreadyOffered
                }
                Ledger::Refused => OfferAnswer::Refused(Box::new(Failure::never_sent(""))),
                Ledger::Absent | Ledger::Pending | Ledger::Fulfilled | Ledger::Failed => {
                    OfferAnswer::Accepted
                }
            };
            key.care = Care::after(answer.into());
        }
    }
}

impl World {
    /// What is out or was delivered, in msat.
    pub(super) fn at_node(&self) -> u64 {
        let counted = self.keys.iter().filter(|key| key.counts());
        counted.map(|key| u64::from(key.amount)).sum()
    }

    /// Whether the payee, or whoever has seen its proof, can take something.
    pub(super) fn can_take(&self) -> bool {
        let pending = |key: &Key| key.ledger == Ledger::Pending;
        let fulfilled = |key: &Key| key.ledger == Ledger::Fulfilled;
        let revealed = self.keys.iter().any(fulfilled);
        self.keys.iter().any(pending) && (revealed || self.at_node() >= INTENDED)
    }
}

impl Key {
    pub(super) fn send(&mut self) {
        self.care = Care::Offering;
        self.call = true;
    }

    pub(super) fn lose(&mut self, stray: bool) {
        if stray {
            self.strays -= 1;
        } else {
            self.call = false;
            // The daemon has waited long enough.
            self.care = Care::LookUp;
        }
    }

    pub(super) fn fail(&mut self) {
        self.ledger = Ledger::Failed;
        self.word = true;
    }

    pub(super) fn fulfil(&mut self) {
        if self.ledger == Ledger::Pending {
            self.ledger = Ledger::Fulfilled;
            self.word = true;
        }
    }
}
