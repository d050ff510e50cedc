//! Waiting for an end (rule A-11): the same answer before, during and after it, and after a restart.

use super::decisions::Decisions;
use super::stored;
use crate::engine::Policy;
use crate::engine::board::{Board, PaymentEnd};
use crate::engine::ledger::Ledger;
use crate::engine::nodes::Nodes;
use crate::engine::shared::Shared;
use crate::engine::timing::Timing;
use crate::planted::planted;
use crate::{
    ApiError, Damaged, FailedOrder, ListedPart, LoadError, Order, PartId, PartialPayment, Payment,
    PaymentHash, PaymentSummary, StatusKind, StillPending,
};
use futures::future::{Either, FutureExt, select};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// Callers that wait for an end.
pub(super) struct WaitApi {
    ledger: Arc<Ledger>,
    board: Arc<Board>,
    nodes: Arc<Nodes>,
    timing: Timing,
    decisions: Arc<Decisions>,
    waiters_max: usize,
}

impl WaitApi {
    pub(super) fn new(
        nodes: Arc<Nodes>,
        decisions: Arc<Decisions>,
        policy: &Policy,
        shared: &Shared,
    ) -> WaitApi {
        WaitApi {
            ledger: shared.ledger.clone(),
            board: shared.board.clone(),
            nodes,
            timing: shared.timing.clone(),
            decisions,
            waiters_max: policy.waiters_max,
        }
    }

    pub(super) async fn part(
        &self,
        id: PartId,
        timeout: Option<Duration>,
    ) -> Result<PartialPayment, ApiError> {
        // Registered before the state is read: an outcome in between wakes it.
        let mut waiter = self.board.part(id);
        self.may_wait()?;
        // In a box of its own: whoever really waits must not hold the room for what did not happen.
        if !self.board.is_part_live(id)
            && let Some(part) = self.ended_part(id).boxed().await?
        {
            return part_end(part);
        }
        planted!(RegistersLate, {
            drop(waiter);
            let _ = self.ledger.store().part(id).await;
            waiter = self.board.part(id);
        });
        match self.within(timeout, waiter.end()).await? {
            Some(end) => part_end(PartialPayment::clone(&end)),
            None => self.part_at_time_out(id).boxed().await,
        }
    }

    /// The part, if it has its outcome already.
    async fn ended_part(&self, id: PartId) -> Result<Option<PartialPayment>, ApiError> {
        let part = stored::part(&self.ledger, id).await?;
        if part.is_live() {
            self.assert_sound(part.payment_hash).await?;
            return Ok(None);
        }
        Ok(Some(part))
    }

    /// The part as it is when the caller's time is up: its outcome may have come just now.
    async fn part_at_time_out(&self, id: PartId) -> Result<PartialPayment, ApiError> {
        let Ok(part) = stored::part(&self.ledger, id).await else {
            return Err(ApiError::TimedOut(None));
        };
        if !part.is_live() {
            return part_end(part);
        }
        let doubt = self.nodes.doubted(&part);
        let pending = StillPending::Part(Box::new(ListedPart { part, doubt }));
        Err(ApiError::TimedOut(Some(pending)))
    }

