//! What the planted bugs of the callers' side do. None of it is compiled without the feature `planted`.

use super::pay::{PayApi, failed};
use super::stored;
use crate::{ApiError, Listed, PayAnswer, Payment, PaymentHash, PaymentSummary, StatusKind};
use std::time::Duration;

impl PayApi {
    /// Waits for the end of whatever order is the last one, and tells that.
    pub(super) async fn by_last_order(
        &self,
        hash: PaymentHash,
        timeout: Option<Duration>,
    ) -> Result<PayAnswer, ApiError> {
        if timeout != Some(Duration::ZERO) {
            self.wait.payment(hash, timeout).await?;
        }
        stored::payment(&self.ledger, hash).await?.by_last_order()
    }
}

impl Payment {
    /// How it stands, whoever asks.
    pub(super) fn by_last_order(&self) -> Result<PayAnswer, ApiError> {
        match self.status() {
            StatusKind::Complete | StatusKind::Pending => Ok(PayAnswer::of(self)),
            StatusKind::Failed => Err(failed(self)),
        }
    }
}

/// Rows that say nothing of open orders.
pub(super) fn forget_orders(rows: &mut [Listed<PaymentSummary>]) {
    for row in rows {
        if let Listed::Sound(row) = row {
            row.order = None;
        }
    }
}
