//! What really became of the money: every HTLC, and the payees that hold, take or refuse them.

use domain::contract::samples;
use domain::invariant::seen::Htlc;
use domain::{Msat, Offer, PartId, PaymentHash, Preimage, Route};
use std::collections::{BTreeMap, BTreeSet};

/// A part's key at its node.
pub(super) type Key = (PartId, PaymentHash);

/// How many payments there are in a world.
pub(super) const PAYMENTS: u64 = 3;

/// Every HTLC there is.
#[derive(Default)]
pub(super) struct Truth {
    htlcs: BTreeMap<Key, Made>,
    routes: BTreeMap<Key, Route>,
    /// What others deliver of a payment.
    elsewhere: BTreeMap<PaymentHash, u64>,
}

#[derive(Clone, Copy)]
struct Made {
    node: usize,
    amount: Msat,
    total: Msat,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At our node, which loses it if it starts anew.
    Accepted,
    /// On its way.
    Out,
    /// At the payee, which waits for the rest.
    Held,
    Taken,
    Back,
}

impl Truth {
    /// The node has taken charge of it.
    pub(super) fn make(&mut self, node: usize, offer: &Offer) {
        let made = Made {
            node,
            amount: offer.route.amount(),
            total: offer.total,
            place: Place::Accepted,
        };
        let key = (offer.part, offer.payment_hash);
        self.htlcs.insert(key, made);
        self.routes.insert(key, offer.route.clone());
    }

    /// Others deliver so much of that payment.
    pub(super) fn comes_from_elsewhere(&mut self, hash: PaymentHash, amount: u64) {
        self.elsewhere.insert(hash, amount);
    }

    /// The way of a part, if it ever left.
    pub(super) fn route(&self, key: Key) -> Option<Route> {
        self.routes.get(&key).cloned()
    }

    /// What a part that is out or taken costs.
    pub(super) fn fee(&self, key: Key) -> Msat {
        let made = self.htlcs.get(&key);
        let is_out = made.is_some_and(|made| made.place != Place::Back);
        let route = self.routes.get(&key).filter(|_| is_out);
        route.map_or(Msat::ZERO, Route::fee)
    }

    /// It leaves the node, unless that has lost it.
    pub(super) fn leaves(&mut self, key: Key) -> bool {
        self.moves(key, Place::Accepted, Place::Out)
    }

    /// Its money comes back.
    pub(super) fn comes_back(&mut self, key: Key) {
        self.moves(key, Place::Out, Place::Back);
    }

    /// The payee has it: what it takes now, if that is all it waited for, and whether this is the
    /// first that it holds. One who comes after the payment was taken is sent back.
    pub(super) fn arrives(&mut self, key: Key) -> Arrival {
        let taken = |made: &Made| made.place == Place::Taken;
        if self.of_payment(key.1).any(|(_, made)| taken(made)) {
            self.comes_back(key);
            return Arrival::Late;
        }
        self.moves(key, Place::Out, Place::Held);
        let held = self.held(key.1);
        let others = self.elsewhere.get(&key.1).copied().unwrap_or(0);
        let sum = others + held.iter().map(|(_, made)| made.amount.get()).sum::<u64>();
        let total = held.iter().map(|(_, made)| made.total.get()).max();
        if sum < total.unwrap_or(u64::MAX) {
            return Arrival::Held {
                first: held.len() == 1,
            };
        }
        Arrival::Taken(self.all(&held, Place::Taken))
    }

    /// The payee waits no longer for the rest.
    pub(super) fn gives_up(&mut self, hash: PaymentHash) -> Vec<(Key, usize)> {
        let held = self.held(hash);
        self.all(&held, Place::Back)
    }

    /// A node starts anew: what had not left is lost.
    pub(super) fn restarts(&mut self, node: usize) -> Vec<Key> {
        let lost = |made: &Made| made.node == node && made.place == Place::Accepted;
        let keys = self.htlcs.iter().filter(|(_, made)| lost(made));
        let keys: Vec<Key> = keys.map(|(key, _)| *key).collect();
        for key in &keys {
            self.htlcs.remove(key);
        }
        keys
    }

    /// What became of a part; `None` if it never left.
    pub(super) fn of(&self, key: Key) -> Option<Htlc> {
        let made = self.htlcs.get(&key)?;
        Some(match made.place {
            Place::Accepted | Place::Out | Place::Held => Htlc::Out,
            Place::Taken => Htlc::Taken,
            Place::Back => Htlc::Back,
        })
    }

    /// Every part that a node has taken charge of and not lost.
    pub(super) fn keys(&self, node: usize) -> Vec<Key> {
        let own = self.htlcs.iter().filter(|(_, made)| made.node == node);
        own.map(|(key, _)| *key).collect()
    }

    /// Every hash of which a payee has taken something.
    pub(super) fn paid(&self) -> BTreeSet<PaymentHash> {
        let taken = self
            .htlcs
            .iter()
            .filter(|(_, made)| made.place == Place::Taken);
        taken.map(|(key, _)| key.1).collect()
    }

    /// Whether that hash is one of them.
    pub(super) fn is_paid(&self, hash: PaymentHash) -> bool {
        self.of_payment(hash)
            .any(|(_, made)| made.place == Place::Taken)
    }

    /// What of a payment is out or taken.
    pub(super) fn committed(&self, hash: PaymentHash) -> Vec<Msat> {
        let htlcs = self.of_payment(hash);
        let committed = htlcs.filter(|(_, made)| made.place != Place::Back);
        committed.map(|(_, made)| made.amount).collect()
    }

    /// The preimage, which only the payee knows until it takes the money.
    pub(super) fn preimage(hash: PaymentHash) -> [u8; 32] {
        let payments = (1..=PAYMENTS).map(samples::preimage);
        let mut found = payments.filter(|(of, _)| *of == hash);
        let preimage = found.next().map(|(_, preimage): (_, Preimage)| preimage);
        preimage.map_or([0; 32], |preimage| *preimage.expose())
    }

    fn held(&self, hash: PaymentHash) -> Vec<(Key, Made)> {
        let htlcs = self.of_payment(hash);
        let held = htlcs.filter(|(_, made)| made.place == Place::Held);
        held.map(|(key, made)| (*key, *made)).collect()
    }

    fn of_payment(&self, hash: PaymentHash) -> impl Iterator<Item = (&Key, &Made)> {
        self.htlcs.iter().filter(move |(key, _)| key.1 == hash)
    }

    fn all(&mut self, held: &[(Key, Made)], to: Place) -> Vec<(Key, usize)> {
        for (key, _) in held {
            self.moves(*key, Place::Held, to);
        }
        held.iter().map(|(key, made)| (*key, made.node)).collect()
    }

    fn moves(&mut self, key: Key, from: Place, to: Place) -> bool {
        match self.htlcs.get_mut(&key) {
            Some(made) if made.place == from => {
                made.place = to;
                true
            }
            _ => false,
        }
    }
}

/// What the payee does about an HTLC that arrives.
pub(super) enum Arrival {
    /// Too late: it is sent back.
    Late,
    /// It waits for the rest.
    Held {
        /// Nothing else was there.
        first: bool,
    },
    /// It takes these, each at its node.
    Taken(Vec<(Key, usize)>),
}
