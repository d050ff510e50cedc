//! What the planted bugs of the engine do. None of it is compiled without the feature `planted`.

use super::api::SendApi;
use super::board::{Board, PaymentEnd};
use super::ledger::Ledger;
use super::node::Node;
use super::orders::{Orders, Step};
use crate::invariant::Violation;
use crate::planted::planted;
use crate::{
    Change, Failure, NextStep, Offer, OfferDecision, Outcome, PartId, PartialPayment, Payment,
    PaymentId, Receipt, Timestamp, Transition,
};
use std::cell::Cell;

thread_local! {
    /// When the orders were resumed last.
    static RESUMED: Cell<Timestamp> = const { Cell::new(Timestamp(0)) };
}

/// What the guard says, or nothing where it is switched off: then a planted bug has to be found by others.
pub(super) fn guarded(allowed: Result<(), Violation>) -> Result<(), Violation> {
    if crate::planted::is_guarded() {
        allowed
    } else {
        Ok(())
    }
}

/// The part has failed although its node gave no definite answer.
pub(super) fn no_answer_is_a_no() -> NextStep {
    NextStep::Store(Outcome::Failed(Box::new(Failure::never_sent("no answer"))))
}

impl Ledger {
    /// What everybody would be told of an outcome, told already.
    pub(super) fn act_early(&self, payment: Option<&Payment>, transition: &Transition) {
        let Change::Resolved { part, .. } = transition.change else {
            return;
        };
        let receipt = Receipt {
            payment: payment.map_or(PaymentId(u64::MAX), |payment| payment.summary().id),
            part: Some(part),
            event: 0,
        };
        let payment = Payment::apply(payment.cloned(), transition.clone(), receipt);
        self.act(&payment, part, transition.kind());
    }
}

impl Board {
    /// The payment is failed for those who wait, with its first part.
    pub(super) fn fail_early(&self, payment: &Payment, part: &PartialPayment) {
        let mut end = PaymentEnd::of(payment);
        if part.failure().is_some() && end.summary.preimage.is_none() {
            end.summary.tally.live = 0;
            let hash = payment.summary().payment_hash;
            self.wake_early(hash, end);
        }
    }
}

impl SendApi {
    /// A transition with what is planted in it.
    pub(super) async fn wrong(&self, mut transition: Box<Transition>) -> Box<Transition> {
        planted!(IgnoresRequestId, transition.request = None);
        planted!(OffersBeforeCommit, self.offer_early(&transition).await);
        transition
    }

    pub(super) async fn offer_early(&self, transition: &Transition) {
        let receipt = Receipt {
            payment: PaymentId(u64::MAX),
            part: Some(PartId(u64::MAX)),
            event: 0,
        };
        let payment = Payment::apply(None, transition.clone(), receipt);
        let wish = payment.wish(PartId(u64::MAX), transition.at, self.offer_window, None);
        if let OfferDecision::Offer(offer) = wish {
            self.nodes.first().sender.offer(&offer).await;
        }
    }
}

impl Orders {
    /// The deadlines are counted from now on.
    pub(super) fn restart_deadlines(&self) {
        RESUMED.set(self.timing.now());
    }

    /// What the order needs next, if it were opened when it was resumed.
    pub(super) fn step_anew(&self, payment: &Payment) -> Option<Step> {
        let order = payment.order()?;
        let (opened, deadline) = (order.opened_at.0, order.terms.deadline.0);
        let anew = RESUMED
            .get()
            .0
            .saturating_add(deadline.saturating_sub(opened));
        let later = payment.with_deadline(Timestamp(deadline.max(anew)));
        self.step_of(&later)
    }
}

impl Node {
    /// Another key for the same part.
    pub(super) async fn offer_anew(&self, offer: &Offer) {
        let mut anew = offer.clone();
        anew.part = PartId(offer.part.0 + 1_000_000);
        self.sender.offer(&anew).await;
    }
}
