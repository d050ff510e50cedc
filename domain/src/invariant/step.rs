//! A transition, or a deletion, beside the payment as it was.

use super::{Rule, Violation, order, stored};
use crate::{
    Burial, Change, Deletion, Expected, Msat, NewPart, PartId, PartStatus, PartialPayment, Payment,
    PaymentRow, PaymentSummary, StatusKind, Tally, Transition,
};

/// The first rule that committing `transition` would break; `before` is the payment that it was
/// decided on.
pub fn step(before: Option<&Payment>, transition: &Transition) -> Result<(), Violation> {
    let after = &transition.after;
    stored::row(after)?;
    follows(before.map(Payment::summary), transition)?;
    if let Some(row) = before.map(Payment::summary) {
        let accepts = matches!(transition.change, Change::Accepted(_) | Change::Opened(_));
        keeps(row, after, accepts)?;
    }
    order::step(before, transition)?;
    let tally = match &transition.change {
        Change::Opened(_) => {
            Some(before.map_or(Tally::default(), |payment| payment.summary().tally))
        }
        Change::OrderClosed => before.map(|payment| payment.summary().tally),
        Change::Accepted(part) => accepted(before.map(Payment::summary), part, after)?,
        Change::Resolved {
            part,
            previous,
            status,
        } => resolved(before, *part, *previous, status, after)?,
        Change::EndedByOperator { part, status, by } => {
            Rule::UnknownIsNotFailed
                .requires(by.is_whole(), "an operator ends a part without who and why")?;
            resolved(before, *part, StatusKind::Pending, status, after)?
        }
        Change::Quarantined { part } => {
            let part = known(before, *part)?;
            let contradicted = part.status() == StatusKind::Complete && after.quarantine.is_some();
            Rule::OneOutcome.requires(contradicted, "a quarantine without a contradiction")?;
            before.map(|payment| payment.summary().tally)
        }
        Change::Unrecorded { part } => {
            let stored = before.and_then(|payment| payment.part(*part));
            let is_missing = before.is_some() && stored.is_none() && after.quarantine.is_some();
            Rule::OneOutcome.requires(is_missing, "a quarantine for a part that is stored")?;
            before.map(|payment| payment.summary().tally)
        }
    };
    Rule::FunctionOfParts.requires(
        tally == Some(after.tally),
        format_args!("the counters become {:?}, not {tally:?}", after.tally),
    )
}

/// The first rule that committing `deletion` would break; `before` is the payment that it was decided
/// on.
pub fn deletion(before: Option<&Payment>, deletion: &Deletion) -> Result<(), Violation> {
    let Some(payment) = before else {
        return Err(Rule::AcknowledgedIsDurable.broken("nothing is there to be deleted"));
    };
    let row = payment.summary();
    Rule::AcknowledgedIsDurable.requires(
        (deletion.payment, deletion.payment_hash, deletion.version)
            == (row.id, row.payment_hash, row.version),
        "it does not follow what it was decided on",
    )?;
    Rule::UnknownIsNotFailed.requires(
        payment.parts().all(|part| !part.is_live()),
        "a payment with a pending part is deleted",
    )?;
    let open = payment.order().filter(|order| order.closed.is_none());
    Rule::ClosedStays.requires(
        row.order.is_none() && open.is_none(),
        "a payment with an open order is deleted",
    )?;
    Rule::FailClosed.requires(
        row.quarantine.is_none(),
        "a quarantined payment, which is evidence, is deleted",
    )?;
    let is_proof = |part: &PartialPayment| part.preimage().is_some();
    let was_paid = row.preimage.is_some() || payment.parts().any(is_proof);
    Rule::NeverTwice.requires(
        deletion.tombstone == was_paid,
        "a tombstone is for what was paid, and for nothing else",
    )
}

/// The first rule that committing `burial` would break; `before` is the payment of its hash.
pub fn burial(before: Option<&Payment>, burial: &Burial) -> Result<(), Violation> {
    let proven = burial.preimage.opens(burial.payment_hash);
    Rule::Proof.requires(proven, "a tombstone without a proof")?;
    Rule::NeverTwice.requires(
        before.is_none(),
        "a payment that is there is proven by its part, and not buried",
    )
}

/// It was decided on what is stored, and on nothing else.
fn follows(before: Option<&PaymentSummary>, transition: &Transition) -> Result<(), Violation> {
    let expected = before.map_or(Expected::Absent, |row| Expected::Stored {
        id: row.id,
        version: row.version,
    });
    let version = before.map_or(0, |row| row.version).checked_add(1);
    Rule::AcknowledgedIsDurable.requires(
        transition.expected == expected && Some(transition.after.version) == version,
        "it does not follow what it was decided on",
    )
}

