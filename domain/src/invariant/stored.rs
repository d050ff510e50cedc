//! What is stored, by itself. Each function says the first rule that it breaks.

use super::{Rule, Violation};
use crate::{
    Msat, NewPart, Order, OrderLimits, PaidInvoice, PartStatus, PartialPayment, PaymentRow,
    StatusKind, Tally,
};

/// A payment's row, without its parts.
pub fn row(row: &PaymentRow) -> Result<(), Violation> {
    let (terms, tally) = (&row.terms, &row.tally);
    let proven = row.preimage.as_ref();
    let proven = proven.is_none_or(|preimage| preimage.opens(row.payment_hash));
    Rule::Proof.requires(proven, "the preimage does not open the hash")?;
    let within = tally.committed() <= terms.intended || row.quarantine.is_some();
    Rule::Ceiling.requires(within, "more in flight and delivered than intended")?;
    Rule::OneSetOfTerms.requires(
        terms.intended.is_within_twice(terms.requested),
        "intended is not between what was requested and twice that",
    )?;
    let is_final = row.status() != StatusKind::Pending;
    Rule::FunctionOfParts.requires(
        is_final == row.completed_at.is_some(),
        "its end has no time, or its time no end",
    )?;
    Rule::FunctionOfParts.requires(
        tally.live <= tally.parts && row.version > 0,
        "more live parts than parts",
    )?;
    let Some(order) = &row.order else {
        return Ok(());
    };
    Rule::ClosedStays.requires(
        row.preimage.is_none() && row.quarantine.is_none(),
        "an order is open although the payment is complete or quarantined",
    )?;
    let cost = tally.sent.checked_sub(tally.committed());
    Rule::OrderCap.requires(
        cost.is_some_and(|cost| cost <= order.max_fee),
        "the order's parts cost more than its cap",
    )?;
    Rule::OrderShare.requires(
        tally.committed() <= order.deliver && order.deliver <= terms.intended,
        "the order's parts deliver more than its share, or the share is more than the payment",
    )
}

/// A payment's last order, beside its row.
pub fn order(row: &PaymentRow, order: Option<&Order>) -> Result<(), Violation> {
    let open = order.filter(|order| order.closed.is_none());
    let limits = open.map(|order| OrderLimits {
        deliver: order.terms.deliver,
        max_fee: order.terms.max_fee,
        deadline: order.terms.deadline,
    });
    Rule::OneOrder.requires(
        limits == row.order,
        "the payment's row has other limits than its open order",
    )?;
    let before = order.map_or(0, |order| order.parts_before);
    Rule::OneOrder.requires(
        before <= row.tally.parts,
        "an order of parts that are not there",
    )?;
    Rule::FunctionOfParts.requires(
        row.tally.parts > 0 || order.is_some(),
        "a payment without parts and without an order",
    )
}

/// A part's row, without its payment.
pub fn part(part: &PartialPayment) -> Result<(), Violation> {
    if let PartStatus::Complete(preimage) = &part.status {
        let proven = preimage.opens(part.payment_hash);
        Rule::Proof.requires(proven, "the preimage does not open the hash")?;
    }
    Rule::OneOutcome.requires(
        part.is_live() == part.completed_at.is_none(),
        "its end has no time, or its time no end",
    )?;
    Rule::Ceiling.requires(
        part.amount() <= part.intended,
        "the part is larger than its payment",
    )
}

/// An invoice of ours that was paid.
pub fn incoming(paid: &PaidInvoice) -> Result<(), Violation> {
    let proven = paid.preimage.opens(paid.payment_hash);
    Rule::Proof.requires(proven, "the preimage does not open the hash")?;
    let mut amounts = paid.parts.iter().map(|part| part.amount);
    let sum = amounts.try_fold(Msat::default(), Msat::checked_add);
    Rule::TrueIncomingList.requires(
        paid.received > Msat::default() && sum.is_some_and(|sum| sum <= paid.received),
        "its parts brought more than came, or nothing came",
    )?;
    Rule::OneOutcome.requires(
        paid.created_at <= paid.completed_at,
        "it was paid before it came",
    )
}

/// A payment with all its parts, each beside the payment's row.
pub fn whole(row: &PaymentRow, parts: &[PartialPayment]) -> Result<(), Violation> {
    self::row(row)?;
    for part in parts {
        self::part(part)?;
        belongs(part, row)?;
    }
    let tally = counted(parts)?;
    Rule::FunctionOfParts.requires(
        tally == row.tally,
        format_args!("the counters say {:?}, the parts {tally:?}", row.tally),
    )?;
    let complete = parts.iter().any(|p| p.status() == StatusKind::Complete);
    Rule::FunctionOfParts.requires(
        complete == row.preimage.is_some(),
        "complete without a complete part, or a complete part without it",
    )?;
    let mut numbers: Vec<_> = parts.iter().map(|part| part.id).collect();
    numbers.sort_unstable();
    numbers.dedup();
    Rule::AtMostOnce.requires(numbers.len() == parts.len(), "two parts have one number")
}

/// The counters, added up from the parts: not as the decisions move them from one part to the next.
fn counted(parts: &[PartialPayment]) -> Result<Tally, Violation> {
    let of = |status: StatusKind| parts.iter().filter(move |part| part.status() == status);
    let sum = |mut amounts: Box<dyn Iterator<Item = Msat> + '_>| {
        let sum = amounts.try_fold(Msat::ZERO, Msat::checked_add);
        sum.ok_or_else(|| Rule::Ceiling.broken("the parts' amounts overflow"))
    };
    let number = |count: usize| {
        u32::try_from(count).map_err(|_| Rule::Ceiling.broken("more parts than can be counted"))
    };
    let (pending, complete) = (|| of(StatusKind::Pending), || of(StatusKind::Complete));
    let left = pending().chain(complete()).map(PartialPayment::amount_sent);
    Ok(Tally {
        parts: number(parts.len())?,
        live: number(pending().count())?,
        in_flight: sum(Box::new(pending().map(PartialPayment::amount)))?,
        delivered: sum(Box::new(complete().map(PartialPayment::amount)))?,
        sent: sum(Box::new(left))?,
    })
}

/// A part has its payment's hash and terms.
fn belongs(part: &PartialPayment, row: &PaymentRow) -> Result<(), Violation> {
    let (terms, id) = (&row.terms, part.id);
    Rule::OneSetOfTerms.requires(
        part.payment_hash == row.payment_hash,
        format_args!("part {id} has another hash"),
    )?;
    Rule::OneSetOfTerms.requires(
        part.intended == terms.intended && part.destination() == terms.destination,
        format_args!("part {id} has other terms"),
    )
}

/// A new part keeps to what its payment's invoice demands of each.
pub(super) fn keeps_to_invoice(part: &NewPart, row: &PaymentRow) -> Result<(), Violation> {
    let Some(invoice) = &row.terms.invoice else {
        return Ok(());
    };
    Rule::OneSetOfTerms.requires(
        part.created_at <= invoice.expires_at,
        "a part of an invoice that had expired",
    )?;
    Rule::OneSetOfTerms.requires(
        invoice.takes_parts || part.amount() == row.terms.intended,
        "a part of an invoice that takes none",
    )?;
    Rule::OneSetOfTerms.requires(
        part.route.last().delay >= invoice.min_final_cltv_expiry,
        "a part with fewer blocks left than its invoice demands",
    )
}
