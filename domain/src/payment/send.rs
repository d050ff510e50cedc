//! A caller wants a part sent: the numbered algorithm of docs/proposal.md, and `sendpay`'s.

pub(super) mod terms;

use super::{Decision, PARTS_MAX, Payment, Unchanged, order};
use crate::{
    Change, Expected, Method, NewPart, PaymentRow, Refusal, SendPart, StatusKind, Tally, Transition,
};
use terms::{
    agrees_on_amount_and_destination, agrees_with_invoice, is_for_the_nodes_network,
    keeps_to_invoice, terms_of_first, terms_with,
};

/// Rule 1.1: there is no such payment, so it is created with its first part.
pub(super) fn first(part: &SendPart) -> Result<Decision, Refusal> {
    if part.method == Method::Pay {
        let hash = part.payment_hash;
        return Err(Refusal::NoOrder { hash });
    }
    is_for_the_nodes_network(part)?;
    agrees_with_invoice(part)?;
    let empty = PaymentRow {
        payment_hash: part.payment_hash,
        terms: terms_of_first(part),
        description: None,
        label: None,
        bolt11: None,
        invoice_description: None,
        created_at: part.at,
        completed_at: None,
        preimage: None,
        tally: Tally::default(),
        order: None,
        quarantine: None,
        version: 0,
    };
    accept(empty, part, Expected::Absent)
}

/// Rule 1.2: there is one.
pub(super) fn another(payment: &Payment, part: &SendPart) -> Result<Decision, Refusal> {
    is_for_the_nodes_network(part)?;
    let row = payment.summary();
    match (part.method, row.status()) {
        (Method::SendPay, StatusKind::Pending) => {
            return Ok(Decision::Unchanged(Unchanged::InProgress));
        }
        (Method::SendPay, StatusKind::Complete) => return already_paid(row, part),
        (Method::SendPartialPay | Method::Pay, StatusKind::Complete) => {
            agrees_on_amount_and_destination(row, part)?;
            return Ok(Decision::Unchanged(Unchanged::AlreadyComplete));
        }
        (Method::SendPartialPay | Method::Pay, StatusKind::Pending | StatusKind::Failed)
        | (Method::SendPay, StatusKind::Failed) => {}
    }
    order::lets(payment, part)?;
    agrees_on_amount_and_destination(row, part)?;
    agrees_with_invoice(part)?;
    let terms = terms_with(row, part)?;
    if let Some(reason) = &row.quarantine {
        return Err(Refusal::Quarantined {
            hash: row.payment_hash,
            reason: reason.clone(),
        });
    }
    let row = PaymentRow {
        terms,
        ..row.row.clone()
    };
    accept(row, part, payment.expected())
}

/// 0.6.2's branch for a payment that is complete: amount and destination are compared.
fn already_paid(row: &PaymentRow, part: &SendPart) -> Result<Decision, Refusal> {
    if part.requested != row.terms.requested {
        Err(Refusal::SucceededWithAmount(row.terms.requested))
    } else if part.route.destination() != row.terms.destination {
        Err(Refusal::SucceededTo(row.terms.destination))
    } else {
        Ok(Decision::Unchanged(Unchanged::AlreadyComplete))
    }
}

/// Rules hold: the part joins the payment, which is pending with it (rule 1.2.3).
fn accept(row: PaymentRow, part: &SendPart, expected: Expected) -> Result<Decision, Refusal> {
    keeps_to_invoice(&row.terms, part)?;
    if part.route.amount() < row.terms.intended && row.terms.secret.is_none() {
        return Err(Refusal::SecretMissing);
    }
    if row.tally.parts >= PARTS_MAX {
        return Err(Refusal::TooManyParts {
            hash: row.payment_hash,
            max: PARTS_MAX,
        });
    }
    let new_part = NewPart {
        payment_hash: part.payment_hash,
        intended: row.terms.intended,
        node: part.node.clone(),
        route: part.route.clone(),
        description: part.description.clone(),
        label: part.label.clone(),
        cltv_expiry: part.cltv_expiry,
        created_at: part.at,
    };
    let tally = within_ceiling(&row, &new_part)?;
    // The invoice that the terms come from: another one may take its place while no part is live.
    let (bolt11, invoice_description) = match &part.invoice {
        Some(invoice) if row.bolt11.is_none() || row.tally.live == 0 => {
            (Some(invoice.bolt11.clone()), invoice.description.clone())
        }
        Some(_) | None => (row.bolt11, row.invoice_description),
    };
    let after = PaymentRow {
        description: row.description.or_else(|| part.description.clone()),
        completed_at: None,
        label: row.label.or_else(|| part.label.clone()),
        bolt11,
        invoice_description,
        tally,
        version: row.version.saturating_add(1),
        ..row
    };
    Ok(Decision::Commit(Box::new(Transition {
        expected,
        after,
        change: Change::Accepted(Box::new(new_part)),
        closes: None,
        at: part.at,
        request: part.request.clone(),
        cursor: None,
    })))
}

/// Rule A-1: pending and complete parts, this one included, stay within the intended amount.
fn within_ceiling(row: &PaymentRow, part: &NewPart) -> Result<Tally, Refusal> {
    let tally = row.tally.with(part);
    let fits = |tally: &Tally| {
        let committed = tally.in_flight.checked_add(tally.delivered);
        committed.is_some_and(|msat| msat <= row.terms.intended)
    };
    tally.filter(fits).ok_or_else(|| Refusal::Ceiling {
        asked: part.amount(),
        intended: row.terms.intended,
        in_flight: row.tally.in_flight,
        delivered: row.tally.delivered,
        room: row.room(),
    })
}
