//! `pay`: an order is opened, or joined, and waited for.

use super::decisions::Decisions;
use super::opening::{Opened, Opening};
use super::wait::{WaitApi, is_settled, payment_end};
use super::{ask, stored};
use crate::engine::board::PaymentEnd;
use crate::engine::ledger::Ledger;
use crate::engine::nodes::Nodes;
use crate::engine::orders::Orders;
use crate::engine::shared::Shared;
use crate::engine::timing::Timing;
use crate::engine::unrecorded::Unrecorded;
use crate::planted::planted;
use crate::{
    ApiError, Estimate, FailedOrder, Msat, Order, Pay, PayAnswer, Payment, PaymentHash,
    PaymentSummary, Refusal, Route, StatusKind, Why,
};
use std::sync::Arc;
use std::time::Duration;

/// Invoices to pay, over whatever ways there are.
pub(super) struct PayApi {
    pub(super) ledger: Arc<Ledger>,
    pub(super) nodes: Arc<Nodes>,
    pub(super) orders: Arc<Orders>,
    pub(super) unrecorded: Arc<Unrecorded>,
    timing: Timing,
    decisions: Arc<Decisions>,
    pub(super) wait: Arc<WaitApi>,
}

impl PayApi {
    pub(super) fn new(
        nodes: Arc<Nodes>,
        orders: Arc<Orders>,
        wait: Arc<WaitApi>,
        decisions: Arc<Decisions>,
        shared: &Shared,
    ) -> PayApi {
        PayApi {
            ledger: shared.ledger.clone(),
            nodes,
            orders,
            unrecorded: shared.unrecorded.clone(),
            timing: shared.timing.clone(),
            decisions,
            wait,
        }
    }

    pub(super) async fn pay(self: &Arc<Self>, request: Pay) -> Result<PayAnswer, ApiError> {
        let (hash, timeout) = (request.invoice.payment_hash, request.timeout);
        let command = ask::open_order(&self.nodes, request, self.timing.now())?;
        let api = self.clone();
        let opening = async move {
            let opening = Opening {
                api: &api,
                command: &command,
            };
            let opened = api.ledger.change(hash, opening).await.map_err(of_order)?;
            api.orders.drive(hash);
            Ok(opened)
        };
        let own = match self.decisions.finish(opening).await? {
            Opened::Paid => {
                let payment = stored::payment(&self.ledger, hash).await?;
                return Ok(PayAnswer::of(&payment));
            }
            Opened::Standing(order) => *order,
            Opened::Before(order) => {
                planted!(
                    AnswersWithLastOrder,
                    return self.by_last_order(hash, timeout).await
                );
                *order
            }
        };
        let told = self.end_of(hash, own, timeout).await;
        told.map_err(goes_on)
    }

    /// How the payment stands after the wait, if that order is still its last one. Otherwise why that order has
    /// failed: since then somebody has opened another order, or sent parts.
    async fn end_of(
        &self,
        hash: PaymentHash,
        own: Order,
        timeout: Option<Duration>,
    ) -> Result<PayAnswer, ApiError> {
        if !own.is_open() {
            self.assert_goes_on(hash, own.clone()).await?;
        }
        let waits = timeout != Some(Duration::ZERO);
        if waits {
            let is_over = |payment: &Payment| is_settled(payment) || !is_last(payment, &own);
            self.wait.until(hash, timeout, is_over).await?;
        }
        let payment = stored::payment(&self.ledger, hash).await?;
        planted!(AnswersWithLastOrder, return payment.by_last_order());
        let is_last = is_last(&payment, &own);
        match payment.status() {
            StatusKind::Complete => Ok(PayAnswer::of(&payment)),
            StatusKind::Pending if is_last && !waits => Ok(PayAnswer::of(&payment)),
            StatusKind::Failed if is_last => Err(failed(&payment)),
            StatusKind::Pending | StatusKind::Failed => {
                let order = stored::closed(&self.ledger, hash, own).await?;
                Err(order_failed(&payment, order))
            }
        }
    }

