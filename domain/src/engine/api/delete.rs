//! Deleting one payment: decide, persist. Nothing is left to act on.

use super::core::Core;
use crate::engine::ledger::{Change, CommitError, Turn};
use crate::{ApiError, DeletedPayment, PaymentHash, PaymentSummary};
use tracing::info;

impl Core {
    /// The payment of that hash goes, if no part of it is live.
    pub(super) async fn delete_payment(
        &self,
        hash: PaymentHash,
    ) -> Result<DeletedPayment, ApiError> {
        let deleted = self.delete_if(hash, |_| true).await?;
        let deleted = deleted.ok_or(ApiError::NoSuchPayment(hash))?;
        let DeletedPayment {
            status, tombstone, ..
        } = deleted;
        info!(payment.hash = %hash, status = status.as_str(), tombstone, "payment deleted");
        Ok(deleted)
    }

    /// The same, if it is one that is meant; none if it is not. It has the payment's turn from the
    /// look at it to the end, so that no part joins meanwhile.
    pub(super) async fn delete_if(
        &self,
        hash: PaymentHash,
        is_meant: impl Fn(&PaymentSummary) -> bool + Send + Sync,
    ) -> Result<Option<DeletedPayment>, ApiError> {
        let deleting = Deleting {
            core: self,
            hash,
            is_meant,
        };
        self.ledger.change(hash, deleting).await
    }
}

/// A payment is deleted, if it is one that is meant.
struct Deleting<'a, F> {
    core: &'a Core,
    hash: PaymentHash,
    is_meant: F,
}

impl<F: Fn(&PaymentSummary) -> bool + Send + Sync> Change for Deleting<'_, F> {
    type Answer = Result<Option<DeletedPayment>, ApiError>;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Self::Answer {
        let payment_hash = self.hash;
        let payment = turn.payment().await;
        let payment =
            payment.map_err(|error| self.core.ledger.load_error(payment_hash, None, error))?;
        let payment = payment.ok_or(ApiError::NoSuchPayment(payment_hash))?;
        if !(self.is_meant)(payment.summary()) {
            return Ok(None);
        }
        let deletion = payment.deletion(self.core.timing.now())?;
        let (status, tombstone) = (payment.status(), deletion.tombstone);
        let deleted = turn.delete(deletion).await.map_err(not_deleted)?;
        Ok(Some(DeletedPayment {
            payment_hash,
            status,
            tombstone,
            deleted,
        }))
    }
}

fn not_deleted(error: CommitError) -> ApiError {
    error.answer(
        "a rule forbids the deletion, and nothing changed",
        ApiError::DeletionUnknown,
    )
}
