//! A node says what became of a part.

use super::{Decision, Payment, Unchanged, order};
use crate::{
    Change, Outcome, PartId, PartStatus, PartialPayment, PaymentRow, Preimage, Refusal, StatusKind,
    Timestamp, Transition,
};

/// Rules A-6 (proof) and A-7 (one outcome; a preimage beats an earlier failure).
pub(super) fn outcome(
    payment: &Payment,
    id: PartId,
    word: &Outcome,
    at: Timestamp,
) -> Result<Decision, Refusal> {
    let hash = payment.summary().payment_hash;
    let part = payment
        .part(id)
        .ok_or(Refusal::NoSuchPart { hash, part: id })?;
    let proven = match word {
        Outcome::Fulfilled(bytes) => {
            let proof = Preimage::proving(hash, *bytes);
            PartStatus::Complete(proof.map_err(|_| Refusal::WrongPreimage { hash, part: id })?)
        }
        Outcome::Failed(failure) => PartStatus::Failed(failure.clone()),
    };
    Ok(match (&part.status, proven) {
        (PartStatus::Pending, status)
        | (PartStatus::Failed(_), status @ PartStatus::Complete(_)) => {
            Decision::Commit(Box::new(resolve(payment, part, status, at)))
        }
        (PartStatus::Complete(_), PartStatus::Failed(_)) => contradiction(payment, id, at),
        (PartStatus::Complete(_), PartStatus::Complete(_) | PartStatus::Pending)
        | (PartStatus::Failed(_), PartStatus::Failed(_) | PartStatus::Pending) => {
            Decision::Unchanged(Unchanged::AlreadyResolved)
        }
    })
}

/// The transition that gives a part this end.
pub(super) fn resolve(
    payment: &Payment,
    part: &PartialPayment,
    status: PartStatus,
    at: Timestamp,
) -> Transition {
    let row = payment.summary();
    let closes = order::closed_by(payment, part, &status);
    let (from, to) = match &status {
        PartStatus::Complete(_) => (part.status(), StatusKind::Complete),
        PartStatus::Failed(_) | PartStatus::Pending => (part.status(), StatusKind::Failed),
    };
    let preimage = match &status {
        PartStatus::Complete(preimage) => Some(preimage.clone()),
        PartStatus::Failed(_) | PartStatus::Pending => None,
    };
    let tally = row.tally.moved(part, from, to);
    let tally = tally.expect("A-1: the counters are the sums of the parts");
    let mut after = PaymentRow {
        preimage: row.preimage.clone().or(preimage),
        tally,
        order: row.order.filter(|_| closes.is_none()),
        version: row.version.saturating_add(1),
        ..row.row.clone()
    };
    if row.status() != after.status() {
        after.completed_at = Some(at);
    }
    // Only a part that had been called failed can bring this about: its money did move after all.
    if tally.committed() > row.terms.intended && after.quarantine.is_none() {
        after.quarantine = Some(format!(
            "part {} was fulfilled after its node had called it failed: {} of {} msat are out",
            part.id,
            tally.committed(),
            row.terms.intended
        ));
    }
    Transition {
        expected: payment.expected(),
        after,
        change: Change::Resolved {
            part: part.id,
            previous: from,
            status,
        },
        closes,
        at,
        request: None,
        cursor: None,
    }
}

/// The node calls a part failed whose preimage we hold: the proof stands, and nothing more is sent.
fn contradiction(payment: &Payment, part: PartId, at: Timestamp) -> Decision {
    let row = payment.summary();
    if row.quarantine.is_some() {
        return Decision::Unchanged(Unchanged::AlreadyResolved);
    }
    let reason = format!("the node called part {part} failed after it had been fulfilled");
    Decision::Commit(Box::new(Transition {
        expected: payment.expected(),
        after: PaymentRow {
            quarantine: Some(reason),
            version: row.version.saturating_add(1),
            ..row.row.clone()
        },
        change: Change::Quarantined { part },
        closes: None,
        at,
        request: None,
        cursor: None,
    }))
}