    /// Rule B-9: a closed order has failed, unless its payment is paid or its last parts are under way. The
    /// answer is the first one, whatever other orders have tried since.
    async fn assert_goes_on(&self, hash: PaymentHash, order: Order) -> Result<(), ApiError> {
        let payment = stored::payment(&self.ledger, hash).await?;
        match payment.status() {
            StatusKind::Complete => Ok(()),
            StatusKind::Pending if is_last(&payment, &order) => Ok(()),
            StatusKind::Pending | StatusKind::Failed => Err(order_failed(&payment, order)),
        }
    }

    /// What paying would cost now. Nothing is stored.
    pub(super) async fn estimate(&self, request: Pay) -> Result<Estimate, ApiError> {
        let command = ask::open_order(&self.nodes, request, self.timing.now())?;
        // Refused for the same reasons, except for what is stored.
        Payment::open(None, &command)?;
        let plan = self.orders.quote(&command).await.map_err(ApiError::NoWay)?;
        let delays = plan.parts.iter().map(|(_, route)| route.first().delay);
        Ok(Estimate {
            amount: command.terms.deliver,
            fee: plan.sum(Route::fee).unwrap_or(Msat::MAX),
            delay: delays.max().unwrap_or(0),
            plan,
        })
    }

    /// No new part is sent; what is live ends by itself. The payment as it is then.
    pub(super) async fn abandon(
        self: &Arc<Self>,
        hash: PaymentHash,
    ) -> Result<PaymentSummary, ApiError> {
        let api = self.clone();
        let abandoning = async move { api.close(hash).await };
        self.decisions.finish(abandoning).await
    }

    async fn close(&self, hash: PaymentHash) -> Result<PaymentSummary, ApiError> {
        let payment = stored::payment(&self.ledger, hash).await?;
        if payment.order().is_none() {
            return Err(Refusal::NoOrder { hash }.into());
        }
        let closed = self.orders.close(hash, &Why::Abandoned, None).await?;
        closed.ok_or(ApiError::NoSuchPayment(hash))
    }
}

impl PayAnswer {
    pub(super) fn of(payment: &Payment) -> PayAnswer {
        PayAnswer {
            payment: payment.summary().clone(),
            order: payment.order().cloned(),
            parts: payment.ordered_parts().cloned().collect(),
        }
    }

    /// What its pending and complete parts cost.
    pub fn fee(&self) -> Msat {
        self.payment.tally.fees()
    }
}

/// What storage cannot tell is whether there is an order: no part has been asked for.
fn of_order(error: ApiError) -> ApiError {
    match error {
        ApiError::StorageUnknown(reason) => ApiError::OpeningUnknown(reason),
        error => error,
    }
}

/// The order is stored (rule A-14): nobody is told that the call changed nothing.
fn goes_on(error: ApiError) -> ApiError {
    match error {
        ApiError::Busy(reason)
        | ApiError::StorageUnavailable(reason)
        | ApiError::StorageUnknown(reason) => ApiError::OrderGoesOn(reason),
        ApiError::ShuttingDown => ApiError::OrderGoesOn("the daemon is stopping".to_owned()),
        other => other,
    }
}

/// Why an order has failed that may not be the payment's last one.
fn order_failed(payment: &Payment, order: Order) -> ApiError {
    ApiError::OrderFailed(Box::new(FailedOrder {
        payment: payment.summary().clone(),
        last_failed: payment.last_failed_of(&order).cloned(),
        order,
    }))
}

/// Whether no other order was opened since that one.
fn is_last(payment: &Payment, own: &Order) -> bool {
    payment.order().is_some_and(|last| last.id == own.id)
}

pub(super) fn failed(payment: &Payment) -> ApiError {
    match payment_end(PaymentEnd::of(payment)) {
        Err(error) => error,
        Ok(summary) => ApiError::NoSuchPayment(summary.payment_hash),
    }
}
