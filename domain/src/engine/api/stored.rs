//! What is stored, as callers are told of it.

use super::wait::quarantined;
use crate::engine::ledger::Ledger;
use crate::{
    ApiError, Listed, LoadError, Made, PartId, PartialPayment, Payment, PaymentHash, Request,
};

pub(super) async fn payment(ledger: &Ledger, hash: PaymentHash) -> Result<Payment, ApiError> {
    let payment = ledger.store().load(hash).await;
    let payment = payment.map_err(|error| ledger.load_error(hash, None, error))?;
    payment.ok_or(ApiError::NoSuchPayment(hash))
}

pub(super) async fn part(ledger: &Ledger, id: PartId) -> Result<PartialPayment, ApiError> {
    match ledger.store().part(id).await? {
        None => Err(ApiError::NoSuchPart(id)),
        Some(Listed::Damaged(damaged)) => Err(quarantined(damaged)),
        Some(Listed::Sound(part)) => Ok(part),
    }
}

/// What that request has made, if it was made before: another one is refused.
pub(super) async fn made(ledger: &Ledger, request: &Request) -> Result<Option<Made>, ApiError> {
    match ledger.store().request(request.id.clone()).await {
        Ok(None) => Ok(None),
        Ok(Some((stored, made))) if stored.digest == request.digest => Ok(Some(made)),
        Ok(Some((_, made))) => Err(made.reused().into()),
        Err(unavailable) => Err(ApiError::StorageUnknown(unavailable.0)),
    }
}

/// Rule A-10: nothing is sent towards what was paid and deleted.
pub(super) fn send_error(
    ledger: &Ledger,
    hash: PaymentHash,
    request: Option<&Request>,
    error: LoadError,
) -> ApiError {
    match error {
        LoadError::Deleted(tombstone) => tombstone.refusal().into(),
        error => ledger.load_error(hash, request, error),
    }
}
