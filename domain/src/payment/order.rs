//! A caller wants an invoice paid, and does not bring the ways: `pay`.

use super::send::terms;
use super::{Decision, Payment, Unchanged};
use crate::order::Says;
use crate::planted::planted;
use crate::{
    Change, Expected, Learnt, Method, NewOrder, OpenOrder, Order, PartStatus, PartialPayment,
    PaymentRow, Refusal, SendPart, StatusKind, Tally, Terms, Timestamp, Transition, Why,
};

/// There is no such payment, so it is created with its order, and without a part.
pub(super) fn first(order: &OpenOrder) -> Result<Decision, Refusal> {
    is_payable(order)?;
    let empty = PaymentRow {
        payment_hash: order.payment_hash,
        terms: terms_of(order),
        description: order.description.clone(),
        label: order.label.clone(),
        bolt11: Some(order.invoice.bolt11.clone()),
        invoice_description: order.invoice.description.clone(),
        created_at: order.at,
        completed_at: None,
        preimage: None,
        tally: Tally::default(),
        order: None,
        quarantine: None,
        version: 0,
    };
    Ok(open(empty, order, Expected::Absent))
}

/// There is one. A paid one is a success; an open order is joined by whoever asks for the same.
pub(super) fn another(payment: &Payment, asked: &OpenOrder) -> Result<Decision, Refusal> {
    let row = payment.summary();
    let hash = row.payment_hash;
    if row.status() == StatusKind::Complete {
        return Ok(Decision::Unchanged(Unchanged::AlreadyComplete));
    }
    if let Some(reason) = &row.quarantine {
        let reason = reason.clone();
        return Err(Refusal::Quarantined { hash, reason });
    }
    if let Some(order) = payment.order().filter(|order| order.is_open()) {
        return joins(row, order, asked);
    }
    let live = row.tally.live;
    if live > 0 {
        planted!(OpensOnLiveParts, return again(payment, asked));
        return Err(Refusal::PartsLive { hash, live });
    }
    again(payment, asked)
}

/// It has failed, and gets another order.
fn again(payment: &Payment, asked: &OpenOrder) -> Result<Decision, Refusal> {
    let row = payment.summary();
    terms::agree(row, asked.intended, asked.invoice.payee)?;
    is_payable(asked)?;
    let row = PaymentRow {
        terms: Terms {
            intended: row.terms.intended,
            requested: row.terms.requested,
            ..terms_of(asked)
        },
        description: row
            .description
            .clone()
            .or_else(|| asked.description.clone()),
        label: row.label.clone().or_else(|| asked.label.clone()),
        bolt11: Some(asked.invoice.bolt11.clone()),
        invoice_description: asked.invoice.description.clone(),
        ..row.row.clone()
    };
    Ok(open(row, asked, payment.expected()))
}

/// Rule B-9: the same request is the same order.
fn joins(row: &PaymentRow, order: &Order, asked: &OpenOrder) -> Result<Decision, Refusal> {
    planted!(
        JoinsOtherTerms,
        return Ok(Decision::Unchanged(Unchanged::Joined))
    );
    let hash = row.payment_hash;
    let differs = |what| Err(Refusal::OrderDiffers { hash, what });
    if asked.intended != row.terms.intended {
        return differs("amount");
    }
    if asked.terms.deliver != order.terms.deliver {
        return differs("partial_msat");
    }
    if asked.terms.max_fee != order.terms.max_fee {
        return differs("maxfee");
    }
    if !order.terms.agree_with(&asked.terms) {
        return differs("limit");
    }
    Ok(Decision::Unchanged(Unchanged::Joined))
}

/// The invoice is one that can be paid now, for that much.
fn is_payable(order: &OpenOrder) -> Result<(), Refusal> {
    let invoice = &order.invoice;
    if let Some(node) = &order.network
        && invoice.terms.network != *node
    {
        return Err(Refusal::OtherNetwork {
            invoice: invoice.terms.network.clone(),
            node: node.clone(),
        });
    }
    if order.at > invoice.terms.expires_at {
        return Err(Refusal::InvoiceExpired(invoice.terms.expires_at));
    }
    let intended = order.intended;
    if let Some(asks) = invoice.amount
        && !intended.is_within_twice(asks)
    {
        return Err(Refusal::InvoiceAmount { asks, intended });
    }
    let deliver = order.terms.deliver;
    if deliver > intended || deliver.get() == 0 {
        return Err(Refusal::ShareTooLarge { deliver, intended });
    }
    if deliver < intended && !invoice.terms.takes_parts {
        return Err(Refusal::TakesNoParts {
            amount: deliver,
            intended,
        });
    }
    terms::is_its_description(&invoice.terms, order.description.as_deref())
}

