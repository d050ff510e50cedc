//! What is stored, as callers are told of it.

use super::wait::quarantined;
use crate::engine::ledger::Ledger;
use crate::{
    ApiError, Closed, EventFilter, Listed, LoadError, Made, Order, PartId, PartialPayment, Payment,
    PaymentHash, Request,
};

/// An order has fewer events: each part that it tries has three at most.
const EVENTS_MAX: u32 = 1_000;

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

/// The order as it was closed, which its payment's history tells when it is the last one no more.
pub(super) async fn closed(
    ledger: &Ledger,
    hash: PaymentHash,
    order: Order,
) -> Result<Order, ApiError> {
    if !order.is_open() {
        return Ok(order);
    }
    let history = EventFilter {
        hash: Some(hash),
        start: order.id.0,
        limit: EVENTS_MAX,
    };
    let events = ledger.store().events(history).await?;
    let mut events = events.into_iter().filter_map(|row| match row {
        Listed::Sound(event) => Some(event),
        Listed::Damaged(_) => None,
    });
    // If the payment was deleted, and paid anew, the event that opened this order is not there any more.
    let opened = events.next().filter(|event| event.seq == order.id.0);
    let mut closings = events.filter_map(|event| {
        let why = event.order_closed?;
        Some(Closed { at: event.at, why })
    });
    let closed = opened.and_then(|_| closings.next());
    let closed = closed.ok_or(ApiError::DeletedMeanwhile(hash))?;
    Ok(Order {
        closed: Some(closed),
        ..order
    })
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
