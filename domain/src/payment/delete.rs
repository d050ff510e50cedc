//! A caller wants a payment deleted.

use super::Payment;
use crate::planted::planted;
use crate::{Deletion, Refusal, Timestamp};

/// Rule A-5: what has a live part is not deleted. Rule A-10: what was paid leaves a tombstone. A
/// quarantined payment is evidence, and stays until a human has looked at it (rules ).
pub(super) fn delete(payment: &Payment, at: Timestamp) -> Result<Deletion, Refusal> {
    let row = payment.summary();
    let hash = row.payment_hash;
    if let Some(reason) = &row.quarantine {
        let reason = reason.clone();
        return Err(Refusal::Quarantined { hash, reason });
    }
    let live = row.tally.live;
    planted!(DeletesLiveParts, {
        let tombstone = row.preimage.is_some();
        return Ok(deletion(payment, tombstone, at));
    });
    if live > 0 {
        return Err(Refusal::Live { hash, live });
    }
    if row.order.is_some() {
        return Err(Refusal::OrderOpen { hash });
    }
    planted!(ForgetsPaid, return Ok(deletion(payment, false, at)));
    Ok(deletion(payment, row.preimage.is_some(), at))
}

fn deletion(payment: &Payment, tombstone: bool, at: Timestamp) -> Deletion {
    let row = payment.summary();
    Deletion {
        payment: row.id,
        payment_hash: row.payment_hash,
        version: row.version,
        tombstone,
        at,
    }
}
