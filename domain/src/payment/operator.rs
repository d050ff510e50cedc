//! An operator ends a part that no node can tell of.

use super::{Payment, outcome};
use crate::{
    Change, OperatorEnd, PartStatus, Preimage, Refusal, ResolvePart, Timestamp, Transition,
};

/// Rules: a part that has ended stays as it is, success needs the preimage, and the operator's
/// name is stored. The engine has asked the node before, which cannot tell the end.
pub(super) fn resolve(
    payment: &Payment,
    request: &ResolvePart,
    at: Timestamp,
) -> Result<Transition, Refusal> {
    let row = payment.summary();
    let (hash, id) = (row.payment_hash, request.part);
    let part = payment
        .part(id)
        .ok_or(Refusal::NoSuchPart { hash, part: id })?;
    if !part.is_live() {
        let status = part.status();
        return Err(Refusal::HasEnded { part: id, status });
    }
    if !request.by.is_whole() {
        return Err(Refusal::NoReason { part: id });
    }
    let status = match &request.end {
        OperatorEnd::Failed => PartStatus::Failed(Box::new(request.by.failure())),
        OperatorEnd::Complete(bytes) => {
            let proof = Preimage::proving(hash, *bytes);
            PartStatus::Complete(proof.map_err(|_| Refusal::NotItsPreimage { hash, part: id })?)
        }
    };
    let change = Change::EndedByOperator {
        part: id,
        status: status.clone(),
        by: request.by.clone(),
    };
    Ok(Transition {
        change,
        ..outcome::resolve(payment, part, status, at)
    })
}
