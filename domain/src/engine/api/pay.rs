//! `pay`: an order is opened, or joined, and waited for.

use super::decisions::Decisions;
use super::opening::{Opened, Opening};
use super::wait::{WaitApi, payment_end};
use super::{ask, stored};
use crate::engine::board::PaymentEnd;
use crate::engine::ledger::Ledger;
use crate::engine::nodes::Nodes;
use crate::engine::orders::Orders;
use crate::engine::shared::Shared;
use crate::engine::timing::Timing;
use crate::engine::unrecorded::Unrecorded;
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
    wait: Arc<WaitApi>,
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
        let opened = self.decisions.finish(opening).await?;
        let told = self.answer_once_stored(hash, opened, timeout).await;
        told.map_err(goes_on)
    }

    /// How a payment whose order is stored stands, once this call has waited.
    async fn answer_once_stored(
        &self,
        hash: PaymentHash,
        opened: Opened,
        timeout: Option<Duration>,
    ) -> Result<PayAnswer, ApiError> {
        if let Opened::Before(order) = opened
            && !order.is_open()
        {
            self.assert_goes_on(hash, *order).await?;
        }
        if timeout != Some(Duration::ZERO) {
            self.wait.payment(hash, timeout).await?;
        }
        let payment = stored::payment(&self.ledger, hash).await?;
        match payment.status() {
            StatusKind::Complete | StatusKind::Pending => Ok(PayAnswer::of(&payment)),
            StatusKind::Failed => Err(failed(&payment)),
        }
    }

    /// Rule B-9: a closed order has failed, unless its payment is paid or its last parts are under way. The
    /// answer is the first one, whatever other orders have tried since.
    async fn assert_goes_on(&self, hash: PaymentHash, order: Order) -> Result<(), ApiError> {
        let payment = stored::payment(&self.ledger, hash).await?;
        let is_last = || payment.order().is_some_and(|last| last.id == order.id);
        match payment.status() {
            StatusKind::Complete => return Ok(()),
            StatusKind::Pending if is_last() => return Ok(()),
            StatusKind::Pending | StatusKind::Failed => {}
        }
        Err(ApiError::OrderFailed(Box::new(FailedOrder {
            payment: payment.summary().clone(),
            last_failed: payment.last_failed_of(&order).cloned(),
            order,
        })))
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
        let closed = self.orders.close(hash, &Why::Abandoned).await?;
        closed.ok_or(ApiError::NoSuchPayment(hash))
    }
}

impl PayAnswer {
    fn of(payment: &Payment) -> PayAnswer {
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

fn failed(payment: &Payment) -> ApiError {
    match payment_end(PaymentEnd::of(payment)) {
        Err(error) => error,
        Ok(summary) => ApiError::NoSuchPayment(summary.payment_hash),
    }
}
