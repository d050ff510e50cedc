//! What callers of `pay` are told.

use super::Judge;
use super::orders::{Holds, agrees};
use domain::invariant::{Rule, seen};
use domain::{FailedOrder, Order, PaidBy, Pay, PayAnswer, Payment, PaymentHash, StatusKind};

impl Judge {
    /// `pay` has answered, in a call that was made in the move `since`.
    pub(in crate::simulation) fn told_of_pay(
        &mut self,
        asked: &Pay,
        told: &PayAnswer,
        since: u64,
        moves: u64,
    ) {
        self.told_payment(&told.payment, since, moves);
        for part in &told.parts {
            self.told_part(part, since, moves);
        }
        let hash = told.payment.payment_hash;
        let status = told.payment.status();
        let mut holds = is_order(told.order.as_ref(), &self.during(hash, since));
        if status == StatusKind::Failed || status == StatusKind::Pending && asked.timeout.is_none()
        {
            let what = format!("who waits for the end of pay was told {status:?}");
            holds = holds.and(Err(Rule::WaitsTellTheTruth.broken(what)));
        }
        if let Some(order) = &told.order
            && status != StatusKind::Complete
        {
            let holds_so_far = holds;
            let joined = self.is_own(asked, order);
            holds = holds_so_far.and(joined);
        }
        self.rule(Some(hash), moves, holds);
    }

    /// `pay` has failed.
    pub(in crate::simulation) fn told_order_failed(
        &mut self,
        asked: Option<&Pay>,
        told: &FailedOrder,
        since: u64,
        moves: u64,
    ) {
        self.told_payment(&told.payment, since, moves);
        let hash = told.payment.payment_hash;
        let holds = self.has_failed(&told.order, &self.during(hash, since));
        let own = asked.map_or(Ok(()), |asked| self.is_own(asked, &told.order));
        self.rule(Some(hash), moves, holds.and(own));
    }

    /// A row of `listpays`.
    pub(in crate::simulation) fn told_paid_by(&mut self, told: &PaidBy, since: u64, moves: u64) {
        self.told_payment(&told.payment, since, moves);
        let hash = told.payment.payment_hash;
        let mut holds = is_order(told.order.as_ref(), &self.during(hash, since));
        // The orders are read after the payments.
        if told.order.is_none() && self.deletions(since) > 0 {
            holds = Ok(());
        }
        self.rule(Some(hash), moves, holds);
    }

    /// Rules B-5 and B-9: the order that the request has opened, or one with the same terms.
    fn is_own(&self, asked: &Pay, told: &Order) -> Holds {
        let key = asked.request_id.as_ref();
        if let Some(first) = key.and_then(|key| self.orders.opened_by.get(key)) {
            return seen::same_order(*first, told.id);
        }
        let what = || Rule::OneOrder.broken("who asked for something else has joined an order");
        agrees(asked, &told.terms).then_some(()).ok_or_else(what)
    }

    /// It was closed, and no part of it is live or was paid, while the call lasted.
    fn has_failed(&self, order: &Order, during: &[Payment]) -> Holds {
        let closed = order.closed.as_ref();
        let is_closed = closed.is_some_and(|closed| self.orders.was_closed(order.id, closed));
        let all_failed = |payment: &Payment| {
            let mut parts = self.orders.parts(order.id);
            parts.all(|id| {
                let part = payment.part(id);
                part.is_none_or(|part| part.status() == StatusKind::Failed)
            })
        };
        let what = || Rule::HonestStatus.broken("an order was told as failed that had not");
        let holds = is_closed && during.iter().any(all_failed);
        holds.then_some(()).ok_or_else(what)
    }

    /// Who abandons is told that no order is open, or a success.
    pub(in crate::simulation) fn told_abandoned(
        &mut self,
        told: &domain::PaymentSummary,
        since: u64,
        moves: u64,
    ) {
        self.told_payment(told, since, moves);
        let hash: PaymentHash = told.payment_hash;
        let open = told.order.is_some();
        let what = || Rule::ClosedStays.broken("an order was abandoned, and is told as open");
        let holds = (!open).then_some(()).ok_or_else(what);
        self.rule(Some(hash), moves, holds);
    }
}

/// It is, or was while the call lasted, the payment's last order.
fn is_order(told: Option<&Order>, during: &[Payment]) -> Holds {
    let mut orders = during.iter().map(Payment::order);
    let is_true = orders.any(|order| order == told);
    let what = || Rule::WaitsTellTheTruth.broken("an order was told that never was");
    is_true.then_some(()).ok_or_else(what)
}