    pub(super) async fn send_pay(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError> {
        let mut waiter = self.board.payment(hash);
        self.may_wait()?;
        if !self.board.is_payment_pending(hash)
            && let Some(end) = self.ended_payment(hash).boxed().await?
        {
            return payment_end(*end);
        }
        match self.within(timeout, waiter.end()).await? {
            Some(end) => payment_end(PaymentEnd::clone(&end)),
            None => self.payment_at_time_out(hash, has_ended).boxed().await,
        }
    }

    /// The payment once no part of it is live, however it ended.
    pub(in crate::engine) async fn payment(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError> {
        self.until(hash, timeout, is_settled).await
    }

    /// The payment once nothing of it is under way, or at once if that is over which the caller waits for.
    pub(super) async fn until(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
        is_over: impl Fn(&Payment) -> bool + Send + Sync,
    ) -> Result<PaymentSummary, ApiError> {
        let mut waiter = self.board.settled(hash);
        self.may_wait()?;
        let payment = stored::payment(&self.ledger, hash).boxed().await?;
        if is_over(&payment) {
            return Ok(payment.summary().clone());
        }
        drop(payment);
        match self.within(timeout, waiter.end()).await? {
            Some(settled) => Ok(PaymentSummary::clone(&settled)),
            None => match self.payment_at_time_out(hash, is_over).boxed().await {
                // However it ended.
                Err(ApiError::PaymentFailed(failed, _)) => Ok(*failed),
                Err(ApiError::OrderFailed(failed)) => Ok(failed.payment),
                answer => answer,
            },
        }
    }

    /// How the payment ended, if it has.
    async fn ended_payment(&self, hash: PaymentHash) -> Result<Option<Box<PaymentEnd>>, ApiError> {
        let payment = stored::payment(&self.ledger, hash).await?;
        Ok(has_ended(&payment).then(|| Box::new(PaymentEnd::of(&payment))))
    }

    /// The payment as it is when the caller's time is up: its end may have come just now.
    async fn payment_at_time_out(
        &self,
        hash: PaymentHash,
        is_over: impl Fn(&Payment) -> bool,
    ) -> Result<PaymentSummary, ApiError> {
        let Ok(payment) = stored::payment(&self.ledger, hash).await else {
            return Err(ApiError::TimedOut(None));
        };
        if is_over(&payment) {
            return payment_end(PaymentEnd::of(&payment));
        }
        let live = || payment.live_parts();
        let pending = StillPending::Payment {
            summary: Box::new(payment.summary().clone()),
            deadline_height: live().filter_map(PartialPayment::deadline_height).max(),
            deadline: live().filter_map(PartialPayment::deadline).max(),
        };
        Err(ApiError::TimedOut(Some(pending)))
    }

    /// A part that nobody takes care of, because its payment is damaged, will have no end.
    async fn assert_sound(&self, hash: PaymentHash) -> Result<(), ApiError> {
        match self.ledger.store().load(hash).await {
            // Before it was deleted, whoever waits was told.
            Ok(_) | Err(LoadError::Deleted(_)) => Ok(()),
            Err(error) => Err(self.ledger.load_error(hash, None, error)),
        }
    }

    /// Asked after registering, so that no waiter is missed when the daemon stops.
    fn may_wait(&self) -> Result<(), ApiError> {
        let waiting = self.board.waiting();
        self.decisions.assert_open()?;
        if waiting > self.waiters_max {
            let others = waiting.saturating_sub(1);
            Err(ApiError::Busy(format!("{others} callers wait already")))
        } else {
            Ok(())
        }
    }

    /// The end, or none when the time is up.
    async fn within<T>(
        &self,
        timeout: Option<Duration>,
        end: impl Future<Output = Option<Arc<T>>>,
    ) -> Result<Option<Arc<T>>, ApiError> {
        let end = match timeout {
            None => end.await,
            Some(Duration::ZERO) => {
                let now = std::future::ready(());
                match select(pin!(end), now).await {
                    Either::Left((end, _)) => end,
                    Either::Right(_) => return Ok(None),
                }
            }
            Some(timeout) => match self.timing.within(timeout, end).await {
                Some(end) => end,
                None => return Ok(None),
            },
        };
        end.map(Some).ok_or(ApiError::ShuttingDown)
    }
}

/// Whether `waitsendpay` has something to tell.
fn has_ended(payment: &Payment) -> bool {
    payment.status() != StatusKind::Pending
}

/// Whether `waitpayment` has something to tell.
pub(super) fn is_settled(payment: &Payment) -> bool {
    payment.summary().is_settled()
}

fn part_end(part: PartialPayment) -> Result<PartialPayment, ApiError> {
    match part.status() {
        StatusKind::Complete => Ok(part),
        StatusKind::Failed | StatusKind::Pending => Err(ApiError::PartFailed(Box::new(part))),
    }
}

pub(super) fn payment_end(end: PaymentEnd) -> Result<PaymentSummary, ApiError> {
    let (status, at) = (
        end.summary.status(),
        end.last_failed.as_ref().map(|part| part.created_at),
    );
    let of_order = |order: &Order| {
        let closed = order.closed.as_ref();
        closed.is_some_and(|closed| at.is_none_or(|at| at <= closed.at))
    };
    match (status, end.last_failed) {
        (StatusKind::Failed, last_failed) if end.order.as_ref().is_some_and(of_order) => {
            let order = end.order.expect("it has just been looked at");
            Err(ApiError::OrderFailed(Box::new(FailedOrder {
                payment: end.summary,
                order,
                last_failed,
            })))
        }
        (StatusKind::Failed, Some(part)) => Err(ApiError::PaymentFailed(
            Box::new(end.summary),
            Box::new(part),
        )),
        (StatusKind::Complete | StatusKind::Pending | StatusKind::Failed, _) => Ok(end.summary),
    }
}

pub(super) fn quarantined(damaged: Damaged) -> ApiError {
    ApiError::Quarantined {
        hash: damaged.payment_hash.unwrap_or(PaymentHash([0; 32])),
        reason: damaged.reason,
    }
}
