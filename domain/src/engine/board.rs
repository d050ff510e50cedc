//! Those who wait for an end, those who follow the history, and which ends are still to come.

mod waiters;

use self::waiters::{Waiter, Waiters};
use crate::planted::planted;
use crate::{
    Mutex, Order, PartId, PartialPayment, Payment, PaymentHash, PaymentSummary, StatusKind,
};
use std::collections::{HashMap, HashSet};
use std::sync::MutexGuard;

/// Where everybody is told what has become durable.
#[derive(Default)]
pub(super) struct Board {
    parts: Waiters<PartId, PartialPayment>,
    payments: Waiters<PaymentHash, PaymentEnd>,
    settled: Waiters<PaymentHash, PaymentSummary>,
    followers: Waiters<Option<PaymentHash>, ()>,
    live: Mutex<Live>,
}

/// What has no end yet, so that a waiter need not ask the store.
#[derive(Default)]
struct Live {
    parts: HashMap<PartId, PaymentHash>,
    payments: HashSet<PaymentHash>,
}

/// How a payment ended: complete, or failed with the part that failed last, and its last order.
#[derive(Clone, Debug)]
pub(super) struct PaymentEnd {
    pub(super) summary: PaymentSummary,
    pub(super) last_failed: Option<PartialPayment>,
    pub(super) order: Option<Order>,
}

impl Board {
    /// Waits for the outcome of a part.
    pub(super) fn part(&self, id: PartId) -> Waiter<'_, PartId, PartialPayment> {
        self.parts.register(id)
    }

    /// Waits until a payment is complete or has failed.
    pub(super) fn payment(&self, hash: PaymentHash) -> Waiter<'_, PaymentHash, PaymentEnd> {
        self.payments.register(hash)
    }

    /// Waits until no part of a payment is live, and no order of it is open.
    pub(super) fn settled(&self, hash: PaymentHash) -> Waiter<'_, PaymentHash, PaymentSummary> {
        self.settled.register(hash)
    }

    /// Waits until the history goes on: one payment's, or all of it.
    pub(super) fn follow(&self, hash: Option<PaymentHash>) -> Waiter<'_, Option<PaymentHash>, ()> {
        self.followers.register(hash)
    }

    /// How many wait for an end. Those who follow the history are not among them.
    pub(super) fn waiting(&self) -> usize {
        self.parts.count() + self.payments.count() + self.settled.count()
    }

    /// How many follow the history.
    #[cfg(all(test, feature = "contract", feature = "mock"))]
    pub(super) fn following(&self) -> usize {
        self.followers.count()
    }

    /// Tells those who wait for the part, and for its payment, if there is an end to tell of.
    pub(super) fn tell(&self, payment: &Payment, part: &PartialPayment) {
        self.remember_part(payment.summary().payment_hash, part);
        if !part.is_live() {
            self.parts.wake(part.id, || part.clone());
        }
        planted!(FailsWithSiblingsLive, self.fail_early(payment, part));
        self.tell_of_payment(payment);
    }

    /// Tells those who wait for the payment, if there is an end to tell of: no part has become another.
    pub(super) fn tell_of_payment(&self, payment: &Payment) {
        self.remember(payment);
        let row = payment.summary();
        let hash = row.payment_hash;
        if payment.status() != StatusKind::Pending {
            self.payments.wake(hash, || PaymentEnd::of(payment));
        }
        if row.is_settled() {
            self.settled.wake(hash, || row.clone());
        }
    }

    /// The history of that payment has gone on, or may have: those who follow it read again. After a
    /// commit in doubt this is said when storage can be read again: till then they have only to wait.
    pub(super) fn has_news(&self, hash: PaymentHash) {
        for followed in [None, Some(hash)] {
            self.followers.wake(followed, || ());
        }
    }

    /// A payment has ended for those who wait for it, whatever they are told elsewhere: what a planted bug does.
    #[cfg(feature = "planted")]
    pub(super) fn wake_early(&self, hash: PaymentHash, end: PaymentEnd) {
        self.payments.wake(hash, || end);
    }

    /// Sends everybody away: the daemon stops.
    pub(super) fn dismiss(&self) {
        self.parts.dismiss();
        self.payments.dismiss();
        self.settled.dismiss();
        self.followers.dismiss();
    }

    /// Remembers whether the part still has no end.
    fn remember_part(&self, hash: PaymentHash, part: &PartialPayment) {
        let mut live = self.live();
        if part.is_live() {
            live.parts.insert(part.id, hash);
        } else {
            live.parts.remove(&part.id);
        }
    }

    /// Remembers whether the payment still has no end.
    fn remember(&self, payment: &Payment) {
        let hash = payment.summary().payment_hash;
        let mut live = self.live();
        if payment.status() == StatusKind::Pending {
            live.payments.insert(hash);
        } else {
            live.payments.remove(&hash);
        }
    }

    pub(super) fn is_part_live(&self, part: PartId) -> bool {
        self.live().parts.contains_key(&part)
    }

    pub(super) fn is_payment_pending(&self, hash: PaymentHash) -> bool {
        self.live().payments.contains(&hash)
    }

    pub(super) fn live_parts(&self) -> usize {
        self.live().parts.len()
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock()
    }
}

impl PaymentEnd {
    pub(super) fn of(payment: &Payment) -> PaymentEnd {
        PaymentEnd {
            summary: payment.summary().clone(),
            last_failed: payment.last_failed().cloned(),
            order: payment.order().cloned(),
        }
    }
}

#[cfg(all(test, feature = "contract", feature = "mock"))]
mod tests {
    use super::*;
    use crate::contract::samples;
    use crate::engine::test_support::{complete, live};

    #[test]
    fn what_has_no_end_is_known_without_asking_storage() {
        let (board, hash, part) = (Board::default(), samples::hash(1), PartId(1));
        let known = || {
            let (part, payment) = (board.is_part_live(part), board.is_payment_pending(hash));
            (part, payment, board.live_parts())
        };
        assert_eq!(known(), (false, false, 0));
        let payment = live();
        board.tell(&payment, payment.part(part).expect("it has one"));
        assert_eq!(known(), (true, true, 1));
        let payment = complete();
        board.tell(&payment, payment.part(part).expect("it has one"));
        assert_eq!(known(), (false, false, 0));
    }
}
