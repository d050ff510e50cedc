//! Deleting one payment: decide, persist. Nothing is left to act on.

use super::decisions::Decisions;
use crate::engine::ledger::{Change, CommitError, Ledger, Turn};
use crate::engine::shared::Shared;
use crate::engine::timing::Timing;
use crate::{ApiError, DeletedPayment, PaymentHash, PaymentSummary};
use std::sync::Arc;
use tracing::info;

/// Payments that are over, to be deleted.
pub(super) struct DeleteApi {
    pub(super) ledger: Arc<Ledger>,
    pub(super) timing: Timing,
    pub(super) decisions: Arc<Decisions>,
}

impl DeleteApi {
    pub(super) fn new(decisions: Arc<Decisions>, shared: &Shared) -> DeleteApi {
        DeleteApi {
            ledger: shared.ledger.clone(),
            timing: shared.timing.clone(),
            decisions,
        }
    }

    /// The payment of that hash goes, if no part of it is live.
    pub(super) async fn payment(
        self: &Arc<Self>,
        hash: PaymentHash,
    ) -> Result<DeletedPayment, ApiError> {
        let api = self.clone();
        let deleting = async move { api.delete(hash).await };
        self.decisions.finish(deleting).await
    }

    async fn delete(&self, hash: PaymentHash) -> Result<DeletedPayment, ApiError> {
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
            api: self,
            hash,
            is_meant,
        };
        self.ledger.change(hash, deleting).await
    }
}

/// A payment is deleted, if it is one that is meant.
struct Deleting<'a, F> {
    api: &'a DeleteApi,
    hash: PaymentHash,
    is_meant: F,
}

impl<F: Fn(&PaymentSummary) -> bool + Send + Sync> Change for Deleting<'_, F> {
    type Answer = Result<Option<DeletedPayment>, ApiError>;

    async fn attempt(&self, turn: &mut Turn<'_>) -> Self::Answer {
        let payment_hash = self.hash;
        let payment = turn.payment().await;
        let payment =
            payment.map_err(|error| self.api.ledger.load_error(payment_hash, None, error))?;
        let payment = payment.ok_or(ApiError::NoSuchPayment(payment_hash))?;
        if !(self.is_meant)(payment.summary()) {
            return Ok(None);
        }
        let deletion = payment.deletion(self.api.timing.now())?;
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