/// What no transition may change.
fn keeps(before: &PaymentRow, after: &PaymentRow, accepts: bool) -> Result<(), Violation> {
    let (was, is) = (&before.terms, &after.terms);
    Rule::OneSetOfTerms.requires(
        (before.payment_hash, before.created_at) == (after.payment_hash, after.created_at)
            && (was.intended, was.requested, was.destination)
                == (is.intended, is.requested, is.destination),
        "the terms change",
    )?;
    // A new part may put right what an earlier one said of the invoice, while nothing is out.
    let idle = accepts && before.tally.live == 0 && before.preimage.is_none();
    Rule::OneSetOfTerms.requires(
        (idle && (is.secret.is_some() || was.secret.is_none()))
            || (was.secret == is.secret && (idle || was.metadata == is.metadata)),
        "the secret or the metadata changes",
    )?;
    Rule::OneSetOfTerms.requires(
        idle || (accepts && was.invoice.is_none()) || was.invoice == is.invoice,
        "what the invoice demands changes",
    )?;
    Rule::NeverTwice.requires(
        before.preimage.is_none() || before.preimage == after.preimage,
        "a proof of payment is lost",
    )?;
    Rule::FailClosed.requires(
        before.quarantine.is_none() || after.quarantine.is_some(),
        "a quarantine is lifted",
    )
}

fn accepted(
    before: Option<&PaymentSummary>,
    part: &NewPart,
    after: &PaymentRow,
) -> Result<Option<Tally>, Violation> {
    let complete = before.is_some_and(|row| row.preimage.is_some());
    Rule::NothingAfterSuccess.requires(!complete, "a part joins a complete payment")?;
    Rule::FailClosed.requires(
        after.quarantine.is_none(),
        "a part joins a quarantined payment",
    )?;
    Rule::Ceiling.requires(
        part.amount() <= part.intended,
        "the part is larger than its payment",
    )?;
    Rule::OneSetOfTerms.requires(
        part.payment_hash == after.payment_hash
            && part.intended == after.terms.intended
            && part.route.destination() == after.terms.destination,
        "a new part has another hash, or other terms",
    )?;
    stored::keeps_to_invoice(part, after)?;
    let before = before.map_or(Tally::default(), |row| row.tally);
    Ok(after_accepting(before, part))
}

/// The counters with one more pending part: plain arithmetic, that shares nothing with the decisions.
fn after_accepting(before: Tally, part: &NewPart) -> Option<Tally> {
    Some(Tally {
        parts: before.parts.checked_add(1)?,
        live: before.live.checked_add(1)?,
        in_flight: before.in_flight.checked_add(part.amount())?,
        delivered: before.delivered,
        sent: before.sent.checked_add(part.amount_sent())?,
    })
}

/// The counters after that part has come to its end: as plain.
fn after_resolving(before: Tally, part: &PartialPayment, end: StatusKind) -> Option<Tally> {
    let (amount, left) = (part.amount(), part.amount_sent());
    let was_pending = part.status() == StatusKind::Pending;
    let is_complete = end == StatusKind::Complete;
    let ended = u32::from(was_pending);
    let back = if was_pending { amount } else { Msat::ZERO };
    let arrived = if is_complete { amount } else { Msat::ZERO };
    let sent = match (was_pending, is_complete) {
        (true, true) | (false, false) => before.sent,
        (true, false) => before.sent.checked_sub(left)?,
        (false, true) => before.sent.checked_add(left)?,
    };
    Some(Tally {
        parts: before.parts,
        live: before.live.checked_sub(ended)?,
        in_flight: before.in_flight.checked_sub(back)?,
        delivered: before.delivered.checked_add(arrived)?,
        sent,
    })
}

fn resolved(
    before: Option<&Payment>,
    id: PartId,
    previous: StatusKind,
    status: &PartStatus,
    after: &PaymentRow,
) -> Result<Option<Tally>, Violation> {
    let part = known(before, id)?;
    let (end, proof) = match status {
        PartStatus::Pending => (StatusKind::Pending, None),
        PartStatus::Complete(preimage) => (StatusKind::Complete, Some(preimage)),
        PartStatus::Failed(_) => (StatusKind::Failed, None),
    };
    let allowed = matches!(
        (part.status(), end),
        (
            StatusKind::Pending,
            StatusKind::Complete | StatusKind::Failed
        ) | (StatusKind::Failed, StatusKind::Complete)
    );
    Rule::OneOutcome.requires(
        allowed && part.status() == previous,
        format_args!("part {id} goes from {previous:?} to {end:?}"),
    )?;
    let proven = proof.is_none_or(|preimage| {
        preimage.opens(after.payment_hash) && after.preimage.as_ref() == Some(preimage)
    });
    Rule::Proof.requires(
        proven,
        format_args!("part {id} is complete without its proof"),
    )?;
    let tally = before.map(|payment| payment.summary().tally);
    Ok(tally.and_then(|tally| after_resolving(tally, part, end)))
}

fn known(before: Option<&Payment>, id: PartId) -> Result<&PartialPayment, Violation> {
    let part = before.and_then(|payment| payment.part(id));
    part.ok_or_else(|| Rule::AtMostOnce.broken(format!("there is no part {id}")))
}