fn terms_of(order: &OpenOrder) -> Terms {
    Terms {
        intended: order.intended,
        requested: order.intended,
        destination: order.invoice.payee,
        secret: Some(order.invoice.secret.clone()),
        metadata: order.invoice.metadata.clone(),
        invoice: Some(order.invoice.terms.clone()),
    }
}

fn open(row: PaymentRow, order: &OpenOrder, expected: Expected) -> Decision {
    let opened = NewOrder {
        terms: order.terms.clone(),
        opened_at: order.at,
        parts_before: row.tally.parts,
    };
    let after = PaymentRow {
        order: Some(order.terms.limits()),
        completed_at: None,
        version: row.version.saturating_add(1),
        ..row
    };
    Decision::Commit(Box::new(Transition {
        expected,
        after,
        change: Change::Opened(Box::new(opened)),
        closes: None,
        at: order.at,
        request: order.request.clone(),
        cursor: None,
    }))
}

/// Rule B-6: what is closed stays closed.
pub(super) fn close(payment: &Payment, why: &Why, at: Timestamp) -> Decision {
    let row = payment.summary();
    if row.order.is_none() {
        return Decision::Unchanged(Unchanged::AlreadyClosed);
    }
    let mut after = PaymentRow {
        order: None,
        version: row.version.saturating_add(1),
        ..row.row.clone()
    };
    if after.status() != row.status() {
        after.completed_at = Some(at);
    }
    Decision::Commit(Box::new(Transition {
        expected: payment.expected(),
        after,
        change: Change::OrderClosed,
        closes: Some(why.clone()),
        at,
        request: None,
        cursor: None,
    }))
}

/// Rule B-7: whether this end of a part ends its payment's open order, in the same commit.
pub(super) fn closed_by(
    payment: &Payment,
    part: &PartialPayment,
    status: &PartStatus,
) -> Option<Why> {
    payment.summary().order?;
    match status {
        PartStatus::Complete(_) => Some(Why::Paid),
        PartStatus::Failed(failure) => {
            planted!(RefusalDoesNotClose, return None);
            (Says::of(part, failure) == Says::Refused).then_some(Why::Refused)
        }
        PartStatus::Pending => None,
    }
}

/// Rules B-1 to B-5 and B-10: while an order is open it alone adds parts, and only within its terms.
pub(super) fn lets(payment: &Payment, part: &SendPart) -> Result<(), Refusal> {
    let row = payment.summary();
    let hash = row.payment_hash;
    let order = payment.order().filter(|order| order.is_open());
    let order = match (order, part.method) {
        (None, Method::SendPay | Method::SendPartialPay) => return Ok(()),
        (Some(_), Method::SendPay | Method::SendPartialPay) => {
            return Err(Refusal::OrderOpen { hash });
        }
        (None, Method::Pay) => {
            planted!(ClosedTakesParts, return Ok(()));
            return Err(Refusal::NoOrder { hash });
        }
        (Some(order), Method::Pay) => order,
    };
    let (terms, tally, route) = (&order.terms, &row.tally, &part.route);
    #[cfg(feature = "planted")]
    let tally = &super::planted::forgetful(*tally);
    let outside = |rule, what| Err(Refusal::OutsideOrder { rule, what });
    let cost = tally.fees().checked_add(route.fee());
    if cost.is_none_or(|cost| cost > terms.max_fee) {
        return outside("B-1", "the order's parts would cost more than its cap");
    }
    let share = tally.committed().checked_add(route.amount());
    if share.is_none_or(|share| share > terms.deliver) {
        return outside("B-2", "the order's parts would deliver more than its share");
    }
    if part.at >= terms.deadline {
        return outside("B-3", "the order's deadline has passed");
    }
    if tally.live >= u32::from(terms.max_parts) {
        return outside("B-4", "the order has as many live parts as it may have");
    }
    if tally.parts.saturating_sub(order.parts_before) >= terms.max_attempts {
        return outside("B-4", "the order has used up its attempts");
    }
    if !terms.nodes.contains(&part.node) {
        return outside("B-5", "the order's parts leave from other nodes");
    }
    if route.first().delay > terms.max_delay {
        return outside("B-11", "the way may take longer than the order allows");
    }
    if Learnt::of(payment).forbids(route) {
        return outside("B-10", "the way goes over what has failed in this order");
    }
    Ok(())
}
