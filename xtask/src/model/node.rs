//! The node and the payee: at most one HTLC a key, and the payee takes nothing before everything
//! has arrived.

use super::protocol::Protocol;
use super::rule::Rule;
use super::script::INTENDED;
use super::step::{Delivery, Luck};
use super::world::{Care, Key, Ledger, World};
use domain::StatusKind;

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
            key.care = match key.ledger {
                _ if how.luck == Luck::Unheard => Care::LookUp,
                Ledger::Refused => Care::Resolve { fulfilled: false },
                // It had taken charge before: what became of that is asked.
                _ if before != Ledger::Absent => Care::LookUp,
                Ledger::Absent | Ledger::Pending | Ledger::Fulfilled | Ledger::Failed => {
                    Care::Nothing
                }
            };
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
