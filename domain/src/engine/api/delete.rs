//! Deleting one payment: decide, persist. Nothing is left to act on.

use super::core::Core;
use crate::engine::ledger::{CONFLICTS_MAX, CommitError};
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
        let cell = self.ledger.cell(hash);
        let mut turn = cell.turn().await;
        for _ in 0..CONFLICTS_MAX {
            let payment = turn.payment().await;
            let payment = payment.map_err(|error| self.ledger.load_error(hash, None, error))?;
            let payment = payment.ok_or(ApiError::NoSuchPayment(hash))?;
            if !is_meant(payment.summary()) {
                return Ok(None);
            }
            let deletion = payment.deletion(self.timing.now())?;
            let (status, tombstone) = (payment.status(), deletion.tombstone);
            match self.ledger.delete(&mut turn, deletion).await {
                Ok(deleted) => {
                    return Ok(Some(DeletedPayment {
                        payment_hash: hash,
                        status,
                        tombstone,
                        deleted,
                    }));
                }
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(not_deleted(error)),
            }
        }
        Err(not_deleted(CommitError::Conflict))
    }
}

fn not_deleted(error: CommitError) -> ApiError {
    error.answer(
        "a rule forbids the deletion, and nothing changed",
        ApiError::DeletionUnknown,
    )
}
