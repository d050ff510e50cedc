//! Waiting for an end (rule A-11): the same answer before, during and after it, and after a restart.

use crate::engine::core::Core;
use crate::engine::persist::PaymentEnd;
use crate::planted::planted;
use crate::{
    ApiError, Damaged, Listed, LoadError, PartId, PartialPayment, Payment, PaymentHash,
    PaymentSummary, StatusKind,
};
use futures::future::{Either, FutureExt, select};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Core {
    pub(super) async fn wait_part(
        &self,
        id: PartId,
        timeout: Option<Duration>,
    ) -> Result<PartialPayment, ApiError> {
        // Registered before the state is read: an outcome in between wakes it.
        let mut waiter = self.part_waiters.register(id);
        self.may_wait()?;
        // In a box of its own: whoever really waits must not hold the room for what did not happen.
        if !self.is_part_live(id)
            && let Some(part) = self.ended_part(id).boxed().await?
        {
            return part_end(part);
        }
        planted!(RegistersLate, {
            drop(waiter);
            let _ = self.store.part(id).await;
            waiter = self.part_waiters.register(id);
        });
        let end = self.within(timeout, waiter.end()).await?;
        part_end(PartialPayment::clone(&end))
    }

    /// The part, if it has its outcome already.
    async fn ended_part(&self, id: PartId) -> Result<Option<PartialPayment>, ApiError> {
        match self.store.part(id).await? {
            None => Err(ApiError::NoSuchPart(id)),
            Some(Listed::Damaged(damaged)) => Err(quarantined(damaged)),
            Some(Listed::Sound(part)) if !part.is_live() => Ok(Some(part)),
            Some(Listed::Sound(part)) => {
                self.assert_sound(part.payment_hash).await?;
                Ok(None)
            }
        }
    }

    pub(super) async fn wait_send_pay(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError> {
        let mut waiter = self.payment_waiters.register(hash);
        self.may_wait()?;
        if !self.is_payment_pending(hash)
            && let Some(end) = self.ended_payment(hash).boxed().await?
        {
            return payment_end(*end);
        }
        let end = self.within(timeout, waiter.end()).await?;
        payment_end(PaymentEnd::clone(&end))
    }

    /// The payment once no part of it is live, however it ended.
    pub(super) async fn wait_payment(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PaymentSummary, ApiError> {
        let mut waiter = self.settled_waiters.register(hash);
        self.may_wait()?;
        if let Some(settled) = self.settled_payment(hash).boxed().await? {
            return Ok(settled);
        }
        let settled = self.within(timeout, waiter.end()).await?;
        Ok(PaymentSummary::clone(&settled))
    }

    /// The payment, if no part of it is live.
    async fn settled_payment(&self, hash: PaymentHash) -> Result<Option<PaymentSummary>, ApiError> {
        let payment = self.stored_payment(hash).await?;
        let summary = payment.summary();
        Ok((summary.tally.live == 0).then(|| summary.clone()))
    }

    /// How the payment ended, if it has.
    async fn ended_payment(&self, hash: PaymentHash) -> Result<Option<Box<PaymentEnd>>, ApiError> {
        let payment = self.stored_payment(hash).await?;
        let has_ended = payment.status() != StatusKind::Pending;
        Ok(has_ended.then(|| Box::new(PaymentEnd::of(&payment))))
    }

    pub(super) async fn stored_payment(&self, hash: PaymentHash) -> Result<Payment, ApiError> {
        let payment = self.store.load(hash).await;
        let payment = payment.map_err(|error| self.load_error(hash, None, error))?;
        payment.ok_or(ApiError::NoSuchPayment(hash))
    }

    /// A part that nobody takes care of, because its payment is damaged, will have no end.
    async fn assert_sound(&self, hash: PaymentHash) -> Result<(), ApiError> {
        match self.store.load(hash).await {
            // Before it was deleted, whoever waits was told.
            Ok(_) | Err(LoadError::Deleted(_)) => Ok(()),
            Err(error) => Err(self.load_error(hash, None, error)),
        }
    }

    /// Asked after registering, so that no waiter is missed when the daemon stops.
    fn may_wait(&self) -> Result<(), ApiError> {
        let waiting = self.waiters();
        if self.stopping.load(Ordering::Acquire) {
            Err(ApiError::ShuttingDown)
        } else if waiting > self.policy.waiters_max {
            let others = waiting.saturating_sub(1);
            Err(ApiError::Busy(format!("{others} callers wait already")))
        } else {
            Ok(())
        }
    }

    async fn within<T>(
        &self,
        timeout: Option<Duration>,
        end: impl Future<Output = Option<Arc<T>>>,
    ) -> Result<Arc<T>, ApiError> {
        let end = match timeout {
            None => end.await,
            Some(Duration::ZERO) => {
                let now = std::future::ready(());
                match select(pin!(end), now).await {
                    Either::Left((end, _)) => end,
                    Either::Right(_) => return Err(ApiError::TimedOut),
                }
            }
            Some(timeout) => {
                let deadline = self.clock.now().after(timeout);
                match select(pin!(end), self.clock.sleep_until(deadline)).await {
                    Either::Left((end, _)) => end,
                    Either::Right(_) => return Err(ApiError::TimedOut),
                }
            }
        };
        end.ok_or(ApiError::ShuttingDown)
    }
}

fn part_end(part: PartialPayment) -> Result<PartialPayment, ApiError> {
    match part.status() {
        StatusKind::Complete => Ok(part),
        StatusKind::Failed | StatusKind::Pending => Err(ApiError::PartFailed(Box::new(part))),
    }
}

pub(super) fn payment_end(end: PaymentEnd) -> Result<PaymentSummary, ApiError> {
    match (end.summary.status(), end.last_failed) {
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
